"""Holds evidence against the declaration of its fact: every row, every cell, every type."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap
from scanner.model.fact import FactSpec, Kind, Shape, Type
from scanner.model.outcome import Outcome

FACTS = builtin()

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MODE = re.compile(r"[0-7]{4}")


def check(evidence: Evidence) -> None:
    """Fail when a row names fields the fact lacks, leaves some out, or holds a cell of another type."""
    spec = FACTS[evidence.query.fact]
    for row in evidence.rows:
        fields = {field.name for field in spec.fields}
        assert set(row) == fields, f"{spec.name}: {set(row) ^ fields}"
        for field in spec.fields:
            assert fits(row[field.name], field.type), f"{spec.name}.{field.name}: {row[field.name]!r}"
        for key in spec.keys:
            assert not isinstance(row[key], Gap), f"{spec.name}.{key}: a key must be known"
    _shape(spec, evidence)
    if evidence.gap:
        _gap(evidence.gap)


def fits(cell: Cell, kind: Type) -> bool:
    """Tell whether a cell is of the declared type; gaps and ABSENT fit everywhere."""
    if cell is ABSENT:
        return True
    if isinstance(cell, Gap):
        _gap(cell)
        return True
    if kind.many:
        return isinstance(cell, list) and all(_one(part, kind) for part in cell)
    return _one(cell, kind)


def _one(cell: object, kind: Type) -> bool:
    if kind.kind is Kind.BOOL:
        return isinstance(cell, bool)
    if kind.kind in (Kind.INT, Kind.SIZE):
        return isinstance(cell, int) and not isinstance(cell, bool)
    if kind.kind is Kind.DURATION:
        return isinstance(cell, int | float) and not isinstance(cell, bool)
    if kind.kind is Kind.MAP:
        return isinstance(cell, Mapping) and all(isinstance(part, str) for pair in cell.items() for part in pair)
    if not isinstance(cell, str):
        return False
    cell.encode()
    return _text(cell, kind)


def _text(cell: str, kind: Type) -> bool:
    if kind.kind is Kind.ENUM:
        return cell in kind.literals
    if kind.kind is Kind.TIME:
        return bool(_TIME.fullmatch(cell))
    if kind.kind is Kind.MODE:
        return bool(_MODE.fullmatch(cell))
    if kind.kind is Kind.ADDRESS:
        return bool(ipaddress.ip_network(cell, strict=False))
    return kind.kind is not Kind.VERSION or bool(cell)


def _shape(spec: FactSpec, evidence: Evidence) -> None:
    asked = evidence.query.parameters
    if spec.shape is Shape.LIST or evidence.gap:
        return
    assert len(evidence.rows) == 1, f"{spec.name}: {len(evidence.rows)} rows"
    if spec.shape is Shape.LOOKUP:
        assert {key: evidence.rows[0][key] for key in spec.keys} == asked


def _gap(gap: Gap) -> None:
    assert gap.kind in (Outcome.UNKNOWN, Outcome.ERROR)
    assert gap.reason
    assert "\n" not in gap.reason
