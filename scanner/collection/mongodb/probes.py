"""Tells what became of connections that should be refused."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.mongodb.replies import Replies, Session
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, error
from scanner.transport.mongo_commands import Command

FACTS: tuple[str, ...] = ("mongodb.probe",)


def commands(queries: Sequence[Query]) -> list[Command]:
    """Give no command: each probe is a connection of its own."""
    del queries
    return []


def answer(queries: Sequence[Query], replies: Replies, session: Session) -> list[Evidence]:
    """Give what was found out; a probe that the inventory does not ask for is not present."""
    del replies
    return [_probe(query, session) for query in queries]


def _probe(query: Query, session: Session) -> Evidence:
    name = str(query.parameters["name"])
    tried = session.tried.get(name)
    provenance = session.provenance()
    if tried is None:
        row: dict[str, Cell] = {"name": name, "present": False, "accepted": ABSENT, "says": ABSENT}
        return Evidence(query, (row,), None, provenance)
    accepted = error(f"the probe {name} was not decided: {tried.says}") if tried.accepted is None else tried.accepted
    return Evidence(
        query, ({"name": name, "present": True, "accepted": accepted, "says": tried.says},), None, provenance
    )
