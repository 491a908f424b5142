"""The JSON Schema of a rule file, for editors: fact names, fields and operators as the vocabulary declares them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scanner.catalog.cases import OUTCOMES
from scanner.catalog.rulefile import MANUAL, OPTIONAL, REQUIRED, SCOPES, SEVERITIES
from scanner.catalog.schemaparts import (
    IDENTIFIER,
    NAME,
    TARGET_FIELD,
    TEXT,
    VALUE_TYPE,
    Parts,
    closed,
    list_of,
    reference,
)
from scanner.model.fact import INT, FactSpec, Shape, Vocabulary
from scanner.model.rule import Quantifier

Schema = dict[str, Any]

_SAYS = {
    "id": "The required state in words joined by _; the same as the file's name.",
    "revision": "Rises when a verdict can change.",
    "title": "One line that says the required state.",
    "severity": "How much a failure weighs.",
    "platforms": "Platforms of the targets that the rule speaks about.",
    "controls": "Framework > numbers of the controls that the rule supports.",
    "rationale": "Why the state is required.",
    "remediation": "How to reach it.",
    "values": "What profiles may tune, with defaults.",
    "when": "An assertion that must hold for the rule to apply.",
    "check": "The assertion that must hold, or `manual` for what a person answers.",
    "cases": "Examples of evidence with the outcome they must give: pass, fail, unknown; of lists empty and incomplete.",
    "scope": "`estate` for rules about the inventory as a whole.",
    "labels": "Words by which profiles select rules.",
    "formerly": "Ids that the rule bore before.",
    "evidence": "For a manual rule: what a person must give.",
}


def rule_schema(vocabulary: Vocabulary, catalogue_ids: Iterable[str]) -> Schema:
    """Give the schema (JSON Schema 2020-12) of a rule file for these facts and catalogues.

    It is as precise as a schema can be; the loader checks more (references, contradictions, missing cases).
    """
    parts = Parts()
    specs = [vocabulary[name] for name in vocabulary]
    properties = _properties(specs, sorted(catalogue_ids))
    defs: Schema = {"assertion": _assertion(specs, parts), "case": _case(specs)}
    for spec in specs:
        defs[f"fact-{spec.name}"] = _fact(spec, parts)
        defs[f"rows-{spec.name}"] = _condition(spec, parts)
        defs[f"given-{spec.name}"] = _given(spec, parts)
    manual = {"properties": {"check": {"const": MANUAL}}, "required": ["check"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Controlproof rule",
        "type": "object",
        "required": list(REQUIRED),
        "additionalProperties": False,
        "properties": {key: {"description": _SAYS[key], **properties[key]} for key in (*REQUIRED, *OPTIONAL)},
        "if": manual,
        "then": {"required": ["evidence"], "properties": {"cases": False}},
        "else": {"required": ["cases"], "properties": {"evidence": False}},
        "$defs": {**defs, **parts.defs},
    }


def _properties(specs: list[FactSpec], catalogues: list[str]) -> dict[str, Schema]:
    platforms = sorted({platform for spec in specs for platform in spec.platforms})
    value = closed({"type": VALUE_TYPE, "default": True, "says": TEXT}, ("type", "default"))
    return {
        "id": IDENTIFIER,
        "revision": {"type": "integer", "minimum": 1},
        "title": TEXT,
        "severity": {"enum": list(SEVERITIES)},
        "platforms": list_of({"enum": platforms}),
        "controls": closed({name: list_of(TEXT) for name in catalogues}),
        "rationale": TEXT,
        "remediation": TEXT,
        "values": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": IDENTIFIER,
            "additionalProperties": value,
        },
        "when": reference("assertion"),
        "check": {"anyOf": [{"const": MANUAL}, reference("assertion")]},
        "cases": {"type": "array", "items": reference("case")},
        "scope": {"enum": list(SCOPES)},
        "labels": list_of(IDENTIFIER),
        "formerly": list_of(IDENTIFIER),
        "evidence": TEXT,
    }


def _assertion(specs: list[FactSpec], parts: Parts) -> Schema:
    """One assertion: what follows the name of its fact is said by that fact's own definition."""
    quantifiers = [quantifier.value for quantifier in Quantifier]
    several = {"type": "array", "minItems": 1, "items": reference("assertion")}
    subjects = [
        {"required": ["fact"], "oneOf": [{"required": [word]} for word in quantifiers], **_without("value")},
        {"required": ["value", "expect"], **_without("fact", "where", "rows", *quantifiers[1:])},
        *({"required": [word], "maxProperties": 1} for word in ("all", "any", "not")),
    ]
    return {
        "type": "object",
        "properties": {
            "fact": {"description": "Name of the fact that is judged.", "enum": [spec.name for spec in specs]},
            "value": {**NAME, "description": "Name of the value that is judged."},
            "where": {"description": "Parameters of the fact.", "type": "object"},
            "rows": {"description": "Filter: only rows that meet it are judged.", "type": "object"},
            "expect": {"description": "The one row meets this (or the value does)."},
            "every": {"description": "Every row meets this.", "type": "object"},
            "some": {"description": "At least one row meets this.", "type": "object"},
            "none": {"description": "No row meets this.", "type": "object"},
            "count": {"description": "The number of rows meets this.", **parts.expectation(INT)},
            "all": {"description": "All of these assertions hold.", **several},
            "any": {"description": "One of these assertions holds.", **several},
            "not": {"description": "This assertion does not hold.", **reference("assertion")},
        },
        "additionalProperties": False,
        "oneOf": subjects,
        "allOf": [
            {
                "if": {"properties": {"fact": {"const": spec.name}}, "required": ["fact"]},
                "then": reference(f"fact-{spec.name}"),
            }
            for spec in specs
        ],
    }


