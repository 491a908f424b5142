"""Collects sessions with their encryption; without pg_monitor other users' sessions are hidden, and so the list is not whole."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from scanner.collection.sql.results import Results, Session, gap_of, listed, text, truth, whole
from scanner.model.evidence import Cell, Evidence, Query, Row, error, unknown
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("postgres.session",)

# Rows of other users come with nulls to a role without pg_read_all_stats: they count as sessions that we cannot see.
SESSIONS = Statement(
    "sessions",
    """
    SELECT a.pid, a.backend_type AS kind, a.usename::text AS "user", a.datname::text AS database,
           a.application_name AS application, host(a.client_addr) AS address,
           s.ssl, s.version, s.cipher, s.client_dn, g.encrypted AS gss,
           to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started
    FROM pg_stat_activity AS a LEFT JOIN pg_stat_ssl AS s ON s.pid = a.pid LEFT JOIN pg_stat_gssapi AS g ON g.pid = a.pid
    WHERE a.backend_type IN ('client backend', 'walsender') ORDER BY a.pid
    """,
)
STATISTICS = "pg_read_all_stats"
NEEDS = "role pg_monitor"
HIDDEN = unknown("sessions of other users are hidden from this role", NEEDS)


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the one statement."""
    return [SESSIONS] if queries else []


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the reply."""
    reply = results.one(SESSIONS.name)
    rows = [_row(row) for row in reply.dicts]
    gap = gap_of(reply, NEEDS) or (None if session.has(STATISTICS) else HIDDEN)
    return [listed(query, rows, gap, session, SESSIONS) for query in queries]


def _row(row: Mapping[str, Plain]) -> Row:
    return {
        "pid": whole(row["pid"]),
        "kind": text(row["kind"]),
        "user": text(row["user"]),
        "database": text(row["database"]),
        "application": text(row["application"]),
        "address": text(row["address"]),
        "over": way(row["address"]),
        "encrypted": encryption(row["ssl"], row["gss"]),
        "tls_version": text(row["version"]),
        "cipher": text(row["cipher"]),
        "client_subject": text(row["client_dn"] or None),
        "started": text(row["started"]),
    }


def encryption(tls: Plain, gss: Plain) -> Cell:
    """Tell whether a session is encrypted; one that ended between two views is a gap."""
    if tls is True or gss is True:
        return True
    return error("the session ended while we looked") if tls is None else truth(tls)


def way(address: Plain) -> Cell:
    """Name the way that a connection takes by its client's address."""
    if address is None:
        return "socket"
    try:
        return "loopback" if ipaddress.ip_address(str(address)).is_loopback else "network"
    except ValueError:
        return error(f"not an address: {address!r:.60}")
