"""Parts of the rule schema: literals, operands and expectations, defined once per type."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from scanner.catalog.conditions import offered, operand_type
from scanner.catalog.references import TARGET_FIELDS
from scanner.matching.operators import OPERATORS
from scanner.model.fact import Kind, Type

Schema = dict[str, Any]

NAME: Schema = {"type": "string", "minLength": 1}
TEXT: Schema = {"type": "string", "pattern": r"\S"}
IDENTIFIER: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9]*([_.-][a-z0-9]+)*$"}
VALUE_TYPE: Schema = {
    "description": 'Such as int, "list[text]" or "enum[a, b]".',
    "type": "string",
    "pattern": r"^(list\[)?(text|int|bool|duration|size|time|version|mode|address|enum\[[^\[\]]+\])\]?$",
}
TARGET_FIELD: Schema = {"anyOf": [{"enum": list(TARGET_FIELDS)}, {"pattern": r"^labels\..+$"}]}

_LITERALS: dict[Kind, Schema] = {
    Kind.TEXT: {"type": "string"},
    Kind.INT: {"type": "integer"},
    Kind.BOOL: {"type": "boolean"},
    Kind.DURATION: {"anyOf": [{"type": "string", "pattern": r"^\s*\d.*[A-Za-z]\s*$"}, {"const": 0}]},
    Kind.SIZE: {"anyOf": [{"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*[kKMGTP]?i?B\s*$"}, {"const": 0}]},
    Kind.TIME: {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}"},
    Kind.VERSION: {"type": "string", "pattern": "^[A-Za-z0-9.+~:_-]+$"},
    Kind.MODE: {"type": "string", "pattern": "^[0-7]{3,4}$"},
    Kind.ADDRESS: {"type": "string", "pattern": "^[0-9A-Fa-f.:/%]+$"},
    Kind.MAP: {"type": "object", "additionalProperties": {"type": "string"}},
}


def reference(name: str) -> Schema:
    """Refer to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def closed(properties: Schema, required: Iterable[str] = ()) -> Schema:
    """Give the schema of a map with these keys and no others."""
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    needed = list(required)
    return {**schema, "required": needed} if needed else schema


def list_of(items: Schema) -> Schema:
    """Give the schema of a list of different items that is not empty."""
    return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}


class Parts:
    """Collects definitions per type as they are referred to."""

    def __init__(self) -> None:
        self.defs: dict[str, Schema] = {
            "value": closed({"value": {**NAME, "description": "Name of a value of the rule."}}, ("value",)),
            "field": closed({"field": {**NAME, "description": "Name of another field of the row."}}, ("field",)),
            "target": closed({"target": {**TARGET_FIELD, "description": "Field of the inventory entry."}}, ("target",)),
            "gap": {
                "description": "A cell that is not there, or not known.",
                "anyOf": [
                    closed({"absent": {"const": True}}, ("absent",)),
                    closed({"unknown": TEXT}, ("unknown",)),
                    closed({"error": TEXT}, ("error",)),
                ],
            },
        }

    def literal(self, type_: Type) -> Schema:
        """Refer to what may be written where this type is declared."""
        name = f"literal-{_slug(type_)}"
        if name not in self.defs:
            one = {"enum": list(type_.literals)} if type_.kind is Kind.ENUM else _LITERALS[type_.kind]
            self.defs[name] = {"type": "array", "items": one} if type_.many else one
        return reference(name)

    def expectation(self, type_: Type) -> Schema:
        """Refer to what may be expected of a field of this type: a literal, or operators with their operands."""
        name = f"expect-{_slug(type_)}"
        if name not in self.defs:
            operators = {each: self._operator(each, type_) for each in offered(type_)}
            tests = {**closed(operators), "minProperties": 1}
            plain = not type_.many and type_.kind is not Kind.MAP
            self.defs[name] = {"anyOf": [self.literal(type_), tests]} if plain else tests
        return reference(name)

    def _operator(self, name: str, type_: Type) -> Schema:
        sources = [self.literal(operand_type(name, type_)), reference("value"), reference("field")]
        return {"description": OPERATORS[name].says, "anyOf": sources}

    def argument(self, type_: Type, says: str) -> Schema:
        """Give the schema of what `where` gives to a parameter."""
        return {"description": says, "anyOf": [self.literal(type_), reference("value"), reference("target")]}

    def cell(self, type_: Type, says: str) -> Schema:
        """Give the schema of a cell in a case."""
        return {"description": says, "anyOf": [self.literal(type_), reference("gap")]}


def _slug(type_: Type) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", str(type_).lower()).strip("-")
