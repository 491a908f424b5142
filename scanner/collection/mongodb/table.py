"""Which module collects which fact of MongoDB servers."""

from __future__ import annotations

from collections.abc import Mapping

_ROOM = "scanner.collection.mongodb"

COLLECTORS: Mapping[str, str] = {
    "mongodb.server": f"{_ROOM}.server_state",
    "mongodb.startup_warning": f"{_ROOM}.server_state",
    "mongodb.option": f"{_ROOM}.options",
    "mongodb.parameter": f"{_ROOM}.options",
    "mongodb.audit": f"{_ROOM}.audit",
    "mongodb.user": f"{_ROOM}.users",
    "mongodb.role": f"{_ROOM}.users",
    "mongodb.replica_member": f"{_ROOM}.members",
    "mongodb.probe": f"{_ROOM}.probes",
    "mongodb.certificate": f"{_ROOM}.probes",
}
"""Fact > module, imported on demand."""
