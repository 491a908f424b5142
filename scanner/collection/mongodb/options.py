"""Collects start-up options in force, and run-time parameters."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.mongodb.option_values import CMDLINE, Options, typed
from scanner.collection.mongodb.replies import Replies, Session, gap_of
from scanner.facts.mongodb.needs import MONITOR
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query
from scanner.transport.mongo_commands import Command

FACTS: tuple[str, ...] = ("mongodb.option", "mongodb.parameter")

PARAMETERS = "parameters"
_NONE_OF_THEM = "72"
"""What getParameter says when it knows none of the names."""


def commands(queries: Sequence[Query]) -> list[Command]:
    """Give the commands that these queries take: all parameters are asked at once."""
    asked = [CMDLINE] if any(query.fact == "mongodb.option" for query in queries) else []
    command = _parameters(queries)
    return [*asked, command] if command else asked


def _parameters(queries: Sequence[Query]) -> Command | None:
    names = sorted({_name(query) for query in queries if query.fact == "mongodb.parameter"} - {"getParameter"})
    return Command(PARAMETERS, {"getParameter": 1, **dict.fromkeys(names, 1)}) if names else None


def answer(queries: Sequence[Query], replies: Replies, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    options = Options.of(replies, session)
    command = _parameters(queries)
    return [
        _option(query, options, session)
        if query.fact == "mongodb.option"
        else _parameter(query, replies, session, command)
        for query in queries
    ]


def _name(query: Query) -> str:
    return str(query.parameters["name"])


def _option(query: Query, options: Options, session: Session) -> Evidence:
    name = _name(query)
    provenance = session.provenance(CMDLINE)
    if options.gap is not None:
        return Evidence(query, (), options.gap, provenance)
    value = options.value(name)
    row: dict[str, Cell] = {
        "name": name,
        "present": value if isinstance(value, Gap) else value is not None,
        **typed(value, name),
        "given": name in options.given,
    }
    return Evidence(query, (row,), None, provenance)


def _parameter(query: Query, replies: Replies, session: Session, command: Command | None) -> Evidence:
    name = _name(query)
    reply = replies.one(PARAMETERS)
    provenance = session.provenance(*(each for each in (command,) if each))
    failed = reply.failure is not None
    unheard = reply.failure is not None and reply.failure.code == _NONE_OF_THEM
    gap = gap_of(reply, str(MONITOR))
    if failed and not unheard and gap is not None:
        return Evidence(query, (), gap, provenance)
    if name in reply.document and name != "ok":
        return Evidence(
            query, ({"name": name, "present": True, **typed(reply.document[name], name)},), None, provenance
        )
    if gap is not None and not unheard:
        return Evidence(query, (), gap, provenance)
    none: dict[str, Cell] = dict.fromkeys(("value", "enabled", "number", "items"), ABSENT)
    return Evidence(query, ({"name": name, "present": False, **none},), None, provenance)
