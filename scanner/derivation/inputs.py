"""What all derivations share: picking their inputs, carrying gaps through, naming their sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scanner.model.evidence import UNREPORTED, Cell, Evidence, Gap, Provenance, Query, Row, error
from scanner.model.outcome import Outcome


def source(inputs: Mapping[Query, Evidence], fact: str) -> Evidence:
    """Give the evidence of a fact that is asked once; one that is not there is an error gap, not an empty list."""
    found = [evidence for query, evidence in inputs.items() if query.fact == fact]
    return found[0] if len(found) == 1 else Evidence(Query(fact), gap=error(f"{fact} was not asked of the target"))


def single(evidence: Evidence) -> Row | Gap:
    """Give the one row of a fact of shape one or lookup, or why it is not there."""
    if evidence.gap is not None:
        return evidence.gap
    if len(evidence.rows) != 1:
        return error(f"{evidence.query} answered with {len(evidence.rows)} rows instead of one")
    return evidence.rows[0]


def cell(row: Row | Gap, name: str) -> Cell:
    """Give a cell of a row that may itself be a gap; a missing cell is a gap too."""
    return row if isinstance(row, Gap) else row.get(name, UNREPORTED)


def gap_in(rows: Iterable[Row], names: Sequence[str]) -> Gap | None:
    """Give the first gap among these cells of the rows."""
    cells = (cell(row, name) for row in rows for name in names)
    return next((found for found in cells if isinstance(found, Gap)), None)


def first_gap(*gaps: Gap | None) -> Gap | None:
    """Give the gap that weighs most (error before unknown, else the earlier), None when there is none."""
    known = [gap for gap in gaps if gap is not None]
    return min(known, key=lambda gap: gap.kind is not Outcome.ERROR, default=None)


def derived(
    query: Query, rows: Iterable[Row], gap: Gap | None, inputs: Mapping[Query, Evidence], taken_at: str
) -> Evidence:
    """Make the evidence of a derived fact; its sources are the queries it was computed from."""
    sources = tuple(sorted(str(asked) for asked in inputs))
    provenance = Provenance(asked="computed from " + ", ".join(sources), taken_at=taken_at, sources=sources)
    return Evidence(query, tuple(rows), gap, provenance)
