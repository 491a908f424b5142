"""Asks a PostgreSQL server everything in one read-only session per database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.answer import Answer
from scanner.collection.postgres.grants import grants
from scanner.collection.postgres.table import COLLECTORS
from scanner.collection.sql import visit
from scanner.collection.sql.results import Session, gap_of
from scanner.model.evidence import Gap, Query, error, unknown
from scanner.transport.shell import Limits
from scanner.transport.sql import Reply, SqlClient, Statement

COMMENT = "--"
WHO = Statement(
    "who",
    """
    SELECT session_user::text AS "user", current_database()::text AS database,
           to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS now,
           (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) AS superuser,
           ARRAY(SELECT rolname::text FROM pg_roles WHERE pg_has_role(session_user, oid, 'USAGE')) AS roles
    """,
)
DATABASES = Statement(
    "databases",
    """
    SELECT datname::text AS name, pg_get_userbyid(datdba)::text AS owner, datallowconn AS open,
           datistemplate AS template, datconnlimit AS connection_limit,
           has_database_privilege(oid, 'CONNECT') AS may_connect,
           EXISTS (SELECT 1 FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) AS acl
                   WHERE acl.grantee = 0 AND acl.privilege_type = 'CONNECT') AS public_connect,
           EXISTS (SELECT 1 FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) AS acl
                   WHERE acl.grantee = 0 AND acl.privilege_type = 'TEMPORARY') AS public_temporary
    FROM pg_database ORDER BY datname
    """,
)


def session(replies: Mapping[str, Reply], version: int, options: Mapping[str, str]) -> Session:
    """Make the session from what the server said of us; what it would not say counts as no privilege."""
    row = next(replies["who"].dicts, {}) if "who" in replies else {}
    roles = row.get("roles")
    return Session(
        user=str(row.get("user") or ""),
        version=version,
        superuser=row.get("superuser") is True,
        roles=frozenset(roles if isinstance(roles, list) else ()),
        database=str(row.get("database") or ""),
        now=str(row.get("now") or ""),
        options=options,
    )


def databases(replies: Mapping[str, Reply], session: Session) -> tuple[list[str], dict[str, Gap]]:
    """Give the databases to enter, and those that are closed to us; those that let nobody in hold nothing to ask.

    The option `databases` narrows the list; a name in it that does not exist is an error of its own.
    """
    reply = replies.get("databases") or Reply(cut="it was not asked")
    lost = gap_of(reply)
    if lost is not None:
        return [], {"(all others)": lost}
    wanted = [name for name in session.options.get("databases", "").split(",") if name]
    inside: list[str] = []
    closed: dict[str, Gap] = {}
    known: set[str] = set()
    for row in reply.dicts:
        name = str(row["name"])
        known.add(name)
        if name == session.database or (wanted and name not in wanted) or row["open"] is not True:
            continue
        if row["may_connect"] is True:
            inside.append(name)
        else:
            closed[name] = unknown(f"{session.user} may not connect to it", f"CONNECT on database {name}")
    closed.update({name: error("there is no database of that name") for name in wanted if name not in known})
    return inside, closed


__all__ = ["collect", "describe", "grants"]

DIALECT = visit.Dialect(COLLECTORS, (WHO, DATABASES), session, databases)


def describe(queries: Sequence[Query]) -> visit.Asked:
    """Give the statements that answer these queries."""
    return visit.describe(DIALECT, queries)


def collect(queries: Sequence[Query], client: SqlClient, limits: Limits) -> Answer:
    """Ask the server; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(DIALECT, queries, client, limits)
