"""The contract of the transport that asks a MongoDB server: commands in, plain documents back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, TypeAlias

from scanner.model.evidence import Identity
from scanner.transport.probing import Probed
from scanner.transport.shell import Limits
from scanner.transport.sql import Failure

Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"] | None
"""What a field holds once it has crossed: times are RFC 3339 in UTC, other kinds of BSON text."""
Document: TypeAlias = Mapping[str, Value]

_ANY = None
READING: Mapping[str, frozenset[str] | None] = MappingProxyType(
    {
        "hello": frozenset(),
        "buildInfo": frozenset(),
        "connectionStatus": frozenset({"showPrivileges"}),
        "getCmdLineOpts": frozenset(),
        "getParameter": _ANY,
        "getLog": frozenset(),
        "getAuditConfig": frozenset(),
        "replSetGetConfig": frozenset(),
        "replSetGetStatus": frozenset(),
        "usersInfo": frozenset(),
        "find": frozenset({"projection", "limit", "batchSize"}),
    }
)
"""Command > the options that may go with it; none of them changes anything, and nothing else is ever sent."""
_FINDABLE = ("admin", "system.roles")
"""The one collection that is read."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command, printed as it is sent; the first key of the document is its name on the wire."""

    name: str
    """How its reply is called among the replies."""
    document: Mapping[str, Value]
    database: str = "admin"

    def __str__(self) -> str:
        """Render as it is written in mongosh: `db.getSiblingDB("admin").runCommand({"hello": 1})`."""
        return f'db.getSiblingDB("{self.database}").runCommand({json.dumps(self.document)})'

    @property
    def forbidden(self) -> str:
        """Why it must not be sent; empty for a command that only reads."""
        word, *options = self.document
        if word not in READING:
            return f"{word} is not among the commands that only read"
        if word == "find" and (self.database, self.document[word]) != _FINDABLE:
            return f"only {'.'.join(_FINDABLE)} is ever read"
        known = READING[word]
        odd = [] if known is None else sorted(set(options) - known)
        return f"{word} is not sent with {', '.join(odd)}" if odd else ""


@dataclass(frozen=True, slots=True)
class MongoReply:
    """What became of one command."""

    document: Document = field(default_factory=dict)
    failure: Failure | None = None
    """`code` is the number of the server's error; empty for what it did not say."""
    cut: str = ""
    """Why parts are missing (too deep, too much); empty when all is there."""


@dataclass(frozen=True, slots=True)
class MongoAnswer:
    """What one connection brought back."""

    replies: Mapping[str, MongoReply]
    """Name of a command > its reply; `hello` is always among them."""
    identity: Identity = field(default_factory=Identity)
    encrypted: bool = False
    """True when the connection was over TLS."""
    started_at: str = ""
    """By our clock, RFC 3339 in UTC."""
    seconds: float = 0.0


class MongoClient(Protocol):
    """One way to one server; made by `table.open_client`, used by one thread at a time."""

    options: Mapping[str, str]
    """Settings of the target that a collector needs: `managed`, `probes`."""

    def ask(self, commands: Sequence[Command], limits: Limits) -> MongoAnswer:
        """Log in where a user is given, send the commands in order, hang up.

        A command that fails does not disturb the others. Raises a CollectionError when no login came about, and
        ValueError for a command that may change something.
        """

    def probe(self, kind: str, limits: Limits) -> Probed:
        """Try a connection of a kind that should be refused, or look at the certificate; never raises.

        Kinds are `plaintext`, `unauthenticated`, `old-tls` and `certificate`; only those are tried that the
        inventory opted into.
        """

    def close(self) -> None:
        """Break off what is under way; harmless when nothing is."""