def _without(*keys: str) -> Schema:
    return {"properties": dict.fromkeys((*keys, "all", "any", "not"), False)}


def _fact(spec: FactSpec, parts: Parts) -> Schema:
    arguments = {each.name: parts.argument(each.type, each.says) for each in spec.parameters}
    required = [each.name for each in spec.parameters if each.required]
    condition = reference(f"rows-{spec.name}")
    judged = dict.fromkeys(("rows", "expect", "every", "some", "none"), condition)
    return {
        "description": spec.says,
        "properties": {"where": closed(arguments, required), **judged},
        **({"required": ["where"]} if required else {}),
    }


def _condition(spec: FactSpec, parts: Parts) -> Schema:
    itself = reference(f"rows-{spec.name}")
    several = {"type": "array", "minItems": 1, "items": itself}
    fields = {each.name: {"description": each.says, **parts.expectation(each.type)} for each in spec.fields}
    return {
        **closed({**fields, "all": several, "any": several, "not": itself}),
        "minProperties": 1,
        "description": f"What a row of {spec.name} must meet: {spec.says}",
    }


def _case(specs: list[FactSpec]) -> Schema:
    given = closed({spec.name: reference(f"given-{spec.name}") for spec in specs})
    target = {"type": "object", "propertyNames": TARGET_FIELD, "additionalProperties": TEXT}
    properties = {
        "name": {"description": "What the example shows.", **TEXT},
        "given": {"description": "Fact > the rows that the target answers with, or why it does not.", **given},
        "then": {"description": "The outcome that the rule must have.", "enum": list(OUTCOMES)},
        "values": {"description": "Values that differ from their defaults.", "type": "object"},
        "target": {"description": "Fields of the inventory entry.", **target},
        "at": {"description": "When the evidence was taken.", "type": "string"},
    }
    return closed(properties, ("name", "given", "then"))


def _given(spec: FactSpec, parts: Parts) -> Schema:
    row = closed({each.name: parts.cell(each.type, each.says) for each in spec.fields})
    if spec.shape is Shape.LOOKUP:
        row["required"] = list(spec.keys)
    rows: Schema = {"type": "array", "items": row}
    forms: list[Schema] = [closed({kind: TEXT}, (kind,)) for kind in ("unknown", "error")]
    if spec.shape is Shape.LIST:
        forms.append(closed({"incomplete": TEXT, "rows": rows}, ("incomplete", "rows")))
    if spec.shape is Shape.ONE:
        forms.append(row)
        rows = {**rows, "minItems": 1, "maxItems": 1}
    return {"description": spec.says, "anyOf": [*forms, rows]}
