"""Collects what a server says of itself, its databases and plug-ins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanner.collection.mariadb.words import MYSQL, truth_of
from scanner.collection.sql.results import Results, Session, gap_of, text, whole
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("mariadb.server", "mariadb.database", "mariadb.plugin")

_STATE = """
    SELECT VERSION() AS version, @@global.version_comment AS comment, @@global.port AS port,
           @@global.datadir AS datadir, @@global.socket AS socket, @@global.basedir AS basedir,
           @@global.read_only AS read_only,
           (SELECT HOST FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()) AS host,
           (SELECT VARIABLE_VALUE FROM {status} WHERE VARIABLE_NAME = 'Ssl_cipher') AS cipher,
           (SELECT DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL VARIABLE_VALUE SECOND, '%Y-%m-%dT%H:%i:%sZ')
            FROM {all_status} WHERE VARIABLE_NAME = 'Uptime') AS started
"""
STATE = Statement(
    "server",
    _STATE.format(status="information_schema.SESSION_STATUS", all_status="information_schema.GLOBAL_STATUS"),
    since=MYSQL,
)
STATE_MYSQL = Statement(
    "server",
    _STATE.format(status="performance_schema.session_status", all_status="performance_schema.global_status"),
    until=MYSQL,
)
DATABASES = Statement(
    "databases", "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME", limit=100_000
)
_PLUGINS = """
    SELECT PLUGIN_NAME AS name, PLUGIN_TYPE AS kind, PLUGIN_STATUS AS status, LOAD_OPTION AS load_option,
           PLUGIN_LIBRARY AS library, {maturity} AS maturity
    FROM information_schema.PLUGINS ORDER BY PLUGIN_NAME
"""
PLUGINS = Statement("plugins", _PLUGINS.format(maturity="PLUGIN_MATURITY"), since=MYSQL)
PLUGINS_MYSQL = Statement("plugins", _PLUGINS.format(maturity="NULL"), until=MYSQL)

_OWN = frozenset({"mysql", "sys", "information_schema", "performance_schema"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_LOAD_OPTIONS = frozenset({"off", "on", "force", "force_plus_permanent"})
_SEES_ALL = ("SHOW DATABASES", "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER")
"""Global privileges each of which shows every database."""
_PROVIDERS = (
    ("basedir", "/rdsdbbin/", "Amazon RDS"),
    ("version", "-google", "Google Cloud SQL"),
    ("comment", "azure", "Azure Database"),
    ("comment", "skysql", "SkySQL"),
)


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    wanted = {
        "mariadb.server": (STATE, STATE_MYSQL),
        "mariadb.database": (DATABASES,),
        "mariadb.plugin": (PLUGINS, PLUGINS_MYSQL),
    }
    facts = {query.fact for query in queries}
    return [statement for fact, asked in wanted.items() if fact in facts for statement in asked]


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    read = {"mariadb.server": _server, "mariadb.database": _databases, "mariadb.plugin": _plugins}
    return [read[query.fact](query, results, session) for query in queries]


def _server(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(STATE.name)
    provenance = session.provenance(STATE, STATE_MYSQL)
    row = next(reply.dicts, None)
    if row is None:
        return Evidence(query, (), gap_of(reply) or error("the server gave no row of itself"), provenance)
    return Evidence(query, (_state(row, session),), None, provenance)


def _state(row: dict[str, Plain], session: Session) -> Row:
    major, minor, patch = session.version // 10_000, session.version // 100 % 100, session.version % 100
    provider = next((name for column, mark, name in _PROVIDERS if mark in str(row[column] or "").lower()), "")
    said = session.options.get("managed", "").lower()
    directory = text(row["datadir"])
    return {
        "version": f"{major}.{minor}.{patch}",
        "series": f"{major}.{minor}",
        "flavour": "mariadb" if session.version >= MYSQL else "mysql",
        "managed": said == "true" if said else bool(provider),
        "provider": provider or ABSENT,
        "port": whole(row["port"]),
        "datadir": (directory.rstrip("/") or "/") if isinstance(directory, str) else directory,
        "socket": text(row["socket"] or None),
        "started": _moment(row["started"]),
        "read_only": truth_of(row["read_only"]),
        "user": session.user,
        "superuser": session.superuser,
        "encrypted": bool(row["cipher"]),
        "over_socket": row["host"] == "localhost",
    }


def _moment(value: Plain) -> Cell:
    told = str(value or "")
    return told if _MOMENT.fullmatch(told) else error(f"not a time: {told[:40]}")


def _databases(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(DATABASES.name)
    names = [str(row["name"]) for row in reply.dicts]
    rows: list[Row] = [{"database": name, "system": name.lower() in _OWN} for name in names]
    gap = gap_of(reply)
    if gap is None and not any(session.has(right) for right in _SEES_ALL):
        gap = unknown(f"databases without a grant for {session.user} are hidden", "privilege SHOW DATABASES")
    return Evidence(query, tuple(rows), gap, session.provenance(DATABASES))


def _plugins(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(PLUGINS.name)
    rows: list[Row] = [
        {
            "name": str(row["name"]).lower(),
            "kind": str(row["kind"]).lower(),
            "active": row["status"] == "ACTIVE",
            "load_option": _load_option(row["load_option"]),
            "library": text(row["library"] or None),
            "maturity": text(row["maturity"]),
        }
        for row in reply.dicts
    ]
    gap: Gap | None = gap_of(reply)
    return Evidence(query, tuple(rows), gap, session.provenance(PLUGINS, PLUGINS_MYSQL))


def _load_option(value: Plain) -> Cell:
    word = str(value or "").lower()
    return word if word in _LOAD_OPTIONS else error(f"not a load option that is known: {word[:40]}")
