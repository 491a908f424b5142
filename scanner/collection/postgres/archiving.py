"""Collects whether the write-ahead log is archived, and how that went."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.sql.results import Results, Session, gap_of, listed, text, truth, whole
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("postgres.archiver",)

# archive_library exists from PostgreSQL 15 on; an empty one means the command.
ARCHIVER = Statement(
    "archiver",
    """
    SELECT (SELECT setting FROM pg_settings WHERE name = 'archive_mode') AS mode,
           (SELECT setting NOT IN ('', '(disabled)') FROM pg_settings WHERE name = 'archive_command') AS command,
           (SELECT nullif(setting, '') FROM pg_settings WHERE name = 'archive_library') AS library,
           (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout') AS timeout,
           archived_count AS archived, failed_count AS failed,
           to_char(last_archived_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_archived,
           to_char(last_failed_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_failed,
           to_char(stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS counted_since,
           last_failed_time IS NOT NULL AND last_failed_time > coalesce(last_archived_time, '-infinity') AS failing,
           (SELECT system_identifier::text FROM pg_control_system()) AS system,
           CASE WHEN last_archived_wal ~ '^[0-9A-F]{24}([.][0-9A-F]{8}[.]backup)?$'
                THEN left(last_archived_wal, 24) END AS last_segment,
           pg_size_bytes(current_setting('wal_segment_size')) AS segment_size,
           (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
            - '0/0'::pg_lsn)::bigint AS position
    FROM pg_stat_archiver
    """,
)
WAITING = Statement(
    "archive_waiting",
    """
    SELECT count(*) AS waiting,
           to_char(min(modification) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS oldest
    FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'
    """,
)
NEEDS = "role pg_monitor"
_SEGMENT = re.compile(r"[0-9A-F]{24}", re.ASCII)


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the two statements; the second takes pg_monitor."""
    return [ARCHIVER, WAITING] if queries else []


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies."""
    reply, waiting = results.one(ARCHIVER.name), results.one(WAITING.name)
    row = next(reply.dicts, None)
    if row is None:
        lost = gap_of(reply) or error("the server gave no row of its archiver")
        return [listed(query, (), lost, session, ARCHIVER) for query in queries]
    queue = next(waiting.dicts, None)
    gap = gap_of(waiting, NEEDS) or (error("the server did not count what waits") if queue is None else None)
    rows = [_row(row, queue or {}, gap)]
    return [listed(query, rows, None, session, ARCHIVER, WAITING) for query in queries]


def _row(row: Mapping[str, Plain], queue: Mapping[str, Plain], gap: Gap | None) -> Row:
    return {
        "mode": text(row["mode"]),
        "configured": _configured(row),
        "library": text(row["library"]),
        "timeout": whole(row["timeout"]),
        "archived": whole(row["archived"]),
        "failed": whole(row["failed"]),
        "last_archived": text(row["last_archived"]),
        "last_failed": text(row["last_failed"]),
        "failing": truth(row["failing"]),
        "waiting": gap or whole(queue.get("waiting")),
        "oldest_waiting": gap or text(queue.get("oldest")),
        "counted_since": text(row["counted_since"]),
        "system": text(row["system"]),
        "last_segment": text(row["last_segment"]),
        "behind": _behind(row),
    }


def _behind(row: Mapping[str, Plain]) -> Cell:
    """Give the bytes of log after the end of the last archived segment.

    A segment's name is timeline, then its number: eight hexadecimal digits each for the 4 GiB it lies in, and for
    its place therein.
    """
    name, size, position = row["last_segment"], row["segment_size"], row["position"]
    if name is None:
        return ABSENT
    if not (isinstance(name, str) and _SEGMENT.fullmatch(name)):
        return error("the name of the last segment cannot be read")
    if not (isinstance(size, int) and isinstance(position, int) and size > 0):
        return error("the server's position in its log cannot be read")
    end = (int(name[8:16], 16) * (2**32 // size) + int(name[16:24], 16) + 1) * size
    return max(0, position - end)


def _configured(row: Mapping[str, Plain]) -> Cell:
    if row["library"]:
        return True
    found = truth(row["command"])
    return error("the server has no setting archive_command") if found is ABSENT else found
