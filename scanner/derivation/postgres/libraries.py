"""Which libraries a PostgreSQL server loads of itself, and what pgAudit logs by its settings."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from scanner.derivation.inputs import cell, derived, first_gap, single
from scanner.derivation.postgres.settings import listed, scope_of, setting
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

SHARED = "shared_preload_libraries"
_PRELOADS = (SHARED, "session_preload_libraries", "local_preload_libraries")
_CLASSES = ("ddl", "function", "misc", "misc_set", "read", "role", "write")
"""What pgAudit sorts statements into (its README, pgaudit.log)."""


def library_of(path: str) -> str:
    """Give a library's name: no folder, no ending."""
    return posixpath.basename(path.strip()).removesuffix(".so")


def preload(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give postgres.preload: a row for each library of each setting and scope; a hidden setting is a gap."""
    rows: dict[tuple[str, str, str], Row] = {}
    gaps: list[Gap | None] = []
    for name in _PRELOADS:
        found = setting(inputs, name)
        gaps.append(found.gap)
        for row in found.rows:
            parts = listed(row)
            if isinstance(parts, Gap):
                gaps.append(parts)
                continue
            for path in parts:
                key = (name, scope_of(row), library_of(path))
                rows.setdefault(key, {"setting": name, "scope": key[1], "library": key[2], "path": path})
    return derived(query, rows.values(), first_gap(*gaps), inputs, taken_at)


def pgaudit(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give postgres.pgaudit: a row for the server's value of pgaudit.log and each override, empty where not loaded."""
    found = setting(inputs, "pgaudit.log")
    loaded = _loaded(inputs)
    rows: list[Row] = []
    for row in found.rows:
        value = cell(row, "value")
        rows.append(
            {
                "scope": scope_of(row),
                "loaded": loaded,
                "present": cell(row, "present"),
                "value": value,
                "classes": _effective(value, loaded),
            }
        )
    return derived(query, rows, found.gap, inputs, taken_at)


def _loaded(inputs: Mapping[Query, Evidence]) -> Cell:
    parts = listed(single(setting(inputs, SHARED)))
    return parts if isinstance(parts, Gap) else "pgaudit" in map(library_of, parts)


def _effective(value: Cell, loaded: Cell) -> Cell:
    if loaded is False or value is ABSENT:
        return []
    if isinstance(value, Gap):
        return value
    return loaded if isinstance(loaded, Gap) else classes(str(value))


def classes(value: str) -> list[str] | Gap:
    """Give the classes that a value of pgaudit.log comes to: words add, a minus takes away, from left to right."""
    found: set[str] = set()
    for part in value.split(","):
        word = part.strip().strip('"').lower()
        name = word.removeprefix("-")
        meant = set(_CLASSES) if name == "all" else {name} if name in _CLASSES else set()
        if not meant and name not in ("none", ""):
            return error(f"pgAudit knows no class of statements called {name[:40]!r}")
        found = found - meant if word.startswith("-") else found | meant
    return sorted(found)
