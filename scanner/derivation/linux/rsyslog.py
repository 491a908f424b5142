"""Tells where rsyslog keeps or sends the messages of each facility."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scanner.derivation.inputs import cell, derived, first_gap, gap_in, source
from scanner.facts.linux.rsyslog import FACILITIES
from scanner.model.evidence import Evidence, Query, Row


def rsyslog_facility(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.rsyslog_facility: what comes before a rule of the same file that throws messages away counts.

    Which of two files is read first is not known here: a rule of another file that throws away counts in any case.
    """
    actions = source(inputs, "linux.rsyslog_action")
    rows: list[Row] = []
    if actions.rows:
        rows = [{"facility": name, "targets": list(dict.fromkeys(_kept(actions.rows, name)))} for name in FACILITIES]
    gap = first_gap(actions.gap, gap_in(actions.rows, ("facilities", "kind", "target", "path", "line")))
    return derived(query, rows, gap, inputs, taken_at)


def _kept(actions: Sequence[Row], facility: str) -> Iterator[str]:
    own = [row for row in actions if facility in _facilities(row)]
    ends = [row for row in own if cell(row, "kind") == "discard"]
    for row in own:
        lost = any(end["path"] != row["path"] or _line(end) < _line(row) for end in ends)
        if cell(row, "kind") in ("file", "forward") and cell(row, "target") and not lost:
            yield str(row["target"])


def _facilities(row: Row) -> Sequence[object]:
    found = cell(row, "facilities")
    return found if isinstance(found, list) else ()


def _line(row: Row) -> int:
    found = cell(row, "line")
    return found if isinstance(found, int) else 0
