"""Reads the tables of accounts, and works out which privileges and roles each account has in effect.

Whatever could be used to log in stays on the server: of a secret only its kind is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.mariadb.privileges import names_of
from scanner.collection.mariadb.words import MYSQL
from scanner.collection.sql.results import Results, gap_of
from scanner.model.evidence import Gap
from scanner.transport.sql import Plain, Statement

WAYS = 6
"""Authentication plug-ins of one account that are read."""
_JSON = 100_400
"""MariaDB keeps accounts as JSON from here on."""
_ROLES_IN_MYSQL = 80_000
PUBLIC = "PUBLIC"


def _kind(secret: str) -> str:
    return (
        f"CASE WHEN COALESCE({secret}, '') = '' THEN 'empty'"
        f" WHEN {secret} REGEXP '^[*][0-9A-Fa-f]{{40}}$' THEN 'native'"
        f" WHEN {secret} REGEXP '^[0-9A-Fa-f]{{16}}$' THEN 'old'"
        f" WHEN {secret} REGEXP '^[A-Za-z0-9+/]{{43}}$' THEN 'ed25519'"
        f" WHEN LEFT({secret}, 1) = '$' THEN 'sha2' ELSE 'other' END"
    )


def _json(name: str) -> str:
    return f"JSON_VALUE(Priv, '$.{name}')"


def _way(place: int) -> dict[str, str]:
    path = f"auth_or[{place}]."
    secret = _json(path + "authentication_string")
    return {f"plugin{place + 1}": _json(path + "plugin"), f"kind{place + 1}": _kind(secret)}


_BITS = (
    *("Select", "Insert", "Update", "Delete", "Create", "Drop", "Reload", "Shutdown", "Process", "File", "Grant"),
    *("References", "Index", "Alter", "Show_db", "Super", "Create_tmp_table", "Lock_tables", "Execute", "Repl_slave"),
    *("Repl_client", "Create_view", "Show_view", "Create_routine", "Alter_routine", "Create_user", "Event", "Trigger"),
    "Create_tablespace",
)
"""Columns of MySQL's table of accounts, in the order of the bits that stand for them."""
_SERVER = "@@global.default_password_lifetime AS default_lifetime, @@global.max_user_connections AS default_connections"

_USERS = """
    SELECT User AS user, Host AS host, {own}, {server} FROM mysql.global_priv ORDER BY User, Host
"""
_USERS_MYSQL = """
    SELECT User AS user, Host AS host, NULL AS role, {bits} AS access, account_locked = 'Y' AS locked,
           IF(password_expired = 'Y', 0, UNIX_TIMESTAMP(password_last_changed)) AS changed,
           password_lifetime AS lifetime, ssl_type AS tls, x509_issuer <> '' AS issuer, x509_subject <> '' AS subject,
           max_user_connections AS connections, NULL AS ways, plugin AS plugin0, {kind} AS kind0, {server}
    FROM mysql.user ORDER BY User, Host
"""
_OWN = {
    "role": _json("is_role"),
    "access": _json("access"),
    "locked": _json("account_locked"),
    "changed": _json("password_last_changed"),
    "lifetime": _json("password_lifetime"),
    "tls": _json("ssl_type"),
    "issuer": f"{_json('x509_issuer')} <> ''",
    "subject": f"{_json('x509_subject')} <> ''",
    "connections": _json("max_user_connections"),
    "ways": "JSON_LENGTH(Priv, '$.auth_or')",
    "plugin0": _json("plugin"),
    "kind0": _kind(_json("authentication_string")),
    **{name: part for place in range(WAYS - 1) for name, part in _way(place).items()},
}
USERS = Statement(
    "accounts",
    _USERS.format(own=", ".join(f"{part} AS {name}" for name, part in _OWN.items()), server=_SERVER),
    limit=100_000,
    since=_JSON,
)
USERS_MYSQL = Statement(
    "accounts",
    _USERS_MYSQL.format(
        bits=" + ".join(f"({name}_priv = 'Y') * {1 << bit}" for bit, name in enumerate(_BITS)),
        kind=_kind("authentication_string"),
        server=_SERVER,
    ),
    limit=100_000,
    until=MYSQL,
)
ROLES = Statement(
    "account_roles",
    "SELECT User AS user, Host AS host, Role AS role, '' AS role_host FROM mysql.roles_mapping ORDER BY 1, 2, 3",
    limit=100_000,
    since=_JSON,
)
ROLES_MYSQL = Statement(
    "account_roles",
    """
    SELECT TO_USER AS user, TO_HOST AS host, FROM_USER AS role, FROM_HOST AS role_host
    FROM mysql.role_edges ORDER BY 1, 2, 3
    """,
    limit=100_000,
    since=_ROLES_IN_MYSQL,
    until=MYSQL,
)
DYNAMIC = Statement(
    "account_privileges",
    "SELECT USER AS user, HOST AS host, PRIV AS privilege FROM mysql.global_grants ORDER BY 1, 2, 3",
    limit=100_000,
    since=_ROLES_IN_MYSQL,
    until=MYSQL,
)
STATEMENTS = (USERS, USERS_MYSQL, ROLES, ROLES_MYSQL, DYNAMIC)


