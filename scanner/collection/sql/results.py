"""What crosses between a visit to a SQL server and its collectors: replies in, gaps for what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.model.evidence import ABSENT, Absent, Evidence, Gap, Provenance, Query, Row, error, unknown
from scanner.transport.probing import Probed
from scanner.transport.sql import Plain, Reply, Statement

NOT_ASKED = "it was not asked: the statement is not for this version of the server"


@dataclass(frozen=True, slots=True)
class Session:
    """As whom we were there, and what the server said of itself at the beginning."""

    user: str = ""
    version: int = 0
    """160003 for PostgreSQL 16.3, 101119 for MariaDB 10.11.19."""
    superuser: bool = False
    roles: frozenset[str] = frozenset()
    """Every role whose rights we have, ourselves included."""
    database: str = ""
    """Where what is asked once was asked."""
    now: str = ""
    """The server's clock, RFC 3339 in UTC."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Settings of the target in the inventory."""

    def has(self, role: str) -> bool:
        """True when we hold the rights of a role; a superuser holds all."""
        return self.superuser or role in self.roles

    def provenance(self, *statements: Statement) -> Provenance:
        """Give the provenance of evidence that these statements brought."""
        asked = "; ".join(" ".join(each.sql.split()) for each in statements if each.fits(self.version))
        return Provenance(asked=asked, taken_at=self.now, as_user=self.user)


@dataclass(frozen=True, slots=True)
class Results:
    """All replies of a visit."""

    once: Mapping[str, Reply]
    """Name of a statement > its reply, for what is asked once."""
    everywhere: Mapping[str, Mapping[str, Reply]] = field(default_factory=dict)
    """Database > name > reply, for what is asked in every database."""
    closed: Mapping[str, Gap] = field(default_factory=dict)
    """Database > why it could not be entered."""
    probed: Mapping[str, Probed] = field(default_factory=dict)
    """Kind of probe > what became of it, for those that the inventory opted into."""

    def one(self, name: str) -> Reply:
        """Give the reply of a statement that is asked once; one that was not asked carries that failure."""
        return self.once.get(name) or Reply(cut=NOT_ASKED)

    def each(self, name: str) -> Iterator[tuple[str, Reply]]:
        """Iterate over databases that were entered, with their replies to a statement."""
        for database, replies in self.everywhere.items():
            yield database, replies.get(name) or Reply(cut=NOT_ASKED)

    def within(self, database: str, name: str) -> Reply | Gap:
        """Give the reply of a statement that is asked in one named database, or why that could not be entered."""
        if database in self.closed:
            return self.closed[database]
        if database not in self.everywhere:
            return error(f"database {database} was not entered")
        return self.everywhere[database].get(name) or Reply(cut=NOT_ASKED)

    def gap_of(self, name: str, needs: str = "") -> Gap | None:
        """Give why the list that a statement brought from every database is not whole: names each database."""
        gaps = [(database, gap_of(reply, needs)) for database, reply in self.each(name)]
        gaps += list(self.closed.items())
        told = [(database, gap) for database, gap in gaps if gap is not None]
        if not told:
            return None
        reason = "; ".join(f"database {database}: {gap.reason}" for database, gap in told[:20])
        more = f"; and {len(told) - 20} more databases" if len(told) > 20 else ""
        worst = next((gap for _, gap in told if gap.kind is error("").kind), told[0][1])
        return Gap(worst.kind, reason + more, worst.needs)


def gap_of(reply: Reply, needs: str = "") -> Gap | None:
    """Give why a reply is not whole: unknown, with the privilege named, when it was denied; None when it is whole."""
    if reply.failure is not None:
        if reply.failure.denied:
            return unknown(reply.failure.text, needs or None)
        code = f" ({reply.failure.code})" if reply.failure.code else ""
        return error(f"{reply.failure.text}{code}")
    return error(f"the list was cut: {reply.cut}") if reply.cut else None


def text(value: Plain) -> str | Absent:
    """Give a column as a cell of type text; NULL is absent."""
    if value is None:
        return ABSENT
    return ", ".join(value) if isinstance(value, list) else str(value)


def texts(value: Plain) -> list[str] | Absent:
    """Give a column as a cell of type list of text; NULL is absent."""
    if value is None:
        return ABSENT
    return list(value) if isinstance(value, list) else [str(value)]


def whole(value: Plain) -> int | Absent | Gap:
    """Give a column as a cell of type int; NULL is absent, another type a gap."""
    if value is None:
        return ABSENT
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return error(f"not a number: {value!r:.60}")
    try:
        return int(value)
    except (ValueError, OverflowError):
        return error(f"not a number: {value!r:.60}")


def truth(value: Plain) -> bool | Absent | Gap:
    """Give a column as a cell of type bool; NULL is absent, another type a gap."""
    if value is None:
        return ABSENT
    return value if isinstance(value, bool) else error(f"neither true nor false: {value!r:.60}")


def listed(query: Query, rows: Sequence[Row], gap: Gap | None, session: Session, *statements: Statement) -> Evidence:
    """Make the evidence of a list from its rows and what is missing of them."""
    return Evidence(query, tuple(rows), gap, session.provenance(*statements))
