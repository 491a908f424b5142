"""Collects global variables as they are in force, and those that a restart would change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.mariadb.words import MYSQL, switch
from scanner.collection.sql.results import Results, Session, gap_of, text
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row, error
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("mariadb.variable", "mariadb.runtime_variable")

_MARIADB = """
    SELECT VARIABLE_NAME AS name, GLOBAL_VALUE AS value, VARIABLE_TYPE AS type, GLOBAL_VALUE_ORIGIN AS origin,
           GLOBAL_VALUE_PATH AS file
    FROM information_schema.SYSTEM_VARIABLES
    WHERE VARIABLE_SCOPE <> 'SESSION ONLY' AND {which}
    ORDER BY VARIABLE_NAME
"""
_MYSQL = """
    SELECT v.VARIABLE_NAME AS name, v.VARIABLE_VALUE AS value, NULL AS type, i.VARIABLE_SOURCE AS origin,
           NULLIF(i.VARIABLE_PATH, '') AS file
    FROM performance_schema.global_variables AS v
    LEFT JOIN performance_schema.variables_info AS i ON i.VARIABLE_NAME = v.VARIABLE_NAME
    WHERE {which} ORDER BY v.VARIABLE_NAME
"""
_OLD = 80_000
"""MySQL before does not tell where a value comes from."""
_NAME = re.compile(r"[a-z0-9_.]{1,64}")
_ORIGINS = {"dynamic": "sql", "compiled": "compile-time", "command_line": "command-line"}
"""MySQL's words > MariaDB's."""
_FILES = frozenset({"explicit", "extra", "global", "login", "server", "user", "persisted"})
_CIPHERS = re.compile(r"ssl_cipher|tls_ciphersuites|.*_ciphers?")


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take; no variable is read that nobody asked for."""
    names = sorted({_name(query) for query in queries if query.fact == "mariadb.variable"} - {""})
    found = []
    if names:
        listed = ", ".join(f"'{name}'" for name in names)
        found += [
            Statement("variables", _MARIADB.format(which=f"VARIABLE_NAME IN ({listed})"), since=MYSQL),
            Statement("variables", _MYSQL.format(which=f"v.VARIABLE_NAME IN ({listed})"), since=_OLD, until=MYSQL),
            Statement("variables", f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({listed})", until=_OLD),
        ]
    if any(query.fact == "mariadb.runtime_variable" for query in queries):
        found += [
            Statement("runtime_variables", _MARIADB.format(which="GLOBAL_VALUE_ORIGIN = 'SQL'"), since=MYSQL),
            Statement(
                "runtime_variables", _MYSQL.format(which="i.VARIABLE_SOURCE = 'DYNAMIC'"), since=_OLD, until=MYSQL
            ),
        ]
    return found


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    asked = statements(queries)
    known = {_told(row).lower(): row for row in results.one("variables").dicts}
    found = []
    for query in queries:
        if query.fact == "mariadb.runtime_variable":
            found.append(_changed(query, results, session, asked))
            continue
        gap = gap_of(results.one("variables"))
        if not _name(query):
            gap = error("no variable can have this name")
        rows = () if gap else (_variable(_name(query), known),)
        used = [each for each in asked if each.name == "variables"]
        found.append(Evidence(query, rows, gap, session.provenance(*used)))
    return found


def _name(query: Query) -> str:
    """Give the name that a query asks for; empty when no variable can have it."""
    name = str(query.parameters.get("name", "")).lower().replace("-", "_")
    return name if _NAME.fullmatch(name) else ""


def _told(row: Mapping[str, Plain]) -> str:
    return str(row.get("name") or row.get("variable_name") or "")


def _variable(name: str, known: Mapping[str, Mapping[str, Plain]]) -> Row:
    row = known.get(name)
    if row is None:
        cells: dict[str, Cell] = dict.fromkeys(("value", "enabled", "number", "items", "origin", "file"), ABSENT)
        return {"name": name, "present": False, **cells}
    value = row["value"]
    return {
        "name": name,
        "present": True,
        **_typed(name, value, str(row.get("type") or "")),
        "origin": _origin(row.get("origin")),
        "file": text(row.get("file")),
    }


def _typed(name: str, value: Plain, kind: str) -> dict[str, Cell]:
    if value is None:
        return dict.fromkeys(("value", "enabled", "number", "items"), ABSENT)
    said = str(value)
    enabled: Cell = switch(said)
    if kind == "BOOLEAN" and said in ("0", "1"):
        enabled = said == "1"
    separators = r"[,:]" if _CIPHERS.fullmatch(name) else ","
    parts = [part.strip() for part in re.split(separators, said)]
    return {
        "value": said,
        "enabled": enabled,
        "number": int(said) if re.fullmatch(r"-?[0-9]{1,19}", said) else ABSENT,
        "items": [part for part in parts if part],
    }


def _origin(value: Plain | None) -> Cell:
    if value is None:
        return ABSENT
    word = str(value).lower()
    return "config" if word in _FILES else _ORIGINS.get(word, word)


def _changed(query: Query, results: Results, session: Session, asked: Sequence[Statement]) -> Evidence:
    reply = results.one("runtime_variables")
    rows: list[Row] = [{"name": _told(row).lower(), "file": text(row.get("file"))} for row in reply.dicts]
    used = [each for each in asked if each.name == "runtime_variables"]
    return Evidence(query, tuple(rows), gap_of(reply), session.provenance(*used))
