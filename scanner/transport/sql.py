"""The contract of all transports that ask a database server: statements in, plain rows back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from scanner.model.evidence import Identity
from scanner.transport.probing import Probed
from scanner.transport.shell import Limits

Plain: TypeAlias = str | int | float | bool | list[str] | None
"""What a column holds once it has crossed: times are RFC 3339 in UTC, intervals seconds, arrays lists of text."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT, printed as it is sent.

    `everywhere` asks it in every database instead of once; `since` and `until` bound the versions of the server
    that it is for (160000 for PostgreSQL 16, 101100 for MariaDB 10.11; `until` is exclusive, 0 for no bound).
    Several statements of one name must not overlap in versions.
    """

    name: str
    sql: str
    limit: int = 20_000
    """Most rows that are read."""
    everywhere: bool = False
    since: int = 0
    until: int = 0
    database: str = ""
    """The one database in which it is asked; empty for the first, or for all with `everywhere`."""

    def fits(self, version: int) -> bool:
        """True when the statement is for a server of this version."""
        return self.since <= version and (not self.until or version < self.until)

    def belongs(self, database: str) -> bool:
        """True when a session in this database is to ask it."""
        return self.database in ("", database)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a statement gave no, or not every, row; `denied` when a privilege was missing."""

    code: str
    """SQLSTATE or error number; empty for what the server did not say."""
    text: str
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one statement."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Plain, ...], ...] = ()
    failure: Failure | None = None
    cut: str = ""
    """Why rows are missing at the end (row limit, size limit, deadline); empty when they are all there."""

    @property
    def dicts(self) -> Iterator[dict[str, Plain]]:
        """Iterate over the rows as column > value."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


@dataclass(frozen=True, slots=True)
class SqlAnswer:
    """What one session in one database brought back."""

    replies: Mapping[str, Reply]
    """Name of a statement > its reply; those for other versions are not there."""
    version: int = 0
    """As the server tells it: 160003 for PostgreSQL 16.3, 101119 for MariaDB 10.11.19."""
    identity: Identity = field(default_factory=Identity)
    started_at: str = ""
    """By our clock, RFC 3339 in UTC."""
    seconds: float = 0.0


class SqlClient(Protocol):
    """One way to one server; made by `table.open_client`, used by one thread at a time."""

    options: Mapping[str, str]
    """Settings of the target that a collector needs: `databases`, `managed`, `probes`."""

    def ask(self, database: str, statements: Sequence[Statement], limits: Limits) -> SqlAnswer:
        """Open one read-only session in a database (empty: the target's own), ask in order, close it.

        A statement that fails does not disturb the others. Raises a CollectionError when no session came about.
        """

    def probe(self, kind: str, limits: Limits) -> Probed:
        """Try a connection of a kind that should be refused, or look at the certificate; never raises.

        Kinds are `plaintext`, `old-tls` and `certificate`; only those are tried that the inventory opted into.
        """

    def close(self) -> None:
        """Break off a session that is under way; harmless when there is none."""
