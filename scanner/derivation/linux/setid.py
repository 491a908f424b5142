"""Joins the set-id programs that the walk found with those that packages brought."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import cell, derived, first_gap, gap_in, source
from scanner.model.evidence import ABSENT, Evidence, Query, Row, error

_WALKED = ("mode", "uid", "gid", "set_id_ignored")
_PACKAGED = ("package", "intact", "override")


def set_id_program(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.set_id_program: while not all packages are known, a program without one is unknown, not foreign."""
    walks = [evidence for asked, evidence in inputs.items() if asked.fact == "linux.file_walk"]
    packaged = source(inputs, "linux.packaged_set_id")
    lacking = first_gap(packaged.gap, gap_in(packaged.rows, ("path",)))
    known = {cell(row, "path"): row for row in packaged.rows}
    rows: dict[str, Row] = {}
    for found in (row for walk in walks for row in walk.rows):
        path = cell(found, "path")
        if isinstance(path, str):
            own = known.get(path)
            rows[path] = {
                "path": path,
                **{name: cell(found, name) for name in _WALKED},
                **{name: cell(own, name) if own is not None else lacking or ABSENT for name in _PACKAGED},
            }
    gap = first_gap(*(walk.gap for walk in walks), *(gap_in(walk.rows, ("path",)) for walk in walks))
    if len(walks) != 2:
        gap = error("linux.file_walk was not asked of the target")
    return derived(query, [rows[path] for path in sorted(rows)], gap, inputs, taken_at)
