"""The text of a new rule about a fact: it loads as it stands, and its author replaces what the example gave."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from textwrap import shorten
from typing import Any

from scanner.catalog.scalars import plain
from scanner.catalog.source import IDENTIFIER
from scanner.model.errors import ConfigurationError
from scanner.model.fact import FactSpec, Field, Kind, Shape, Type

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.@-]*")
_PLACEHOLDER = "CHANGE_ME"
_OTHERS: dict[Kind, tuple[Any, Any]] = {
    Kind.TEXT: (_PLACEHOLDER, "something-else"),
    Kind.INT: (1, 2),
    Kind.BOOL: (True, False),
    Kind.DURATION: (60, 120),
    Kind.SIZE: (1024, 2048),
    Kind.TIME: ("2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
    Kind.VERSION: ("1.0", "0.1"),
    Kind.MODE: ("0600", "0666"),
    Kind.ADDRESS: ("127.0.0.1", "192.0.2.1"),
}
"""Kind > two different values in the form of evidence."""


def new_rule(rule_id: str, spec: FactSpec) -> str:
    """Give the text of `<rule_id>.yaml`: a check on one field of the fact with all cases that the loader asks for.

    Raises ConfigurationError when the id cannot be one.
    """
    if not IDENTIFIER.fullmatch(rule_id):
        raise ConfigurationError(f"{rule_id}: cannot be the id of a rule (write small letters, digits and _ alone)")
    field = _judged(spec)
    good, bad = _two(field.type, spec.example.get(field.name))
    row = {key.name: _two(key.type, spec.example.get(key.name))[0] for key in map(spec.field, spec.keys) if key}
    row = {**row, **spec.example, field.name: good}
    where = {each.name: row.get(each.name, _two(each.type, None)[0]) for each in spec.parameters if each.required}
    quantifier = "every" if spec.shape is Shape.LIST else "expect"
    lines = [
        f"id: {rule_id}",
        "revision: 1",
        "title: Say in one line what state is required",
        "severity: medium  # critical high medium low",
        f"platforms: [{', '.join(spec.platforms)}]",
        *(["scope: estate"] if spec.scope == "estate" else []),
        "rationale: Say what goes wrong without it.",
        "remediation: Say how to reach it.",
        "check:",
        f"  fact: {spec.name}  # {shorten(spec.says, 80, placeholder='…')}",
        *([f"  where: {_map(_parameters(spec), where)}"] if where else []),
        f"  {quantifier}: {{{field.name}: {_literal(field.type, good)}}}",
        "cases:",
        *_cases(spec, row, {**row, field.name: bad}),
    ]
    return "\n".join(lines) + "\n"


def _judged(spec: FactSpec) -> Field:
    """Choose the field that the check is about: one that the example shows, and no key where there is another."""
    usual = [field for field in spec.fields if field.type.kind is not Kind.MAP]
    shown = [field for field in usual if field.name in spec.example] or usual
    return next((field for field in shown if field.name not in spec.keys and not field.type.many), shown[0])


def _two(type_: Type, example: object) -> tuple[Any, Any]:
    """Give the example, or a placeholder, and a value that differs from it."""
    pair = (type_.literals[0], type_.literals[-1]) if type_.kind is Kind.ENUM else _OTHERS[type_.kind]
    first, second = ([each] for each in pair) if type_.many else pair
    if example is None:
        return first, second
    return example, second if example != second else first


def _cases(spec: FactSpec, good: Mapping[str, Any], bad: Mapping[str, Any]) -> Iterable[str]:
    fields = {field.name: field.type for field in spec.fields}

    def case(name: str, given: str, then: str) -> str:
        return f"  - {{name: {name}, given: {{{spec.name}: {given}}}, then: {then}}}"

    def rows(row: Mapping[str, Any]) -> str:
        text = _map(fields, row)
        return text if spec.shape is Shape.ONE else f"[{text}]"

    yield case("as required", rows(good), "pass")
    yield case("otherwise", rows(bad), "fail")
    yield case("may not be asked", "{unknown: permission denied}", "unknown")
    if spec.shape is Shape.LIST:
        yield case("nothing there", "[]", "notapplicable")
        yield case("not all of it read", f"{{incomplete: cut short, rows: {rows(good)}}}", "unknown")


def _parameters(spec: FactSpec) -> dict[str, Type]:
    return {parameter.name: parameter.type for parameter in spec.parameters}


def _map(types: Mapping[str, Type], values: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {_literal(types[name], value)}" for name, value in values.items()) + "}"


def _literal(type_: Type, value: Any) -> str:
    """Write a value in the form of evidence as an author would."""
    if isinstance(value, (list, tuple)):
        inner = Type(type_.kind, literals=type_.literals)
        return "[" + ", ".join(_literal(inner, item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        units = {Kind.DURATION: f"{value}s", Kind.SIZE: f"{value} B"}
        return units.get(type_.kind, str(value))
    return _text(str(value))


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and plain(text) == text else json.dumps(text, ensure_ascii=False)
