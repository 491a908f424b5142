"""Collects who follows a server, what its slots hold back, and how a standby reaches its primary."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from scanner.collection.postgres.sessions import NEEDS, STATISTICS, encryption, way
from scanner.collection.sql.results import Results, Session, gap_of, listed, text, truth, whole
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row, error, unknown
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("postgres.replication", "postgres.replication_slot", "postgres.standby")

SENDERS = Statement(
    "replication",
    """
    SELECT r.pid, r.usename::text AS "user", r.application_name AS application, host(r.client_addr) AS address, r.state,
           r.sync_state AS sync, extract(epoch FROM r.replay_lag)::float8 AS lag,
           pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                           r.replay_lsn)::float8 AS behind,
           s.ssl, s.version, s.client_dn, g.encrypted AS gss
    FROM pg_stat_replication AS r LEFT JOIN pg_stat_ssl AS s ON s.pid = r.pid
    LEFT JOIN pg_stat_gssapi AS g ON g.pid = r.pid ORDER BY r.pid
    """,
)
_SLOTS = """
    SELECT slot_name::text AS name, slot_type AS kind, plugin::text, database::text, active, temporary,
           wal_status AS status, {since} AS inactive_since,
           pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                           restart_lsn)::float8 AS retained
    FROM pg_replication_slots ORDER BY slot_name
    """
SLOTS = (
    Statement("replication_slots", _SLOTS.format(since="NULL::text"), until=170000),
    Statement(
        "replication_slots",
        _SLOTS.format(since="""to_char(inactive_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""),
        since=170000,
    ),
)
# A connection string may hold a password: only what stands at sslmode leaves the server, quoted passwords set aside.
STANDBY = Statement(
    "standby",
    r"""
    WITH texts AS (
        SELECT (SELECT setting FROM pg_settings WHERE name = 'primary_conninfo') AS wanted,
               (SELECT conninfo FROM pg_stat_wal_receiver) AS used
    ), bare AS (
        SELECT regexp_replace(wanted, 'password\s*=\s*''(?:[^''\\]|\\.)*''', '', 'g') AS wanted,
               regexp_replace(used, 'password\s*=\s*''(?:[^''\\]|\\.)*''', '', 'g') AS used
        FROM texts
    )
    SELECT pg_is_in_recovery() AS standby, texts.wanted <> '' AS connection,
           ARRAY(SELECT m[1] FROM regexp_matches(
               bare.wanted, '(?:^|[\s?&])sslmode\s*=\s*''?([A-Za-z-]+)', 'g') AS m) AS modes,
           ARRAY(SELECT m[1] FROM regexp_matches(
               bare.used, '(?:^|[\s?&])sslmode\s*=\s*''?([A-Za-z-]+)', 'g') AS m) AS modes_in_use,
           (SELECT nullif(setting, '') FROM pg_settings WHERE name = 'primary_slot_name') AS slot,
           EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE status IS NOT NULL) AS receiving
    FROM texts, bare
    """,
)
NEEDS_SETTINGS = "role pg_read_all_settings"
_HIDDEN_STATE = unknown("the state of other users' sessions is hidden from this role", NEEDS)


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    facts = {query.fact for query in queries}
    found = [SENDERS] if "postgres.replication" in facts else []
    found += SLOTS if "postgres.replication_slot" in facts else ()
    return [*found, STANDBY] if "postgres.standby" in facts else found


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    read = {
        "postgres.replication": _senders,
        "postgres.replication_slot": _slots,
        "postgres.standby": _standby,
    }
    return [read[query.fact](query, results, session) for query in queries]


def _senders(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(SENDERS.name)
    seen = session.has(STATISTICS)
    rows = [_sender(row, seen) for row in reply.dicts]
    return listed(query, rows, gap_of(reply, NEEDS), session, SENDERS)


def _sender(row: Mapping[str, Plain], seen: bool) -> Row:
    known: dict[str, Cell] = {
        "application": text(row["application"]),
        "address": text(row["address"]),
        "over": way(row["address"]),
        "state": text(row["state"]),
        "sync": text(row["sync"]),
        "lag": _amount(row["lag"]),
        "behind": _bytes(row["behind"]),
        "encrypted": encryption(row["ssl"], row["gss"]),
        "tls_version": text(row["version"]),
        "client_subject": text(row["client_dn"] or None),
    }
    cells = known if seen else dict.fromkeys(known, _HIDDEN_STATE)
    return {"pid": whole(row["pid"]), "user": text(row["user"]), **cells}


def _amount(value: Plain) -> Cell:
    return max(0.0, float(value)) if isinstance(value, int | float) and math.isfinite(value) else ABSENT


def _bytes(value: Plain) -> Cell:
    return max(0, int(value)) if isinstance(value, int | float) and math.isfinite(value) else ABSENT


def _slots(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(SLOTS[0].name)
    rows: list[Row] = [
        {
            "name": str(row["name"]),
            "kind": text(row["kind"]),
            "plugin": text(row["plugin"]),
            "database": text(row["database"]),
            "active": truth(row["active"]),
            "temporary": truth(row["temporary"]),
            "status": text(row["status"]),
            "retained": _bytes(row["retained"]),
            "inactive_since": text(row["inactive_since"]),
        }
        for row in reply.dicts
    ]
    return listed(query, rows, gap_of(reply), session, *SLOTS)


def _standby(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(STANDBY.name)
    row = next(reply.dicts, None)
    if row is None:
        gap = gap_of(reply) or error("the server gave no row of its state")
        return listed(query, (), gap, session, STANDBY)
    hidden = unknown("primary_conninfo is hidden from this role", NEEDS_SETTINGS)
    readable, seen = session.has("pg_read_all_settings"), session.has(STATISTICS)
    told: Row = {
        "standby": truth(row["standby"]),
        "connection": truth(row["connection"]) if readable else hidden,
        "sslmode": _mode(row["modes"]) if readable else hidden,
        "slot": text(row["slot"]),
        "receiving": truth(row["receiving"]) if seen else _HIDDEN_STATE,
        "sslmode_in_use": _mode(row["modes_in_use"]) if seen else _HIDDEN_STATE,
    }
    return listed(query, [told], None, session, STANDBY)


def _mode(found: Plain) -> Cell:
    """Give the one sslmode of a connection string; several cannot be told apart from a value that only looks like one."""
    modes = found if isinstance(found, list) else []
    if len(modes) > 1:
        return error("sslmode stands in the connection string more than once")
    return modes[0].lower() if modes else ABSENT
