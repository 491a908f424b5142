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
    "postgres.session": f"{_ROOM}.sessions",
    "postgres.replication": f"{_ROOM}.replication",
    "postgres.replication_slot": f"{_ROOM}.replication",
    "postgres.standby": f"{_ROOM}.replication",
    "postgres.archiver": f"{_ROOM}.archiving",
    "postgres.checksum_failure": f"{_ROOM}.integrity",
    "postgres.probe": f"{_ROOM}.probes",
    "postgres.certificate": f"{_ROOM}.probes",
    "postgres.query": f"{_ROOM}.queries",
}
"""Fact > module, imported on demand."""
