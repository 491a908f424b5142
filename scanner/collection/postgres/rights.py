"""Collects grants, default privileges and schemas of every database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scanner.collection.postgres.rights_sql import DEFAULTS, GRANTS, SCHEMAS, SHARED
from scanner.collection.sql.results import Results, Session, gap_of, listed, text, texts, truth
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row
from scanner.model.outcome import Outcome
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("postgres.grant", "postgres.default_privilege", "postgres.schema")

_STATEMENTS: Mapping[str, tuple[Statement, ...]] = {
    "postgres.grant": (GRANTS, SHARED),
    "postgres.default_privilege": (DEFAULTS,),
    "postgres.schema": (SCHEMAS,),
}
_WRITES = frozenset(
    {
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
        "REFERENCES",
        "TRIGGER",
        "MAINTAIN",
        "CREATE",
        "SET",
        "ALTER SYSTEM",
    }
)
_RELATIONS = frozenset({"table", "partitioned table", "foreign table", "view", "materialized view", "column"})


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    facts = {query.fact for query in queries}
    return [statement for fact, own in _STATEMENTS.items() if fact in facts for statement in own]


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    read = {"postgres.grant": _grants, "postgres.default_privilege": _defaults, "postgres.schema": _schemas}
    return [read[query.fact](query, results, session) for query in queries]


def rows_of(results: Results, name: str) -> Iterator[tuple[str, dict[str, Plain]]]:
    """Iterate over the rows that a statement brought from every database, each with the database's name."""
    return ((database, row) for database, reply in results.each(name) for row in reply.dicts)


def _grants(query: Query, results: Results, session: Session) -> Evidence:
    shared = results.one(SHARED.name)
    rows = [_grant(text(row["database"]), row) for row in shared.dicts]
    rows += [_grant(database, row) for database, row in rows_of(results, GRANTS.name)]
    return listed(query, rows, _both(gap_of(shared), results.gap_of(GRANTS.name)), session, SHARED, GRANTS)


def _both(one: Gap | None, other: Gap | None) -> Gap | None:
    if one is None or other is None:
        return one or other
    worst = one if one.kind is Outcome.ERROR else other
    return Gap(worst.kind, f"{one.reason}; {other.reason}", worst.needs)


def _grant(database: Cell, row: Mapping[str, Plain]) -> Row:
    kind, privileges = str(row["kind"]), texts(row["privileges"])
    writes = isinstance(privileges, list) and not _WRITES.isdisjoint(privileges)
    return {
        "database": database,
        "kind": kind,
        "schema": text(row["schema"]),
        "object": text(row["object"]),
        "column": text(row["column"]),
        "relation": f"{row['schema']}.{row['object']}" if kind in _RELATIONS else ABSENT,
        "owner": text(row["owner"]),
        "grantee": text(row["grantee"]),
        "public": truth(row["public"]),
        "grantee_can_login": truth(row["grantee_can_login"]),
        "privileges": privileges if isinstance(privileges, list) else [],
        "grantable": row["grantable"] if isinstance(row["grantable"], list) else [],
        # For a sequence UPDATE sets its value, for a parameter SET changes it: as good as writing.
        "writes": writes,
    }


def _defaults(query: Query, results: Results, session: Session) -> Evidence:
    rows: list[Row] = [
        {
            "database": database,
            **{name: text(row[name]) for name in ("role", "schema", "kind", "grantee")},
            "public": truth(row["public"]),
            "privileges": texts(row["privileges"]),
        }
        for database, row in rows_of(results, DEFAULTS.name)
    ]
    return listed(query, rows, results.gap_of(DEFAULTS.name), session, DEFAULTS)


def _schemas(query: Query, results: Results, session: Session) -> Evidence:
    rows: list[Row] = [
        {
            "database": database,
            "schema": text(row["schema"]),
            "owner": text(row["owner"]),
            **{name: truth(row[name]) for name in ("system", "public_create", "public_usage")},
        }
        for database, row in rows_of(results, SCHEMAS.name)
    ]
    return listed(query, rows, results.gap_of(SCHEMAS.name), session, SCHEMAS)
