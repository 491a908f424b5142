"""Collects tablespaces, and whether mappings to foreign servers hold secrets; the secrets stay where they are."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.postgres.rights import rows_of
from scanner.collection.sql.results import Results, Session, gap_of, listed, text, truth
from scanner.model.evidence import Evidence, Query, Row, unknown
from scanner.transport.sql import Statement

FACTS: tuple[str, ...] = ("postgres.tablespace", "postgres.foreign_secret")

TABLESPACES = Statement(
    "tablespaces",
    """
    SELECT spcname::text AS tablespace, pg_get_userbyid(spcowner)::text AS owner,
           nullif(pg_tablespace_location(oid), '') AS location, spcoptions AS options,
           EXISTS (SELECT 1 FROM aclexplode(spcacl) AS a
                   WHERE a.grantee = 0 AND a.privilege_type = 'CREATE') AS public_create
    FROM pg_tablespace ORDER BY spcname
    """,
)
MAPPINGS = Statement(
    "user_mappings",
    """
    SELECT srvname::text AS server, CASE umuser WHEN 0 THEN 'PUBLIC' ELSE usename::text END AS role,
           umoptions IS NULL AS hidden,
           EXISTS (SELECT 1 FROM unnest(umoptions) AS o
                   WHERE split_part(o, '=', 1) ~* 'pass|secret|token|key|pwd') AS secret
    FROM pg_user_mappings ORDER BY 1, 2
    """,
    everywhere=True,
)
_STATEMENTS = {"postgres.tablespace": TABLESPACES, "postgres.foreign_secret": MAPPINGS}


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    facts = {query.fact for query in queries}
    return [statement for fact, statement in _STATEMENTS.items() if fact in facts]


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    read = {"postgres.tablespace": _tablespaces, "postgres.foreign_secret": _mappings}
    return [read[query.fact](query, results, session) for query in queries]


def _tablespaces(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(TABLESPACES.name)
    rows: list[Row] = [
        {
            **{name: text(row[name]) for name in ("tablespace", "owner", "location")},
            "options": row["options"] if isinstance(row["options"], list) else [],
            "public_create": truth(row["public_create"]),
        }
        for row in reply.dicts
    ]
    return listed(query, rows, gap_of(reply), session, TABLESPACES)


def _mappings(query: Query, results: Results, session: Session) -> Evidence:
    # The view shows no options to who may not see them, and none where there are none.
    hidden = unknown("options are hidden from this role", "superuser")
    rows: list[Row] = [
        {
            "database": database,
            "server": text(row["server"]),
            "role": text(row["role"]),
            "secret_stored": hidden if row["hidden"] is True and not session.superuser else truth(row["secret"]),
        }
        for database, row in rows_of(results, MAPPINGS.name)
    ]
    return listed(query, rows, results.gap_of(MAPPINGS.name), session, MAPPINGS)
