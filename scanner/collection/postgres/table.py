"""Which module collects which fact of PostgreSQL servers."""

from __future__ import annotations

from collections.abc import Mapping

_ROOM = "scanner.collection.postgres"

COLLECTORS: Mapping[str, str] = {
    "postgres.server": f"{_ROOM}.server_state",
    "postgres.database": f"{_ROOM}.server_state",
    "postgres.setting": f"{_ROOM}.settings",
    "postgres.setting_changed": f"{_ROOM}.settings",
    "postgres.setting_override": f"{_ROOM}.settings",
    "postgres.setting_file": f"{_ROOM}.settings",
    "postgres.hba_rule": f"{_ROOM}.hba",
    "postgres.ident_rule": f"{_ROOM}.hba",
    "postgres.role": f"{_ROOM}.roles",
    "postgres.password": f"{_ROOM}.roles",
    "postgres.membership": f"{_ROOM}.roles",
    "postgres.grant": f"{_ROOM}.rights",
    "postgres.default_privilege": f"{_ROOM}.rights",
    "postgres.schema": f"{_ROOM}.rights",
    "postgres.function": f"{_ROOM}.functions",
    "postgres.table_security": f"{_ROOM}.row_security",
    "postgres.declared_column": f"{_ROOM}.masking",
    "postgres.extension": f"{_ROOM}.extensions",
    "postgres.language": f"{_ROOM}.extensions",
    "postgres.tablespace": f"{_ROOM}.objects",
    "postgres.foreign_secret": f"{_ROOM}.objects",
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
