"""The `given` of a case: rows and gaps as authors write them, into the form of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from scanner.catalog.nodes import quoted
from scanner.catalog.source import NOTHING, Place, Source
from scanner.model.evidence import ABSENT, Cell, Gap, Query, Row, error, unknown
from scanner.model.fact import FactSpec, Field, Shape, Type

_GAPS = {"unknown": unknown, "error": error}
_MARKERS = frozenset(("absent", *_GAPS))


Fields: TypeAlias = Mapping[str, Mapping[str, Field]]
"""Fact > field > its declaration."""
_Columns: TypeAlias = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Given:
    """What a case gives of one fact; `incomplete` tells that the rows were written as part of a list."""

    rows: tuple[Row, ...] = ()
    gap: Gap | None = None
    incomplete: bool = False


class AnswerError(ValueError):
    """Rows do not answer a query: the text reads `what is wrong (what to do)`."""


def read_given(
    source: Source, facts: Mapping[str, FactSpec], fields: Fields, place: Place, raw: object
) -> dict[str, Given]:
    """Read what a case gives of the rule's facts; what cannot be read is left out after its problem."""
    if not isinstance(raw, dict):
        source.complain(place, "'given' is not a map", "write {fact: rows}")
        return {}
    found: dict[str, Given] = {}
    for name, written in raw.items():
        if name not in facts:
            source.unknown((*place, name), "fact in a case:", name, facts, "a case gives what the rule asks, no more")
            continue
        given = _given(source, facts[name], fields[name], (*place, name), written)
        if given is not None:
            found[name] = given
    return found


def answer(spec: FactSpec, given: Given, query: Query, *, alone: bool) -> tuple[Row, ...]:
    """Give the rows that answer a query.

    Rows of a lookup answer by their key fields. Rows of a list with parameters answer every query when the rule puts
    but one (`alone`), else by those fields that bear a parameter's name. Raises AnswerError when a key that was asked
    is given by no row, or by several.
    """
    if spec.shape is Shape.ONE or (spec.shape is Shape.LIST and alone):
        return given.rows
    asked = {name: value for name, value in query.where if spec.field(name) is not None}
    rows = tuple(row for row in given.rows if all(row.get(name, value) == value for name, value in asked.items()))
    if spec.shape is Shape.LOOKUP and given.gap is None and len(rows) != 1:
        keys = ", ".join(f"{name}: {value}" for name, value in query.where)
        number = "no row" if not rows else f"{len(rows)} rows"
        raise AnswerError(f"{spec.name} is asked for {keys}, and given by {number} (give one)")
    return rows


def _given(source: Source, spec: FactSpec, fields: _Columns, place: Place, raw: object) -> Given | None:
    if isinstance(raw, dict) and len(raw) == 1 and not _GAPS.keys().isdisjoint(raw):
        gap = _gap(source, place, raw)
        return None if gap is None else Given(gap=gap)
    if isinstance(raw, dict) and "incomplete" in raw:
        return _incomplete(source, spec, fields, place, raw)
    if spec.shape is Shape.ONE:
        if isinstance(raw, list) and len(raw) == 1:
            place, raw = (*place, 0), raw[0]
        if not isinstance(raw, dict):
            source.complain(place, f"{spec.name} has one row", "write it as a map of fields, or {unknown: reason}")
            return None
        row = _row(source, spec, fields, place, raw)
        return None if row is None else Given((row,))
    if not isinstance(raw, list):
        what = f"{spec.name} is given by a list of rows"
        source.complain(place, what, "write [{field: …}], {unknown: reason} or {error: reason}")
        return None
    rows = _rows(source, spec, fields, place, raw)
    return None if rows is None else Given(rows)


def _incomplete(source: Source, spec: FactSpec, fields: _Columns, place: Place, raw: dict[str, Any]) -> Given | None:
    if spec.shape is not Shape.LIST:
        source.complain(place, f"{spec.name} is no list, it cannot be incomplete", "write {unknown: reason}")
        return None
    table = source.table(place, raw, "an incomplete list", ("incomplete", "rows"), ("rows",))
    reason = source.text((*place, "incomplete"), raw["incomplete"], "the reason", one_line=True)
    if not reason or table is None or "rows" not in table:
        return None
    here = (*place, "rows")
    rows = _rows(source, spec, fields, here, source.items(here, table["rows"], "'rows'", empty=True))
    return None if rows is None else Given(rows, unknown(reason), incomplete=True)


def _rows(
    source: Source, spec: FactSpec, fields: _Columns, place: Place, raw: Iterable[object]
) -> tuple[Row, ...] | None:
    rows = [_row(source, spec, fields, (*place, index), item) for index, item in enumerate(raw)]
    good = tuple(row for row in rows if row is not None)
    return good if len(good) == len(rows) else None


def _row(source: Source, spec: FactSpec, fields: _Columns, place: Place, raw: object) -> Row | None:
    if not isinstance(raw, dict):
        source.complain(place, f"a row of {spec.name} is a map of fields", "write {field: cell}")
        return None
    before = len(source.problems)
    row: dict[str, Cell] = {}
    for name, written in raw.items():
        field = spec.field(name)
        if field is None:
            names = [each.name for each in spec.fields]
            source.unknown(
                (*place, name), f"field of {spec.name}:", name, names, f"`facts show {spec.name}` lists them"
            )
        else:
            cell = _cell(source, field.type, (*place, name), written, name)
            if not isinstance(cell, type(NOTHING)):
                row[name] = cell
    if spec.shape is Shape.LOOKUP:
        row = _looked_up(source, spec, place, row, raw)
    return row if len(source.problems) == before else None


def _looked_up(
    source: Source, spec: FactSpec, place: Place, row: dict[str, Cell], raw: Mapping[str, Any]
) -> dict[str, Cell]:
    """Add what a lookup's row may leave out: `present: true`, or with `present: false` the absence of all else."""
    for key in spec.keys:
        if key not in raw:
            source.complain(place, f"a row of {spec.name} lacks its key {quoted(key)}", "write it")
    if spec.field("present") is None:
        return row
    row.setdefault("present", True)
    if row["present"] is not False:
        return row
    return {**{field.name: ABSENT for field in spec.fields}, **row}


def _cell(source: Source, type_: Type, place: Place, raw: object, name: str) -> Any:
    """Give a cell in the form of evidence: a literal, ABSENT, or a gap; NOTHING after a problem."""
    if not isinstance(raw, dict) or len(raw) != 1 or _MARKERS.isdisjoint(raw):
        return source.literal(place, type_, raw, name)
    if "absent" not in raw:
        gap = _gap(source, place, raw)
        return NOTHING if gap is None else gap
    if raw["absent"] is not True:
        source.complain(place, f"{name}: absent is always true", "write {absent: true}, or the value")
        return NOTHING
    return ABSENT


def _gap(source: Source, place: Place, raw: Mapping[str, Any]) -> Gap | None:
    ((kind, written),) = raw.items()
    reason = source.text((*place, kind), written, "the reason", one_line=True)
    return _GAPS[kind](reason) if reason else None
