"""Which module collects which fact of MariaDB and MySQL servers."""

from __future__ import annotations

from collections.abc import Mapping

_ROOM = "scanner.collection.mariadb"

COLLECTORS: Mapping[str, str] = {
    "mariadb.server": f"{_ROOM}.server_state",
    "mariadb.database": f"{_ROOM}.server_state",
    "mariadb.plugin": f"{_ROOM}.server_state",
    "mariadb.variable": f"{_ROOM}.variables",
    "mariadb.runtime_variable": f"{_ROOM}.variables",
    "mariadb.user": f"{_ROOM}.accounts",
    "mariadb.grant": f"{_ROOM}.accounts",
    "mariadb.tablespace": f"{_ROOM}.storage",
    "mariadb.routine": f"{_ROOM}.storage",
    "mariadb.replication": f"{_ROOM}.replication",
    "mariadb.probe": f"{_ROOM}.probes",
    "mariadb.certificate": f"{_ROOM}.probes",
}
"""Fact > module, imported on demand."""
