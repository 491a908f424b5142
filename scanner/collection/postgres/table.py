"""Which module collects which fact of PostgreSQL servers."""

from __future__ import annotations

from collections.abc import Mapping

_ROOM = "scanner.collection.postgres"

COLLECTORS: Mapping[str, str] = {
    "postgres.server": f"{_ROOM}.server_state",
    "postgres.database": f"{_ROOM}.server_state",
    "postgres.setting": f"{_ROOM}.settings",
    "postgres.setting_override": f"{_ROOM}.settings",
    "postgres.setting_file": f"{_ROOM}.settings",
}
"""Fact > module, imported on demand."""
