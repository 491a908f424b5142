"""Reading row conditions: fields, operators and operands, each checked against the type of its field."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from scanner.catalog.context import Context
from scanner.catalog.nodes import Refused, quoted
from scanner.catalog.references import REFERENCES, read_reference
from scanner.catalog.source import NOTHING, Place
from scanner.matching.operators import OPERATORS
from scanner.matching.patterns import pattern
from scanner.model.fact import FactSpec, Type
from scanner.model.rule import (
    FieldRef,
    FieldTest,
    Literal,
    Operand,
    RowAll,
    RowAny,
    RowCondition,
    RowNot,
    Test,
    ValueRef,
)

_COMBINING = frozenset(("all", "any", "not"))
_EMPTY_ALLOWED = frozenset(("equals", "differs"))
"""Operators that say something sensible about an empty list."""


@lru_cache(maxsize=256)
def offered(type_: Type) -> tuple[str, ...]:
    """Give the names of the operators that speak about a field of this type."""
    return tuple(name for name, operator in OPERATORS.items() if operator.takes(type_))


@lru_cache(maxsize=1024)
def operand_type(operator: str, type_: Type) -> Type:
    """Give the type of the right side of an operator on a field of this type."""
    return OPERATORS[operator].operand(type_)


def read_condition(context: Context, spec: FactSpec, place: Place, raw: object) -> RowCondition | None:
    """Read a row condition on a fact; None after a problem."""
    source = context.source
    if not isinstance(raw, dict):
        if not isinstance(raw, Refused):
            source.complain(place, "a row condition is a map of fields", "write {field: expectation}")
        return None
    if not raw:
        source.complain(place, "an empty condition holds for every row", "name a field and what is expected of it")
        return None
    parts = [_part(context, spec, (*place, key), key, value) for key, value in raw.items()]
    good = [part for part in parts if part is not None]
    if len(good) < len(parts):
        return None
    return good[0] if len(good) == 1 else RowAll(tuple(good))


def _part(context: Context, spec: FactSpec, place: Place, key: str, raw: object) -> RowCondition | None:
    if key == "not":
        part = read_condition(context, spec, place, raw)
        return None if part is None else RowNot(part)
    if key in _COMBINING:
        listed = context.source.items(place, raw, f"'{key}'")
        parts = [read_condition(context, spec, (*place, index), item) for index, item in enumerate(listed)]
        good = tuple(part for part in parts if part is not None)
        if not good or len(good) < len(parts):
            return None
        return RowAll(good) if key == "all" else RowAny(good)
    field = spec.field(key)
    if field is None:
        names = [each.name for each in spec.fields]
        context.source.unknown(place, f"field of {spec.name}:", key, names, f"`facts show {spec.name}` lists them")
        return None
    tests = read_tests(context, field.type, place, raw, key, spec)
    return None if tests is None else FieldTest(key, field.type, tests)


def read_tests(
    context: Context, type_: Type, place: Place, raw: object, name: str, spec: FactSpec | None = None
) -> tuple[Test, ...] | None:
    """Read an expectation of the field (or value, or count) called `name`; `spec` is that of the row's fact, if any."""
    if isinstance(raw, dict):
        return _operators(context, type_, place, raw, name, spec)
    if isinstance(raw, list) or (type_.many and raw is not None):
        shown = "[…]" if isinstance(raw, list) else f"[{raw}]"
        if type_.many:
            remedy = f"write {{equals: {shown}}}, {{superset_of: {shown}}} or {{contains: one item}}"
        else:
            remedy = f"write {{one_of: {shown}}}"
        context.source.complain(place, f"{name}: a list is compared by an operator", remedy)
        return None
    operand = _literal(context, type_, place, raw, name)
    return None if operand is None else (Test("equals", operand),)


def _operators(
    context: Context, type_: Type, place: Place, raw: dict[str, Any], name: str, spec: FactSpec | None
) -> tuple[Test, ...] | None:
    source = context.source
    if not raw:
        source.complain(place, f"{name}: an empty expectation demands nothing", "write what is expected")
        return None
    tests: list[Test] = []
    for word, right in raw.items():
        here = (*place, word)
        if word not in OPERATORS:
            hint = f"write {{equals: {{{word}: {right}}}}}" if word in REFERENCES else ""
            source.unknown(here, f"operator of {name}:", word, () if hint else OPERATORS, hint)
        elif word not in offered(type_):
            known = ", ".join(offered(type_))
            source.complain(here, f"{name} is {type_}, which {word} does not speak about", f"operators for it: {known}")
        else:
            operand = _operand(context, type_, word, here, right, name, spec)
            if operand is not None:
                tests.append(Test(word, operand))
    return tuple(tests) if len(tests) == len(raw) else None


def _operand(
    context: Context, type_: Type, operator: str, place: Place, raw: object, name: str, spec: FactSpec | None
) -> Operand | None:
    needed = operand_type(operator, type_)
    if isinstance(raw, dict) and len(raw) == 1 and not REFERENCES.isdisjoint(raw):
        operand = read_reference(context, needed, place, raw, f"{name}, {operator}", spec)
        if isinstance(operand, FieldRef) and operand.name == name:
            context.source.complain(place, f"{operator} compares {name} with itself", "name another field")
            return None
        if operator == "matches":
            return _pattern_reference(context, place, operand)
        return operand
    written = _literal(context, needed, place, raw, f"{name}, {operator}")
    if written is None:
        return None
    right = written.value
    wrong = (operator == "matches" and not _compiles(context, place, right, name)) or (
        isinstance(right, list) and not _sensible(context, operator, place, right, name)
    )
    return None if wrong else written


def _sensible(context: Context, operator: str, place: Place, items: list[Any], name: str) -> bool:
    """True when a list operand says something: not empty, nothing twice."""
    if not items and operator not in _EMPTY_ALLOWED:
        hint = "write items, or {empty: true}" if operator == "subset_of" else "write items"
        context.source.complain(place, f"{name}: {operator} an empty list decides nothing", hint)
        return False
    if operator not in _EMPTY_ALLOWED and len(set(items)) < len(items):
        again = next(item for index, item in enumerate(items) if item in items[:index])
        context.source.complain(place, f"{name}: {operator} lists {quoted(str(again))} twice", "keep one of them")
        return False
    return True


def _literal(context: Context, type_: Type, place: Place, raw: object, says: str) -> Literal | None:
    value = context.source.literal(place, type_, raw, says)
    return None if value is NOTHING else Literal(value)


def _compiles(context: Context, place: Place, text: str, name: str) -> bool:
    try:
        pattern(text)
    except ValueError as wrong:
        context.source.complain_sentence(place, f"{name}: {wrong}")
        return False
    return True


def _pattern_reference(context: Context, place: Place, operand: Operand | None) -> Operand | None:
    """A pattern may be a value, whose default must compile; never something that a target wrote."""
    if isinstance(operand, FieldRef):
        context.source.complain(place, "a pattern cannot come from the target", "write it, or refer to a value")
        return None
    if isinstance(operand, ValueRef):
        return operand if _compiles(context, place, context.values[operand.name].default, operand.name) else None
    return operand
