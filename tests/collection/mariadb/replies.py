"""Replies of MariaDB and MySQL servers made by hand, and what the collectors make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collection.mariadb.account_rows import WAYS
from scanner.collection.mariadb.server import collect
from scanner.model.evidence import Evidence, Identity, Query
from scanner.transport.probing import Probed
from scanner.transport.shell import Limits
from scanner.transport.sql import Failure, Plain, Reply, SqlAnswer, Statement

WAY_COLUMNS = tuple(f"{name}{place}" for place in range(WAYS) for name in ("plugin", "kind"))
ACCOUNT_COLUMNS = (
    *("user", "host", "role", "access", "locked", "changed", "lifetime", "tls", "issuer", "subject", "connections"),
    *("ways", "default_lifetime", "default_connections", *WAY_COLUMNS),
)
COLUMNS: Mapping[str, Sequence[str]] = {
    "who": ("user", "now"),
    "rights": ("privilege",),
    "role_rights": ("grants for r",),
    "server": ("version", "comment", "port", "datadir", "socket", "basedir", "read_only", "host", "cipher", "started"),
    "databases": ("name",),
    "plugins": ("name", "kind", "status", "load_option", "library", "maturity"),
    "variables": ("name", "value", "type", "origin", "file"),
    "runtime_variables": ("name", "value", "type", "origin", "file"),
    "accounts": ACCOUNT_COLUMNS,
    "account_roles": ("user", "host", "role", "role_host"),
    "account_privileges": ("user", "host", "privilege"),
    "database_grants": ("user", "host", "db", "privileges"),
    "table_grants": ("user", "host", "db", "name", "privileges"),
    "column_grants": ("user", "host", "db", "name", "privileges"),
    "routine_grants": ("user", "host", "db", "name", "privileges"),
    "proxy_grants": ("user", "host", "db", "name", "privileges"),
    "tablespaces": ("name", "encrypted", "key_id"),
    "routines": ("db", "name", "kind", "security", "definer"),
    "replication": (
        *("connection_name", "master_host", "master_port", "master_user", "slave_io_running", "slave_sql_running"),
        *("master_ssl_allowed", "master_ssl_ca_file", "master_ssl_ca_path", "master_ssl_cert", "master_ssl_cipher"),
        *("master_ssl_key", "master_ssl_verify_server_cert", "seconds_behind_master"),
    ),
}
"""Statement > columns of its reply."""
MARIADB, MYSQL = 101_119, 80_036
DENIED = Reply(failure=Failure("1142", "SELECT command denied", denied=True))


def reply(name: str, *rows: Mapping[str, Plain]) -> Reply:
    """Make a reply; columns that a row leaves out are NULL."""
    columns = tuple(COLUMNS[name])
    assert all(set(row) <= set(columns) for row in rows), name
    return Reply(columns, tuple(tuple(row.get(column) for column in columns) for row in rows))


def account(user: str, host: str = "localhost", **cells: Plain) -> dict[str, Plain]:
    """Make a row of an account with a native password and no privileges."""
    plain: dict[str, Plain] = {
        "user": user,
        "host": host,
        "access": "0",
        "plugin0": "mysql_native_password",
        "kind0": "native",
        "changed": "1795249419",
        "default_lifetime": 0,
        "default_connections": 0,
    }
    return {**plain, **{f"kind{place}": "empty" for place in range(1, WAYS)}, **cells}


@dataclass
class Said:
    """A client whose server gives replies made by hand; what is not among them has no rows."""

    replies: Mapping[str, Reply]
    version: int = MARIADB
    options: Mapping[str, str] = field(default_factory=dict)

    def ask(self, database: str, statements: Sequence[Statement], limits: Limits) -> SqlAnswer:
        """Give the replies to the statements of this version."""
        del database, limits
        fitting = [each.name for each in statements if each.fits(self.version)]
        found = {name: self.replies.get(name, Reply(tuple(COLUMNS[name]))) for name in fitting}
        return SqlAnswer(found, self.version, Identity(), "2026-11-20T00:00:00Z")

    def probe(self, kind: str, limits: Limits) -> Probed:
        """Give a probe that could not tell."""
        del limits
        return Probed(kind, detail="not here")

    def close(self) -> None:
        """Nothing is held."""


def evidence(fact: str, where: Mapping[str, str] | None = None, version: int = MARIADB, **replies: Any) -> Evidence:
    """Ask one fact of a server that gives these replies; `options` are those of the target."""
    options = replies.pop("options", {})
    who = reply("who", {"user": "scan@10.0.0.9", "now": "2026-11-20T00:00:00Z"})
    return collect([Query.of(fact, where)], Said({"who": who, **replies}, version, options), Limits()).evidence[0]
