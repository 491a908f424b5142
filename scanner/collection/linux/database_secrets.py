"""Collects where passwords of databases lie open: histories, environments, command lines, service files.

Names and places alone leave the host, never a value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from scanner.collection.linux import database_secrets_script as scripts
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import shown
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = (
    "linux.client_history",
    "linux.environment_secret",
    "linux.command_line_secret",
    "linux.service_file_secret",
)

_NAMES = ("PGPASSWORD", "MYSQL_PWD")
_NUMBER = re.compile(r"[0-9]{1,9}")
_ASKED = {
    "linux.client_history": "ls ~/.psql_history* ~/.mysql_history ~/.mariadb_history ~/.dbshell ~/.mongodb/mongosh",
    "linux.environment_secret": "names of variables in /proc/*/environ, /etc/environment, /etc/profile and startup files",
    "linux.command_line_secret": "shapes of passwords in /proc/*/cmdline and in histories of shells",
    "linux.service_file_secret": "places of passwords in pg_service.conf and option files of MariaDB",
}
_PROBES = {
    "linux.client_history": Probe("linux.client_history", scripts.HISTORIES, timeout=20, cost=2),
    "linux.environment_secret": Probe("linux.environment_secret", scripts.ENVIRONMENTS, timeout=30, cost=3),
    "linux.command_line_secret": Probe("linux.command_line_secret", scripts.COMMAND_LINES, timeout=30, cost=3),
    "linux.service_file_secret": Probe("linux.service_file_secret", scripts.SERVICE_FILES, timeout=20, cost=2),
}


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give a probe per fact that is asked."""
    asked = {query.fact for query in queries}
    return [probe for fact, probe in _PROBES.items() if fact in asked]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read them: what could not be looked into makes a list incomplete."""
    answers = []
    for query in queries:
        output = output_of(outputs, query.fact)
        lines = [line.split(b"\t") for line in output.stdout.split(b"\n") if line]
        rows, odd = _ROWS[query.fact](lines)
        gap = _gap(output, lines, session) or odd
        answers.append(Evidence(query, tuple(rows), gap, session.provenance(_ASKED[query.fact])))
    return answers


def _gap(output: Output, lines: Sequence[list[bytes]], session: Session) -> Gap | None:
    if output.gap or [b"end"] not in lines:
        return output.gap or output.failure("the probe did not end")
    for word, *rest in lines:
        if word == b"odd":
            return error("a path of several lines was met")
        if word in (b"closed", b"hidden"):
            where = shown(rest[0]) if rest else "what other accounts run"
            reason = f"{where} may not be seen"
            return error(reason) if session.root else unknown(reason, needs="root")
    return None


def _told(lines: Sequence[list[bytes]], word: bytes, parts: int) -> tuple[list[list[str]], Gap | None]:
    """Give the lines of a word that have as many parts; one that has not is a gap."""
    found = [line for line in lines if line[0] == word]
    fit = [[shown(part) for part in line[1:]] for line in found if len(line) == parts + 1]
    return fit, None if len(fit) == len(found) else error("a line of the probe is not understood")


def _histories(lines: Sequence[list[bytes]]) -> tuple[list[Row], Gap | None]:
    told, odd = _told(lines, b"history", 4)
    rows: list[Row] = [
        {"account": account, "client": client, "path": path, "kept": kept == "kept"}
        for account, client, kept, path in told
        if client in ("psql", "mysql", "mongosh")
    ]
    return rows, odd or (None if len(rows) == len(told) else error("a line of the probe is not understood"))


def _environments(lines: Sequence[list[bytes]]) -> tuple[list[Row], Gap | None]:
    processes, odd = _told(lines, b"process", 3)
    profiles, bad = _told(lines, b"profile", 3)
    if not all(part[0] in _NAMES for part in (*processes, *profiles)):
        return [], error("a line of the probe is not understood")
    counted = Counter((name, account, program) for name, account, program in processes)
    rows: list[Row] = [
        {"name": name, "kind": "process", "place": program, "account": account, "line": ABSENT, "processes": number}
        for (name, account, program), number in sorted(counted.items())
    ]
    rows += [
        {"name": name, "kind": "profile", "place": path, "account": ABSENT, "line": _line(line), "processes": ABSENT}
        for name, line, path in profiles
    ]
    return rows, odd or bad


def _command_lines(lines: Sequence[list[bytes]]) -> tuple[list[Row], Gap | None]:
    processes, odd = _told(lines, b"process", 4)
    histories, bad = _told(lines, b"recorded", 4)
    rows: list[Row] = []
    unfit = 0
    for kind, told in (("process", processes), ("history", histories)):
        for engine, form, account, place in sorted({(part[0], part[1], part[2], part[3]) for part in told}):
            if engine in ("postgres", "mariadb", "mongodb") and form in ("option", "url", "conninfo", "variable"):
                rows.append({"engine": engine, "form": form, "kind": kind, "account": account, "place": place})
            else:
                unfit += 1
    return rows, odd or bad or (error("a line of the probe is not understood") if unfit else None)


def _service_files(lines: Sequence[list[bytes]]) -> tuple[list[Row], Gap | None]:
    told, odd = _told(lines, b"secret", 5)
    rows: list[Row] = []
    for kind, account, line, section, path in told:
        if kind in ("pg_service", "option_file"):
            row: dict[str, Cell] = {"kind": kind, "path": path, "section": section, "line": _line(line)}
            rows.append(row | {"account": account or ABSENT})
    return rows, odd or (None if len(rows) == len(told) else error("a line of the probe is not understood"))


def _line(text: str) -> Cell:
    return int(text) if _NUMBER.fullmatch(text) else error("the line was not told")


_ROWS: Mapping[str, Callable[[Sequence[list[bytes]]], tuple[list[Row], Gap | None]]] = {
    "linux.client_history": _histories,
    "linux.environment_secret": _environments,
    "linux.command_line_secret": _command_lines,
    "linux.service_file_secret": _service_files,
}
