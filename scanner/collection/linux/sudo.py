"""Collects what sudo allows to whom, and how it behaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sudo_files import Placed, Policy, policy
from scanner.collection.linux.sudo_grammar import Alias, Command, Default, Rule
from scanner.collection.linux.sudo_script import FILES, VERSION
from scanner.collection.linux.sudo_settings import Program, program, seconds, settings
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

FACTS: tuple[str, ...] = ("linux.sudo_default", "linux.sudo_rule", "linux.sudo_settings")

_ASKED = "cat /etc/sudoers and what it includes; sudo -V"
_MOST = 20_000
_MOST_MEMBERS = 1000
_OPERATORS: Mapping[str, Cell] = {"=": "=", "+": "+=", "-": "-="}


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the two probes that all facts of sudo share."""
    return [FILES, VERSION] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read the files and `sudo -V`: one Evidence per query."""
    sudo = program(output_of(outputs, VERSION.name))
    read = policy(output_of(outputs, FILES.name), sudo.options)
    _check(read, sudo)
    provenance = session.provenance(_ASKED)
    found = []
    for query in queries:
        if query.fact == "linux.sudo_settings":
            found.append(Evidence(query, (settings(read, sudo),), None, provenance))
            continue
        told = _defaults(read) if query.fact == "linux.sudo_default" else _rules(read)
        rows = tuple(islice(told, _MOST + 1))
        gap = read.gap or (error(f"there are more than {_MOST} rows") if len(rows) > _MOST else None)
        found.append(Evidence(query, rows[:_MOST], gap, provenance))
    return found


def _check(read: Policy, sudo: Program) -> None:
    """Name what makes the files another policy than the one in force."""
    if sudo.path not in ("", "/etc/sudoers"):
        read.gaps.append(error(f"sudo reads {sudo.path}, not /etc/sudoers"))
    if read.installed and isinstance(sudo.version, Gap):
        read.gaps.append(sudo.version)
    aliases: set[tuple[str, str]] = set()
    for placed in read.entries:
        if isinstance(placed.entry, Alias):
            name = (placed.entry.kind, placed.entry.name)
            if name in aliases:
                read.gaps.append(error(f"{placed.file}:{placed.entry.line}: the alias is defined a second time"))
            aliases.add(name)


def _defaults(read: Policy) -> Iterator[Row]:
    lines = [(placed, placed.entry) for placed in read.entries if isinstance(placed.entry, Default)]
    last = {entry.name: place for place, (_, entry) in enumerate(lines) if entry.scope == "global"}
    for place, (placed, entry) in enumerate(lines):
        wins = entry.scope == "command" or place >= last.get(entry.name, 0)
        yield {
            "scope": " ".join(filter(None, (entry.scope, ", ".join(entry.members)))),
            "name": entry.name,
            "value": entry.value if entry.operator in _OPERATORS else ABSENT,
            "operator": _OPERATORS.get(entry.operator, ABSENT),
            "negated": entry.operator == "!",
            "duration": _duration(entry),
            "winning": read.gap if read.gap is not None and wins else wins,
            "file": placed.file,
            "line": entry.line,
        }


def _duration(entry: Default) -> Cell:
    if entry.name != "timestamp_timeout":
        return ABSENT
    return 0 if entry.operator == "!" else seconds(entry.value)


def _rules(read: Policy) -> Iterator[Row]:
    members = {
        placed.entry.name: placed.entry.members
        for placed in reversed(read.entries)
        if isinstance(placed.entry, Alias) and placed.entry.kind == "user"
    }
    for placed in read.entries:
        if isinstance(placed.entry, Rule):
            users = _expanded(placed.entry.users, members)
            for command in placed.entry.commands:
                yield _row(placed, placed.entry, command, users)


def _row(placed: Placed, rule: Rule, command: Command, users: list[str]) -> Row:
    return {
        "who": ", ".join(rule.users),
        "users": users,
        "hosts": list(rule.hosts),
        "runas": _runas(command),
        "command": command.text,
        "nopasswd": command.tags.get("PASSWD") is False,
        "tags": [tag if switched else f"NO{tag}" for tag, switched in command.tags.items()],
        "file": placed.file,
        "line": command.line,
    }


def _runas(command: Command) -> Cell:
    if command.runas_users is None:
        return ABSENT
    groups = ":" + ", ".join(command.runas_groups) if command.runas_groups else ""
    return ", ".join(filter(None, command.runas_users)) + groups


def _expanded(users: Sequence[str], members: Mapping[str, Sequence[str]]) -> list[str]:
    """Replace aliases by their members; one that is not defined, that names itself, or grows too long stays as it is."""
    found: list[str] = []
    waiting = [(user, frozenset[str]()) for user in reversed(users)]
    while waiting:
        if len(found) + len(waiting) > _MOST_MEMBERS:
            return list(users)
        user, above = waiting.pop()
        name = user.removeprefix("!")
        if name not in members or name in above:
            found.append(user)
            continue
        for member in reversed(members[name]):
            negated = user.startswith("!") != member.startswith("!")
            waiting.append((("!" if negated else "") + member.removeprefix("!"), above | {name}))
    return found
