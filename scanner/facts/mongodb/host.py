"""Facts about the host behind a MongoDB server, joined from what the host was asked."""

from __future__ import annotations

from scanner.facts import hosting
from scanner.facts.linux import database

_SERVER = "mongodb.server"
_INSTANCES = "linux.mongodb_instance"

SPECS = (
    hosting.host(
        "mongodb.host",
        _SERVER,
        _INSTANCES,
        database.MONGODB,
        {"data_directory": "/var/lib/mongodb", "user": "mongodb", "unit_enabled": True, "open_files_limit": 64000},
    ),
    hosting.files("mongodb.host_file", _SERVER, _INSTANCES),
)
