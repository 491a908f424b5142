"""Reading checks: assertions about facts and values, and their combinations."""

from __future__ import annotations

from typing import Any

from scanner.catalog.conditions import read_condition, read_tests
from scanner.catalog.context import Context
from scanner.catalog.nodes import Refused, quoted
from scanner.catalog.references import REFERENCES, read_reference
from scanner.catalog.source import NOTHING, Place
from scanner.model.fact import INT, FactSpec, Shape
from scanner.model.rule import (
    AllOf,
    AnyOf,
    Assertion,
    Check,
    FactSubject,
    Literal,
    NotOf,
    Operand,
    Quantifier,
    RowCondition,
    Test,
    ValueSubject,
)

_COMBINING = ("all", "any", "not")
_QUANTIFIERS = tuple(quantifier.value for quantifier in Quantifier)
_OF_FACT = frozenset(("fact", "where", "rows", *_QUANTIFIERS))
_OF_VALUE = frozenset(("value", "expect"))
_INSTEAD_OF_EMPTY = {
    "none": "write count: {equals: 0} when there may be no row at all",
    "some": "write count: {at_least: 1} when any row will do",
}


def read_check(context: Context, place: Place, raw: object) -> Check | None:
    """Read an assertion or a combination of some; None after a problem.

    Facts and values that it names are noted in the context.
    """
    source = context.source
    if not isinstance(raw, dict):
        if not isinstance(raw, Refused):
            source.complain(
                place, "an assertion is a map", "write {fact: …, expect: …}, {all: […]}, {any: […]} or {not: …}"
            )
        return None
    combining = [word for word in _COMBINING if word in raw]
    if combining:
        return _combination(context, place, raw, combining[0])
    if "fact" in raw:
        return _about_fact(context, place, raw)
    if "value" in raw:
        return _about_value(context, place, raw)
    source.complain(
        place, "an assertion without a subject", "name a fact or a value, or join assertions by all, any, not"
    )
    return None


def _combination(context: Context, place: Place, raw: dict[str, Any], word: str) -> Check | None:
    source = context.source
    for other in raw:
        if other != word:
            source.complain((*place, other), f"{quoted(other)} stands beside '{word}'", "join the two by 'all'")
            return None
    here = (*place, word)
    if word == "not":
        part = read_check(context, here, raw[word])
        return None if part is None else NotOf(part)
    listed = source.items(here, raw[word], f"'{word}'")
    parts = [read_check(context, (*here, index), item) for index, item in enumerate(listed)]
    good = tuple(part for part in parts if part is not None)
    if not good or len(good) < len(parts):
        return None
    return AllOf(good) if word == "all" else AnyOf(good)


def _about_value(context: Context, place: Place, raw: dict[str, Any]) -> Assertion | None:
    source = context.source
    table = source.table(place, raw, "an assertion about a value", _OF_VALUE, ("expect",))
    name = source.text((*place, "value"), raw["value"], "'value'")
    if not name or table is None:
        return None
    context.used.add(name)
    value = context.values.get(name)
    if value is None:
        if name not in context.declared:
            source.unknown((*place, "value"), "value", name, context.declared, "declare it in 'values'")
        return None
    if "expect" not in table:
        return None
    tests = read_tests(context, value.type, (*place, "expect"), table["expect"], name)
    if tests is None:
        return None
    return Assertion(ValueSubject(name), Quantifier.EXPECT, tests=tests, line=source.line((*place, "value")))


def _about_fact(context: Context, place: Place, raw: dict[str, Any]) -> Assertion | None:
    source = context.source
    table = source.table(place, raw, "an assertion about a fact", _OF_FACT)
    spec = _fact(context, (*place, "fact"), raw["fact"])
    quantifier = _quantifier(context, place, raw)
    if spec is None or table is None:
        return None
    where = _where(context, spec, place, table.get("where", {}))
    rows = read_condition(context, spec, (*place, "rows"), table["rows"]) if "rows" in table else None
    demand, tests = _demand(context, spec, place, table, quantifier)
    if quantifier is None or where is None or ("rows" in table and rows is None) or (demand is None and tests is None):
        return None
    subject, line = FactSubject(spec.name, where), source.line((*place, "fact"))
    return Assertion(subject, quantifier, demand, tests or (), rows, line)


