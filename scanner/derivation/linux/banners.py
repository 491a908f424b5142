"""Relates what sshd is told to show before authentication with what the named files say."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import cell, derived, first_gap, source
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error


def sshd_banner(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.sshd_banner: one row per scope of sshd; a file that was not read is a gap of its cells."""
    daemon, banners = source(inputs, "linux.sshd"), source(inputs, "linux.banner")
    files = {cell(row, "path"): row for row in banners.rows}
    rows = [_shown(row, files, banners.gap) for row in daemon.rows]
    return derived(query, rows, daemon.gap, inputs, taken_at)


def _shown(row: Row, files: Mapping[Cell, Row], lacking: Gap | None) -> Row:
    path = cell(row, "banner")
    found: Row | Gap | None = path if isinstance(path, Gap) else files.get(path)
    known: dict[str, Cell] = {"scope": cell(row, "scope"), "path": path}
    if path is ABSENT:
        return known | {"text": ABSENT, "discloses": ABSENT}
    if found is None:
        found = first_gap(lacking, error(f"{path} was not read, for no Banner line in the usual files names it"))
    assert found is not None
    return known | {name: cell(found, name) for name in ("text", "discloses")}
