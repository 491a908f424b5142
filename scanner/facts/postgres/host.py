"""Facts about the host behind a PostgreSQL server, joined from what the host was asked."""

from __future__ import annotations

from scanner.facts import hosting
from scanner.facts.linux import database, database_backup, database_packages, database_secrets, fips, sudo
from scanner.model.fact import BOOL, FactSpec, Field, Input, Shape

_SERVER = "postgres.server"
_INSTANCES = "linux.postgres_cluster"
_LINUX: dict[str, FactSpec] = {
    spec.name: spec
    for module in (database_backup, database_packages, database_secrets, fips, sudo)
    for spec in module.SPECS
}
_OWN = (
    Field("major_matches", BOOL, "True when the data directory is of the server's own major version."),
    Field("wal_outside", BOOL, "True when the write-ahead log lies outside of the data directory."),
)

SPECS = (
    hosting.host(
        "postgres.host",
        _SERVER,
        _INSTANCES,
        (*database.POSTGRES, *_OWN),
        {"data_directory": "/var/lib/postgresql/15/main", "unit_enabled": True, "data_mode": "0700", "umask": "0077"},
    ),
    hosting.files("postgres.host_file", _SERVER, _INSTANCES),
    hosting.passed_on(
        "postgres.host_package",
        _LINUX["linux.postgres_package"],
        "Installed packages of PostgreSQL, its extensions, poolers and tools on the server's host.",
    ),
    FactSpec(
        name="postgres.sudo_rule",
        says=f"Rules of sudoers(5) on the server's host that let somebody act as the account that the server runs as: those that name it, `ALL`, or a group or alias. {hosting.JOINED}",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=_LINUX["linux.sudo_rule"].keys,
        inputs=(Input(_SERVER), Input(_INSTANCES), Input("linux.sudo_rule")),
        fields=_LINUX["linux.sudo_rule"].fields,
        example={"who": "%dba", "users": ["%dba"], "runas": "postgres", "command": "ALL"},
    ),
    hosting.passed_on(
        "postgres.client_history",
        _LINUX["linux.client_history"],
        "Histories of psql in the homes of all local accounts of the server's host; one that is not there has no row.",
        ("client",),
    ),
    hosting.passed_on(
        "postgres.environment_secret",
        _LINUX["linux.environment_secret"],
        "Where PGPASSWORD is set on the server's host: in environments of processes, and by files that sessions read.",
        ("name",),
    ),
    hosting.passed_on(
        "postgres.command_line_secret",
        _LINUX["linux.command_line_secret"],
        "Passwords of PostgreSQL on command lines of the server's host, of processes and in histories of shells.",
        ("engine",),
    ),
    hosting.passed_on(
        "postgres.service_file_secret",
        _LINUX["linux.service_file_secret"],
        "Passwords in connection service files on the server's host.",
        ("kind",),
    ),
    hosting.passed_on("postgres.host_fips", _LINUX["linux.fips"], "Whether the server's host works in FIPS mode."),
    FactSpec(
        name="postgres.backup_stanza",
        says=f"Stanzas of pgBackRest on the server's host that are of this server's data directory. Incomplete where a stanza's directory is not told. {hosting.JOINED}",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("stanza",),
        inputs=(Input(_SERVER), Input(_INSTANCES), Input("linux.pgbackrest_stanza")),
        fields=_LINUX["linux.pgbackrest_stanza"].fields,
        example=_LINUX["linux.pgbackrest_stanza"].example,
    ),
)
