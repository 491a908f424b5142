"""Collects what the server counted of pages that did not match their checksums."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.sql.results import Results, Session, gap_of, listed, text, whole
from scanner.model.evidence import Evidence, Query, Row
from scanner.transport.sql import Statement

FACTS: tuple[str, ...] = ("postgres.checksum_failure",)

FAILURES = Statement(
    "checksum_failures",
    """
    SELECT coalesce(datname::text, '(shared)') AS database, checksum_failures AS failures,
           to_char(checksum_last_failure AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_failure,
           to_char(stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS counted_since
    FROM pg_stat_database ORDER BY datid
    """,
)


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the one statement."""
    return [FAILURES] if queries else []


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the reply."""
    reply = results.one(FAILURES.name)
    rows: list[Row] = [
        {
            "database": str(row["database"]),
            "failures": whole(row["failures"]),
            "last_failure": text(row["last_failure"]),
            "counted_since": text(row["counted_since"]),
        }
        for row in reply.dicts
    ]
    return [listed(query, rows, gap_of(reply), session, FAILURES) for query in queries]
