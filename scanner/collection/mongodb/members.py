"""Collects the members of the server's replica set, as configured and as it sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from scanner.collection.mongodb.replies import Replies, Session, all_documents, documents, gap_of, number, word
from scanner.facts.mongodb.needs import MONITOR
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, error, unknown
from scanner.transport.mongo_commands import Command, Document

FACTS: tuple[str, ...] = ("mongodb.replica_member",)

CONFIG = Command("replica_config", {"replSetGetConfig": 1})
STATE = Command("replica_status", {"replSetGetStatus": 1})
_NO_REPLICATION = "76"


def commands(queries: Sequence[Query]) -> list[Command]:
    """Give the commands that these queries take."""
    return [CONFIG, STATE] if queries else []


def answer(queries: Sequence[Query], replies: Replies, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    rows, gap = _members(replies)
    return [Evidence(query, tuple(rows), gap, session.provenance(CONFIG, STATE)) for query in queries]


def _members(replies: Replies) -> tuple[list[dict[str, Cell]], Gap | None]:
    if word(replies.one("hello").document.get("msg")) == "isdbgrid":
        return [], unknown("mongos does not tell the members of its shards (name them as targets)")
    config, state = replies.one(CONFIG.name), replies.one(STATE.name)
    if config.failure is not None and config.failure.code == _NO_REPLICATION:
        return [], None
    gap = gap_of(config, str(MONITOR))
    found = config.document.get("config")
    listed = found.get("members") if isinstance(found, dict) else None
    if gap is None and not (all_documents(listed) and listed):
        gap = error("replSetGetConfig told no members that can be read")
    if gap is not None:
        return [], gap
    lost = gap_of(state, str(MONITOR))
    seen = {word(each.get("name")): each for each in documents(state.document.get("members"))}
    newest = max((time for each in seen.values() if (time := _time(each)) is not None), default=None)
    return [_member(each, seen, newest, lost) for each in documents(listed)], None


def _member(
    found: Document, seen: Mapping[str, Document], newest: datetime | None, lost: Gap | None
) -> dict[str, Cell]:
    host = word(found.get("host"))
    own = seen.get(host)
    missing = lost or error("replSetGetStatus does not list it")
    votes, delay = number(found.get("votes", 1)), number(found.get("secondaryDelaySecs", found.get("slaveDelay", 0)))
    arbiter = found.get("arbiterOnly") is True
    return {
        "member": host or f"(without a name, number {found.get('_id')})",
        "arbiter": arbiter,
        "hidden": found.get("hidden") is True,
        "votes": error("not a number") if votes is None else votes,
        "delay": error("not a number") if delay is None else delay,
        "state": missing if own is None else word(own.get("stateStr")) or error("no state is told"),
        "healthy": missing if own is None else number(own.get("health")) == 1,
        "lag": ABSENT if arbiter else missing if own is None else _lag(own, newest),
    }


def _time(member: Document) -> datetime | None:
    try:
        return datetime.fromisoformat(word(member.get("optimeDate")))
    except ValueError:
        return None


def _lag(member: Document, newest: datetime | None) -> Cell:
    own = _time(member)
    if own is None or newest is None:
        return error("the time of its newest data is not told")
    return (newest - own).total_seconds()
