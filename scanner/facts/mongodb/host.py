"""Facts about the host behind a MongoDB server, joined from what the host was asked."""

from __future__ import annotations

from scanner.facts import hosting
from scanner.facts.linux import database, database_secrets
from scanner.model.fact import FactSpec

_SERVER = "mongodb.server"
_INSTANCES = "linux.mongodb_instance"
_LINUX: dict[str, FactSpec] = {spec.name: spec for spec in database_secrets.SPECS}

SPECS = (
    hosting.host(
        "mongodb.host",
        _SERVER,
        _INSTANCES,
        database.MONGODB,
        {"data_directory": "/var/lib/mongodb", "user": "mongodb", "unit_enabled": True, "open_files_limit": 64000},
    ),
    hosting.files("mongodb.host_file", _SERVER, _INSTANCES),
    hosting.passed_on(
        "mongodb.client_history",
        _LINUX["linux.client_history"],
        "Histories of mongosh and the old mongo shell in the homes of all local accounts of the server's host; one that is not there has no row.",
        ("client",),
    ),
    hosting.passed_on(
        "mongodb.command_line_secret",
        _LINUX["linux.command_line_secret"],
        "Passwords of MongoDB on command lines of the server's host, of processes and in histories of shells.",
        ("engine",),
    ),
)
