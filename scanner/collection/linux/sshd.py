"""Effective configuration of the OpenSSH server, as `sshd -T` prints it globally and for every Match block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sshd_script import SCRIPT
from scanner.collection.linux.text import tail
from scanner.facts.linux.sshd import SPECS
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown
from scanner.model.fact import Kind

FACTS: tuple[str, ...] = ("linux.sshd",)

_PROBE = Probe("sshd", SCRIPT, timeout=60, limit=4 * 2**20, cost=3)
_ASKED = "sshd -T; for each Match block sshd -T -f /dev/stdin with `Match all` in place of its criteria"

_FORMER_NAMES = {"challengeresponseauthentication": "kbdinteractiveauthentication"}
_NONE_IS_ABSENT = ("banner", "forcecommand")
_COMMA_LISTS = ("ciphers", "macs", "kexalgorithms", "hostkeyalgorithms")
_DURATION = re.compile(r"(?:[0-9]{1,9}[smhdw]?)+")
_PART = re.compile(r"([0-9]+)([smhdw]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SHOWN = 3


@dataclass(slots=True)
class _Section:
    """What one run of sshd printed: directive > values, in the order of printing."""

    scope: str
    place: str
    options: str
    values: dict[str, list[str]] = field(default_factory=dict)
    whole: bool = False
    failure: str = ""


@dataclass(slots=True)
class _Reading:
    installed: bool = True
    denied: bool = False
    running: bool | None = None
    sections: list[_Section] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this fact."""
    return [_PROBE] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read what sshd printed: one Evidence per query; a Match block that could not be evaluated is a gap."""
    rows, gap = _judged(output_of(outputs, _PROBE.name))
    provenance = session.provenance(_ASKED)
    return [Evidence(query, tuple(rows), gap, provenance) for query in queries]


def _judged(output: Output) -> tuple[list[Row], Gap | None]:
    reading = _read(output.lines)
    if output.gap is None:
        if not reading.installed:
            return [], None
        if reading.denied:
            return [], unknown("sshd shows its effective configuration to root only", "root")
    rows = [_row(section, scope, reading.running) for section, scope in _scopes(reading.sections)]
    reasons = [*reading.odd, *(_why(section) for section in reading.sections if not section.whole)]
    if output.gap is not None:
        return rows, output.gap
    if not reading.sections or reading.running is None:
        return rows, output.failure("sshd was not asked")
    return rows, error("; ".join(reasons[:_SHOWN])) if reasons else None


def _read(lines: Sequence[str]) -> _Reading:
    reading = _Reading()
    options = ""
    for line in lines:
        mark, text = line[:1], line[1:]
        if mark in "AU" and mark:
            reading.installed, reading.denied = mark != "A", mark == "U"
        elif mark == "R":
            reading.running = text == "1"
        elif mark == "D":
            options = text
            reading.sections.append(_Section("global", "", options))
        elif mark == "M":
            place, _, criteria = text.partition("\t")
            reading.sections.append(_Section("Match " + " ".join(criteria.split()), place, options))
        elif mark == "?":
            reading.odd.append(text)
        elif reading.sections:
            _take(reading.sections[-1], mark, text)
    return reading


def _take(section: _Section, mark: str, text: str) -> None:
    if mark == "=":
        key, _, value = text.partition(" ")
        section.values.setdefault(_FORMER_NAMES.get(key.lower(), key.lower()), []).append(value.strip())
    elif mark == ".":
        section.whole = bool(section.values)
    elif mark == "!":
        section.failure = tail(text)


def _why(section: _Section) -> str:
    said = section.failure or "it did not answer to its end"
    return (
        f"{section.place}: {section.scope}: {said}"
        if section.place
        else f"sshd -T {section.options}".strip() + f": {said}"
    )


def _scopes(sections: Sequence[_Section]) -> Iterator[tuple[_Section, str]]:
    """Give the sections that came whole with scopes that differ: by the daemon's options, then by counting."""
    several = len({section.options for section in sections}) > 1
    used: dict[str, int] = {}
    for section in sections:
        scope = f"{section.scope} (sshd {section.options})" if several and section.options else section.scope
        used[scope] = used.get(scope, 0) + 1
        if section.whole:
            yield section, scope if used[scope] == 1 else f"{scope} ({used[scope]})"


def _row(section: _Section, scope: str, running: bool | None) -> Row:
    row: dict[str, Cell] = {"scope": scope, "running": error("it was not looked for") if running is None else running}
    for column in SPECS[0].fields:
        if column.name not in row:
            row[column.name] = _cell(column.name, column.type.kind, column.type.many, section.values)
    return row


def _cell(name: str, kind: Kind, many: bool, values: Mapping[str, list[str]]) -> Cell:
    if name.startswith("subsystem_"):
        return _subsystem(name.removeprefix("subsystem_"), values.get("subsystem", []))
    found = values.get(name, [])
    if many:
        return _list(name, found)
    if not found:
        return ABSENT
    text = found[0]
    if kind is Kind.INT:
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else error(f"{text[:40]!r} is not a number")
    if kind is Kind.DURATION:
        return _seconds(text)
    if name in _NONE_IS_ABSENT and text.lower() == "none":
        return ABSENT
    return "prohibit-password" if name == "permitrootlogin" and text == "without-password" else text


def _list(name: str, found: Sequence[str]) -> Cell:
    if name in _COMMA_LISTS:
        return [item for item in found[0].split(",") if item] if found else ABSENT
    return [word for text in found for word in text.split()]


def _seconds(text: str) -> Cell:
    if not _DURATION.fullmatch(text):
        return error(f"{text[:40]!r} is not a time")
    return sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def _subsystem(name: str, lines: Sequence[str]) -> Cell:
    for line in lines:
        key, _, command = line.partition(" ")
        if key == name:
            return command.strip()
    return ABSENT