def _demand(
    context: Context, spec: FactSpec, place: Place, table: dict[str, Any], quantifier: Quantifier | None
) -> tuple[RowCondition | None, tuple[Test, ...] | None]:
    """Read what the quantifier demands: of a row, or of the number of rows; both None after a problem."""
    if quantifier is None:
        return None, None
    word = quantifier.value
    if quantifier is Quantifier.COUNT:
        return None, _count(context, spec, (*place, word), table)
    if table[word] == {}:
        remedy = _INSTEAD_OF_EMPTY.get(word, "name a field and what is expected of it")
        context.source.complain((*place, word), f"'{word}' demands nothing", remedy)
        return None, None
    return read_condition(context, spec, (*place, word), table[word]), None


def _fact(context: Context, place: Place, raw: object) -> FactSpec | None:
    """Give the spec of a fact, noted as used; what does not fit the rule is a problem, yet the spec is given."""
    source = context.source
    name = source.text(place, raw, "'fact'")
    if not name:
        return None
    if name not in context.vocabulary:
        source.unknown(place, "fact", name, context.vocabulary, "`facts list` shows them all")
        return None
    spec = context.vocabulary[name]
    context.facts[name] = spec
    if spec.scope != context.scope:
        wanted = f"set scope: {spec.scope}, or name a fact about the {context.scope}"
        source.complain(place, f"{name} speaks about the {spec.scope}, the rule about the {context.scope}", wanted)
        return spec
    foreign = [platform for platform in context.platforms if platform not in spec.platforms]
    if foreign:
        what = f"{name} is asked of {', '.join(spec.platforms)}, not of {', '.join(foreign)}"
        source.complain(place, what, "mend 'platforms', or name another fact")
    return spec


def _quantifier(context: Context, place: Place, raw: dict[str, Any]) -> Quantifier | None:
    found = [word for word in raw if word in _QUANTIFIERS]
    if len(found) == 1:
        return Quantifier(found[0])
    if found:
        words = " and ".join(quoted(word) for word in found)
        context.source.complain((*place, found[1]), f"{words} stand in one assertion", "make two, joined by 'all'")
    elif all(key in _OF_FACT for key in raw):
        context.source.complain(place, "the assertion demands nothing", f"write one of {', '.join(_QUANTIFIERS)}")
    return None


def _where(context: Context, spec: FactSpec, place: Place, raw: object) -> tuple[tuple[str, Operand], ...] | None:
    source, here = context.source, (*place, "where")
    if not isinstance(raw, dict):
        source.complain(here, "'where' is not a map", "write {parameter: literal}")
        return None
    operands: list[tuple[str, Operand]] = []
    whole = True
    for parameter in spec.parameters:
        if parameter.name in raw:
            operand = _argument(context, spec, (*here, parameter.name), raw[parameter.name], parameter.name)
            if operand is None:
                whole = False
            else:
                operands.append((parameter.name, operand))
        elif parameter.required:
            source.complain(here, f"{spec.name} needs the parameter {quoted(parameter.name)}", "write it in 'where'")
            whole = False
    for name in raw:
        if spec.parameter(name) is None:
            hint = "filter fields in 'rows'" if spec.field(name) else ""
            known = () if hint else [parameter.name for parameter in spec.parameters]
            source.unknown(
                (*here, name), f"parameter of {spec.name}:", name, known, hint or "it takes none" * (not known)
            )
            whole = False
    return tuple(sorted(operands, key=lambda pair: pair[0])) if whole else None


def _argument(context: Context, spec: FactSpec, place: Place, raw: object, name: str) -> Operand | None:
    parameter = spec.parameter(name)
    assert parameter is not None
    if isinstance(raw, dict) and len(raw) == 1 and not REFERENCES.isdisjoint(raw):
        return read_reference(context, parameter.type, place, raw, name, where=True)
    value = context.source.literal(place, parameter.type, raw, name)
    return None if value is NOTHING else Literal(value)


def _count(context: Context, spec: FactSpec, place: Place, table: dict[str, Any]) -> tuple[Test, ...] | None:
    if spec.shape is not Shape.LIST and "rows" not in table:
        context.source.complain(place, f"{spec.name} always has one row", "write 'expect', or filter by 'rows'")
        return None
    return read_tests(context, INT, place, table["count"], "count")
