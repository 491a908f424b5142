"""Collects how a server follows others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.mariadb.words import MYSQL
from scanner.collection.sql.results import Results, Session, gap_of, text, whole
from scanner.model.evidence import Cell, Evidence, Query, Row
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("mariadb.replication",)

_RENAMED = 80_022
STATUS = (
    Statement("replication", "SHOW ALL SLAVES STATUS", since=MYSQL),
    Statement("replication", "SHOW REPLICA STATUS", since=_RENAMED, until=MYSQL),
    Statement("replication", "SHOW SLAVE STATUS", until=_RENAMED),
)
_NEEDS = "privilege REPLICA MONITOR"


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    return list(STATUS) if queries else []


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    reply = results.one("replication")
    rows = tuple(_connection(_old_words(row)) for row in reply.dicts)
    return [Evidence(query, rows, gap_of(reply, _NEEDS), session.provenance(*STATUS)) for query in queries]


def _old_words(row: Mapping[str, Plain]) -> dict[str, Plain]:
    """Give the columns by their older names, which both servers once had."""
    return {name.replace("source_", "master_").replace("replica_", "slave_"): value for name, value in row.items()}


def _connection(row: Mapping[str, Plain]) -> Row:
    threads = (row.get("slave_io_running"), row.get("slave_sql_running"))
    ciphers = str(row.get("master_ssl_cipher") or "")
    return {
        "name": str(row.get("connection_name") or row.get("channel_name") or ""),
        "host": text(row.get("master_host")),
        "port": whole(row.get("master_port")),
        "user": text(row.get("master_user")),
        "running": threads == ("Yes", "Yes"),
        "encrypted": row.get("master_ssl_allowed") == "Yes",
        "verified": row.get("master_ssl_allowed") == "Yes" and row.get("master_ssl_verify_server_cert") == "Yes",
        "ca": _authority(row),
        "client_certificate": bool(row.get("master_ssl_cert")) and bool(row.get("master_ssl_key")),
        "ciphers": [part for part in ciphers.replace(",", ":").split(":") if part],
        "lag": whole(row.get("seconds_behind_master")),
    }


def _authority(row: Mapping[str, Plain]) -> Cell:
    return text(row.get("master_ssl_ca_file") or row.get("master_ssl_ca_path") or None)
