"""What crosses between a visit to a MongoDB server and its collectors: replies in, gaps for what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from scanner.model.evidence import Evidence, Gap, Provenance, Query, error, unknown
from scanner.transport.mongo_commands import Command, Document, MongoReply, Value
from scanner.transport.probing import Probed

NOT_FOUND = "59"
"""The server has no such command."""


@dataclass(frozen=True, slots=True)
class Session:
    """As whom we were there, and what the server said of itself at the beginning."""

    logins: tuple[str, ...] = ()
    """Database and name of each login, such as `admin.scanner`; empty without one."""
    privileges: tuple[Document, ...] | None = None
    """Our privileges as connectionStatus tells them; None when it did not."""
    version: str = ""
    major: int = 0
    now: str = ""
    """The server's clock, RFC 3339 in UTC."""
    address: str = ""
    encrypted: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    """Settings of the target in the inventory."""

    def may(self, action: str) -> bool:
        """True when we hold an action on the cluster, or on everything; only what the server told counts."""
        return any(
            {action, "anyAction"} & set(strings(each.get("actions"))) and _wide(each.get("resource"))
            for each in self.privileges or ()
        )

    def provenance(self, *commands: Command) -> Provenance:
        """Give the provenance of evidence that these commands brought."""
        return Provenance(asked="; ".join(map(str, commands)), taken_at=self.now, as_user=", ".join(self.logins))


def _wide(resource: Value) -> bool:
    if not isinstance(resource, dict):
        return False
    return resource.get("cluster") is True or resource.get("anyResource") is True


class Collector(Protocol):
    """What a collector module offers: which commands it needs, and how to read their replies."""

    FACTS: tuple[str, ...]

    def commands(self, queries: Sequence[Query]) -> list[Command]:
        """Give the commands that these queries (of this module's facts) take."""

    def answer(self, queries: Sequence[Query], replies: Replies, session: Session) -> list[Evidence]:
        """Give one Evidence per query; never raises on odd values.

        A module that reads probes names their kinds in `PROBES`.
        """


@dataclass(frozen=True, slots=True)
class Replies:
    """All replies of a visit."""

    found: Mapping[str, MongoReply]
    probed: Mapping[str, Probed] = field(default_factory=dict)
    """Kind of probe > what became of it, for those that the inventory opted into."""

    def one(self, name: str) -> MongoReply:
        """Give the reply to a command; one that was not sent is cut."""
        return self.found.get(name) or MongoReply(cut="it was not asked")


def gap_of(reply: MongoReply, needs: str = "") -> Gap | None:
    """Give why a reply is not whole: unknown, with the privilege named, when it was denied; None when it is whole."""
    if reply.failure is not None:
        if reply.failure.denied:
            return unknown(reply.failure.text, needs or None)
        code = f" ({reply.failure.code})" if reply.failure.code else ""
        return error(f"{reply.failure.text}{code}")
    return error(f"the reply was cut: {reply.cut}") if reply.cut else None


def strings(value: Value) -> list[str]:
    """Give the texts of a list; what is no list, or no text in it, is left out."""
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []


def documents(value: Value) -> Iterator[dict[str, Value]]:
    """Iterate over the documents of a list."""
    if isinstance(value, list):
        yield from (part for part in value if isinstance(part, dict))


def all_documents(value: Value) -> bool:
    """True for a list in which everything is a document."""
    return isinstance(value, list) and all(isinstance(part, dict) for part in value)


def word(value: Value) -> str:
    """Give a text; anything else is empty."""
    return value if isinstance(value, str) else ""


def number(value: Value) -> int | None:
    """Give a whole number, also where it came as a double; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value == value and abs(value) < 2**63 else None
