"""Collects accounts with the ways they log in, and what they may do where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from scanner.collection.mariadb.account_rows import PUBLIC, STATEMENTS, WAYS, Book, account
from scanner.collection.mariadb.privileges import DATABASE_COLUMNS, words_of
from scanner.collection.mariadb.words import MYSQL, truth_of
from scanner.collection.sql.results import Results, Session, gap_of
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("mariadb.user", "mariadb.grant")


_DATABASES = """
    SELECT User AS user, Host AS host, Db AS db, CONCAT_WS(',', {flags}) AS privileges
    FROM mysql.db ORDER BY 1, 2, 3
"""


def _of_databases(*more: tuple[str, str]) -> str:
    columns = (*DATABASE_COLUMNS.items(), *more)
    flags = ", ".join(f"IF({column}_priv = 'Y', '{name}', NULL)" for column, name in columns)
    return _DATABASES.format(flags=flags)


_MOST = 100_000
_HISTORY = ("Delete_history", "DELETE HISTORY")
_TABLES = (
    Statement("database_grants", _of_databases(_HISTORY), _MOST, since=MYSQL),
    Statement("database_grants", _of_databases(), _MOST, until=MYSQL),
    Statement(
        "table_grants",
        """
        SELECT User AS user, Host AS host, Db AS db, Table_name AS name, Table_priv AS privileges
        FROM mysql.tables_priv WHERE Table_priv <> '' ORDER BY 1, 2, 3, 4
        """,
        _MOST,
    ),
    Statement(
        "column_grants",
        """
        SELECT User AS user, Host AS host, Db AS db, CONCAT(Table_name, '.', Column_name) AS name,
               Column_priv AS privileges
        FROM mysql.columns_priv WHERE Column_priv <> '' ORDER BY 1, 2, 3, 4
        """,
        _MOST,
    ),
    Statement(
        "routine_grants",
        """
        SELECT User AS user, Host AS host, Db AS db, Routine_name AS name, Proc_priv AS privileges
        FROM mysql.procs_priv WHERE Proc_priv <> '' ORDER BY 1, 2, 3, 4
        """,
        _MOST,
    ),
    Statement(
        "proxy_grants",
        """
        SELECT User AS user, Host AS host, NULL AS db, CONCAT(Proxied_user, '@', Proxied_host) AS name,
               IF(With_grant, 'PROXY,GRANT', 'PROXY') AS privileges
        FROM mysql.proxies_priv ORDER BY 1, 2, 4
        """,
        _MOST,
    ),
)
_LEVELS = {
    "database_grants": ("database", "db"),
    "table_grants": ("table", "tables_priv"),
    "column_grants": ("column", "columns_priv"),
    "routine_grants": ("routine", "procs_priv"),
    "proxy_grants": ("proxy", "proxies_priv"),
}
"""Statement > level of its grants, table that holds them."""
_PASSWORDS = {
    "mysql_native_password": ("native", "empty"),
    "mysql_old_password": ("old", "empty"),
    "ed25519": ("ed25519", "empty"),
    "caching_sha2_password": ("sha2", "empty"),
    "sha256_password": ("sha2", "empty"),
    "parsec": ("other", "empty"),
}
"""Plug-in that takes a password > kinds of secret that some password fits."""
_TLS = {"0": "none", "1": "any", "2": "x509", "3": "specified", "": "none"}
_NETWORKS = re.compile(r"0\.0\.0\.0/0(\.0\.0\.0)?|::/0")


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    grants = _TABLES if any(query.fact == "mariadb.grant" for query in queries) else ()
    return [*STATEMENTS, *grants]


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    book = Book.of(results)
    found = []
    for query in queries:
        if query.fact == "mariadb.user":
            rows = tuple(_user(row, book) for row in book.users)
            gap = book.gap or (None if rows else error("the server listed no account, not even ours"))
            found.append(Evidence(query, rows, gap, session.provenance(*STATEMENTS)))
        else:
            found.append(_grants(query, results, session, book))
    return found


def _user(row: Mapping[str, Plain], book: Book) -> Row:
    name, host = account(row), str(row["host"] or "")
    ways = [(plugin, kind) for plugin, kind in _ways(row) if kind in _PASSWORDS.get(plugin, (kind,))]
    password = any(plugin in _PASSWORDS for plugin, _ in ways)
    more = isinstance(row["ways"], int) and row["ways"] > WAYS - 1
    lost = error(f"the account has more than {WAYS - 1} authentication plug-ins") if more else None
    return {
        "account": name,
        "user": str(row["user"] or ""),
        "host": host,
        "anonymous": not row["user"],
        "any_host": not host.strip("%_") or bool(_NETWORKS.fullmatch(host)),
        "remote": not _local(host),
        "locked": truth_of(row["locked"] or "0"),
        "plugins": lost or list(dict.fromkeys(plugin for plugin, _ in ways)),
        "password": lost or password,
        "passwordless": lost or any(plugin in _PASSWORDS and kind == "empty" for plugin, kind in ways),
        "expired": str(row["changed"]) == "0",
        "password_changed": _time(row["changed"]),
        "password_lifetime": lost or (_lifetime(row) if password else ABSENT),
        "tls": _tls(row),
        "client_certificate": _certificate(row),
        "connections": _limit(row),
        "privileges": book.roles_gap or book.privileges[name],
        "roles": book.roles_gap or list(book.roles[name]),
    }


def _ways(row: Mapping[str, Plain]) -> Iterator[tuple[str, str]]:
    """Iterate over plug-ins and kinds of secret; the place in the list that stands for the first one is empty."""
    for place in range(WAYS):
        plugin, kind = row.get(f"plugin{place}"), str(row.get(f"kind{place}") or "empty")
        if plugin:
            yield str(plugin).lower(), kind
        elif place == 0:
            yield ("mysql_old_password" if kind == "old" else "mysql_native_password"), kind


def _local(host: str) -> bool:
    return host.lower() in ("localhost", "::1") or host.startswith("127.")


def _whole(value: Plain) -> int | None:
    return int(value) if isinstance(value, int | str) and re.fullmatch(r"-?[0-9]{1,18}", str(value)) else None


def _time(value: Plain) -> Cell:
    seconds = _whole(value)
    if not seconds or not 0 < seconds < 2**35:
        return ABSENT
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lifetime(row: Mapping[str, Plain]) -> Cell:
    own = _whole(row["lifetime"])
    days = _whole(row["default_lifetime"]) if own is None or own < 0 else own
    return days or ABSENT


def _limit(row: Mapping[str, Plain]) -> Cell:
    own = _whole(row["connections"]) or 0
    most = own or (_whole(row["default_connections"]) or 0)
    return most if most > 0 else ABSENT


def _tls(row: Mapping[str, Plain]) -> Cell:
    word = str(row["tls"] if row["tls"] is not None else "").lower()
    found = _TLS.get(word, word)
    return found if found in _TLS.values() else error(f"not a kind of demand that is known: {word[:40]}")


def _certificate(row: Mapping[str, Plain]) -> Cell:
    demand = _tls(row)
    if demand == "specified":
        return str(row["issuer"]) == "1" or str(row["subject"]) == "1"  # A cipher alone takes no certificate.
    return demand if isinstance(demand, Gap) else demand == "x509"


@dataclass(frozen=True, slots=True)
class _Grant:
    level: str
    object: str
    privileges: tuple[str, ...]
    system: bool


def _grants(query: Query, results: Results, session: Session, book: Book) -> Evidence:
    held: dict[str, list[_Grant]] = {}
    for name, privileges in book.own.items():
        if privileges:
            held.setdefault(name, []).append(_Grant("global", "*.*", tuple(sorted(privileges)), system=True))
    gaps = [book.gap, book.roles_gap]
    for statement, (level, table) in _LEVELS.items():
        reply = results.one(statement)
        gaps.append(gap_of(reply, f"grant SELECT ON mysql.{table}"))
        for row in reply.dicts:
            held.setdefault(account(row), []).append(_grant(level, row))
    gap = next((each for each in gaps if each is not None), None)
    rows: list[Row] = []
    for user in book.users:
        name = account(user)
        for via in ("", *book.roles[name]):
            rows += (_row(name, via, each, truth_of(user["locked"] or "0")) for each in held.get(via or name, ()))
    rows += (_row(PUBLIC, "", each, locked=False) for each in held.get(PUBLIC, ()))
    return Evidence(query, tuple(rows), gap, session.provenance(*STATEMENTS, *_TABLES))


def _grant(level: str, row: Mapping[str, Plain]) -> _Grant:
    database = str(row["db"] or "")
    name = f"{database}.{row.get('name', '*')}" if level != "proxy" else f"proxy of {row['name']}"
    system = bool(_like(database).fullmatch("mysql")) if level == "database" else database.lower() == "mysql"
    return _Grant(level, name, tuple(words_of(row["privileges"])), system)


def _like(pattern: str) -> re.Pattern[str]:
    """Make a pattern of names of databases a regular expression."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(part) or re.escape(part[-1]) for part in parts), re.IGNORECASE | re.DOTALL)


def _row(name: str, via: str, grant: _Grant, locked: Cell) -> Row:
    return {
        "account": name,
        "via": via,
        "level": grant.level,
        "object": grant.object,
        "privileges": list(grant.privileges),
        "system": grant.system,
        "locked": locked,
    }
