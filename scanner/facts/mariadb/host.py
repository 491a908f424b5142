"""Facts about the host behind a MariaDB or MySQL server, joined from what the host was asked."""

from __future__ import annotations

from scanner.facts import hosting
from scanner.facts.linux import database, database_secrets
from scanner.model.fact import FactSpec

_SERVER = "mariadb.server"
_INSTANCES = "linux.mariadb_instance"
_LINUX: dict[str, FactSpec] = {spec.name: spec for spec in database_secrets.SPECS}

SPECS = (
    hosting.host(
        "mariadb.host",
        _SERVER,
        _INSTANCES,
        database.MARIADB,
        {"data_directory": "/var/lib/mysql", "user": "mysql", "unit_enabled": True, "system_mount": False},
    ),
    hosting.files("mariadb.host_file", _SERVER, _INSTANCES),
    hosting.passed_on(
        "mariadb.client_history",
        _LINUX["linux.client_history"],
        "Histories of the mariadb and mysql clients in the homes of all local accounts of the server's host; one that is not there has no row.",
        ("client",),
    ),
    hosting.passed_on(
        "mariadb.environment_secret",
        _LINUX["linux.environment_secret"],
        "Where MYSQL_PWD is set on the server's host: in environments of processes, and by files that sessions read.",
        ("name",),
    ),
    hosting.passed_on(
        "mariadb.command_line_secret",
        _LINUX["linux.command_line_secret"],
        "Passwords of MariaDB and MySQL on command lines of the server's host, of processes and in histories of shells.",
        ("engine",),
    ),
    hosting.passed_on(
        "mariadb.option_file_secret",
        _LINUX["linux.service_file_secret"],
        "Passwords in option files on the server's host, in the system's places and in all homes.",
        ("kind",),
    ),
)