@dataclass(frozen=True, slots=True)
class Book:
    """All accounts of a server."""

    users: Sequence[Mapping[str, Plain]]
    """Rows of accounts that may log in."""
    own: Mapping[str, frozenset[str]]
    """Account or role > the privileges on everything that it has itself."""
    roles: Mapping[str, Sequence[str]]
    """Account > the roles that it may take on, directly or through roles."""
    privileges: Mapping[str, list[str]]
    """Account > its privileges on everything, those of roles and of PUBLIC included."""
    gap: Gap | None
    """Why accounts are missing."""
    roles_gap: Gap | None
    """Why roles or privileges may be missing."""

    @classmethod
    def of(cls, results: Results) -> Book:
        """Read the replies."""
        accounts, edges, dynamic = (results.one(each) for each in ("accounts", "account_roles", "account_privileges"))
        rows = list(accounts.dicts)
        own: dict[str, set[str]] = {account(row): set(names_of(row["access"])) for row in rows}
        asked = "account_privileges" in results.once
        for row in dynamic.dicts:
            own.setdefault(account(row), set()).add(str(row["privilege"]).upper())
        links: dict[str, list[str]] = {}
        for row in edges.dicts:
            links.setdefault(account(row), []).append(_at(row["role"], row["role_host"]))
        users = [row for row in rows if not _is_role(row)]
        roles = {account(row): _closure(account(row), links) for row in users}
        everyone = own.get(PUBLIC, set()).union(*(own.get(role, ()) for role in _closure(PUBLIC, links)))
        return cls(
            users,
            {name: frozenset(held) for name, held in own.items()},
            roles,
            {
                name: sorted(own.get(name, set()).union(everyone, *(own.get(role, ()) for role in held)))
                for name, held in roles.items()
            },
            gap_of(accounts, "grant SELECT ON mysql.global_priv"),
            gap_of(edges, "grant SELECT ON mysql.roles_mapping")
            or (gap_of(dynamic, "grant SELECT ON mysql.global_grants") if asked else None),
        )


def account(row: Mapping[str, Plain]) -> str:
    """Give the name of a row's account, `user@host`, or of its role."""
    return _at(row["user"], row["host"])


def _at(user: Plain, host: Plain) -> str:
    """Name an account; MariaDB's roles have no host."""
    return f"{user or ''}@{host}" if host else str(user or "")


def _is_role(row: Mapping[str, Plain]) -> bool:
    return str(row["role"] or "0").lower() in ("1", "true")


def _closure(start: str, links: Mapping[str, Iterable[str]]) -> list[str]:
    found: dict[str, None] = {}
    ahead = list(links.get(start, ()))
    while ahead:
        role = ahead.pop()
        if role not in found:
            found[role] = None
            ahead += links.get(role, ())
    return sorted(found)
