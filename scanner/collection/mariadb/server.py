"""Asks a MariaDB or MySQL server everything in one read-only session."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.answer import Answer
from scanner.collection.mariadb.grants import grants
from scanner.collection.mariadb.table import COLLECTORS
from scanner.collection.sql import visit
from scanner.collection.sql.results import Session
from scanner.model.evidence import Gap, Query
from scanner.transport.shell import Limits
from scanner.transport.sql import Reply, SqlClient, Statement

COMMENT = "--"
WHO = Statement(
    "who",
    "SELECT CURRENT_USER() AS user, DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ') AS now",
)
RIGHTS = Statement(
    "rights",
    """
    SELECT PRIVILEGE_TYPE AS privilege FROM information_schema.USER_PRIVILEGES
    WHERE GRANTEE = CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER())
                                      - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1),
                           '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')
    """,
)
ROLE = Statement("role_rights", "SHOW GRANTS FOR CURRENT_ROLE", since=100_400)
"""Of the role alone: the grants of an account would show the hash of its password."""
_GLOBAL = re.compile(r"GRANT (.+) ON \*\.\* TO ")
_EVERYTHING = frozenset({"SUPER", "CREATE USER", "FILE", "SHUTDOWN", "SELECT", "DROP"})
"""Who has all of these may do anything."""


def session(replies: Mapping[str, Reply], version: int, options: Mapping[str, str]) -> Session:
    """Make the session from what the server said of us; what it would not say counts as no privilege."""
    row = next(replies["who"].dicts, {}) if "who" in replies else {}
    rights = {str(each["privilege"]) for each in _rows(replies, RIGHTS.name)}
    for each in _rows(replies, ROLE.name):
        found = _GLOBAL.match(str(next(iter(each.values()), "")))
        rights |= {word.strip() for word in found[1].split(",")} if found else set()
    return Session(
        user=str(row.get("user") or ""),
        version=version,
        superuser=bool(rights & {"ALL PRIVILEGES"}) or rights >= _EVERYTHING,
        roles=frozenset(rights),
        now=str(row.get("now") or ""),
        options=options,
    )


def _rows(replies: Mapping[str, Reply], name: str) -> list[dict[str, object]]:
    reply = replies.get(name)
    return [dict(row) for row in reply.dicts] if reply else []


def databases(replies: Mapping[str, Reply], session: Session) -> tuple[list[str], dict[str, Gap]]:
    """Give no database to enter: one session sees all of them."""
    del replies, session
    return [], {}


__all__ = ["collect", "describe", "grants"]

DIALECT = visit.Dialect(COLLECTORS, (WHO, RIGHTS, ROLE), session, databases)


def describe(queries: Sequence[Query]) -> visit.Asked:
    """Give the statements that answer these queries."""
    return visit.describe(DIALECT, queries)


def collect(queries: Sequence[Query], client: SqlClient, limits: Limits) -> Answer:
    """Ask the server; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(DIALECT, queries, client, limits)
