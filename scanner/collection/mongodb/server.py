"""Asks a MongoDB server everything over one connection, by commands that only read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from scanner.collection.answer import Answer, nothing, read_all, shares_of
from scanner.collection.mongodb.grants import grants
from scanner.collection.mongodb.replies import Collector, Replies, Session, documents, gap_of, word
from scanner.collection.mongodb.table import COLLECTORS
from scanner.model.errors import CollectionError
from scanner.model.evidence import Query
from scanner.transport.mongo_commands import Command, MongoAnswer, MongoClient, MongoReply
from scanner.transport.probing import Probed
from scanner.transport.shell import Limits, Stopwatch

__all__ = ["COMMENT", "collect", "describe", "grants"]

COMMENT = "//"
"""What begins a comment in the commands that are printed."""

HELLO = Command("hello", {"hello": 1})
BUILD = Command("build", {"buildInfo": 1})
STATUS = Command("status", {"connectionStatus": 1, "showPrivileges": True})


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a server is asked: pure, and equal for equal queries."""

    commands: tuple[Command, ...]
    shares: tuple[tuple[Collector, tuple[Query, ...]], ...] = field(repr=False)
    """Each collector with its queries."""

    @property
    def text(self) -> bytes:
        """The commands as they are printed for whoever wants to read them first; mongosh takes them as they are."""
        lines = [f"// {each.name}\n{each};\n" for each in self.commands]
        lines += [f"// probe, where the inventory opts into it: {kind}\n" for kind in self.probes]
        return "\n".join(lines).encode()

    @property
    def probes(self) -> tuple[str, ...]:
        """Kinds of probes that the collectors read, tried where the inventory opts into them."""
        return tuple(dict.fromkeys(kind for module, _ in self.shares for kind in getattr(module, "PROBES", ())))


def describe(queries: Sequence[Query]) -> Asked:
    """Give the commands that answer these queries; equal ones are asked once.

    Raises ValueError for two different commands of one name.
    """
    shares: tuple[tuple[Collector, tuple[Query, ...]], ...] = shares_of(queries, COLLECTORS)
    merged: dict[str, Command] = {}
    for command in (HELLO, BUILD, STATUS, *(each for module, own in shares for each in module.commands(own))):
        known = merged.setdefault(command.name, command)
        if known != command:
            raise ValueError(f"{command.name}: two different commands have this name")
    return Asked(tuple(merged.values()), shares)


def collect(queries: Sequence[Query], client: MongoClient, limits: Limits) -> Answer:
    """Ask the server; whatever goes wrong becomes gaps, never an exception."""
    asked = describe(queries)
    watch = Stopwatch()
    try:
        # The client says hello by itself.
        found = client.ask([each for each in asked.commands if each.name != HELLO.name], limits)
    except CollectionError as problem:
        return nothing(queries, problem)
    session = session_of(found, client.options)
    replies = Replies(found.replies, _probed(asked, client, limits, watch))
    return Answer(
        evidence=read_all(queries, asked.shares, replies, session),
        now=session.now,
        started=True,
        identity=replace(found.identity, privilege=found.identity.user),
        clock_offset=_offset(session.now, found.started_at),
    )


def session_of(found: MongoAnswer, options: Mapping[str, str]) -> Session:
    """Make the session from what the server said; what it would not say counts as no privilege."""
    hello = found.replies.get(HELLO.name, MongoReply()).document
    build = found.replies.get(BUILD.name, MongoReply()).document
    status = found.replies.get(STATUS.name, MongoReply())
    info = status.document.get("authInfo")
    told = info if isinstance(info, dict) else {}
    version = word(build.get("version"))
    major = version.partition(".")[0]
    return Session(
        logins=tuple(
            f"{word(each.get('db'))}.{word(each.get('user'))}" for each in documents(told.get("authenticatedUsers"))
        ),
        privileges=tuple(documents(told["authenticatedUserPrivileges"]))
        if "authenticatedUserPrivileges" in told and gap_of(status) is None
        else None,
        version=version,
        major=int(major) if major.isdecimal() and len(major) < 5 else 0,
        now=_time(word(hello.get("localTime"))),
        address=found.identity.address,
        encrypted=found.encrypted,
        options=options,
    )


def _probed(asked: Asked, client: MongoClient, limits: Limits, watch: Stopwatch) -> dict[str, Probed]:
    """Try the probes that the facts ask for and the inventory opted into, within what is left of the time."""
    wanted = {name.strip() for name in client.options.get("probes", "").split(",")}
    found: dict[str, Probed] = {}
    for kind in asked.probes:
        if kind not in wanted:
            continue
        left = limits.connect + limits.auth + limits.run - watch.seconds
        late = Probed(kind, detail="no time was left to try it")
        found[kind] = client.probe(kind, replace(limits, connect=min(limits.connect, left))) if left > 0 else late
    return found


def _time(text: str) -> str:
    """Give a time as it is kept, or nothing when the server's is none."""
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007
    except ValueError:
        return ""
    return text


def _offset(theirs: str, ours: str) -> float | None:
    try:
        return (datetime.fromisoformat(theirs) - datetime.fromisoformat(ours)).total_seconds()
    except (ValueError, TypeError):
        return None
