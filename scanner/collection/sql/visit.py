"""Asks a SQL server everything in one session per database, whatever its dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from scanner.collection.answer import Answer, nothing, read_all, shares_of
from scanner.collection.sql.results import Results, Session
from scanner.model.errors import CollectionError
from scanner.model.evidence import Evidence, Gap, Query, error
from scanner.transport.probing import Probed
from scanner.transport.shell import Limits, Stopwatch
from scanner.transport.sql import Reply, SqlAnswer, SqlClient, Statement


class Collector(Protocol):
    """What a collector module offers: which statements it needs, and how to read their replies."""

    FACTS: tuple[str, ...]

    def statements(self, queries: Sequence[Query]) -> list[Statement]:
        """Give the statements that these queries (of this module's facts) take."""

    def answer(self, queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
        """Give one Evidence per query; never raises on odd values.

        A module that reads probes names their kinds in `PROBES`.
        """


@dataclass(frozen=True, slots=True)
class Dialect:
    """What makes one kind of server different from another."""

    collectors: Mapping[str, str]
    """Fact > module, imported on demand."""
    opening: tuple[Statement, ...]
    """Asked first, whatever the facts: who we are, what this is, which databases there are."""
    session: Callable[[Mapping[str, Reply], int, Mapping[str, str]], Session]
    """Makes the session of the opening's replies, the version and the target's options."""
    databases: Callable[[Mapping[str, Reply], Session], tuple[Sequence[str], Mapping[str, Gap]]]
    """Gives the databases to enter beside the first, and those that cannot be entered with the reason."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a server is asked: pure, and equal for equal queries."""

    statements: tuple[Statement, ...]
    shares: tuple[tuple[Collector, tuple[Query, ...]], ...] = field(repr=False)
    """Each collector with its queries."""

    @property
    def text(self) -> bytes:
        """The statements as they are printed for whoever wants to read them first."""
        parts = []
        for each in self.statements:
            versions = " and ".join(
                filter(
                    None,
                    (f"from version {each.since}" if each.since else "", f"before {each.until}" if each.until else ""),
                )
            )
            where = (
                f"in database {each.database}" if each.database else "in every database" if each.everywhere else "once"
            )
            note = ", ".join(filter(None, (where, versions)))
            parts.append(f"-- {each.name}: {note}, at most {each.limit} rows\n{each.sql.strip()};\n")
        return "\n".join(
            [*parts, *(f"-- probe, where the inventory opts into it: {kind}\n" for kind in self.probes)]
        ).encode()

    @property
    def probes(self) -> tuple[str, ...]:
        """Kinds of probes that the collectors read, tried where the inventory opts into them."""
        return tuple(dict.fromkeys(kind for module, _ in self.shares for kind in getattr(module, "PROBES", ())))


def describe(dialect: Dialect, queries: Sequence[Query]) -> Asked:
    """Give the statements that answer these queries; equal ones are asked once.

    Raises ValueError for two different statements of one name in one version.
    """
    shares: tuple[tuple[Collector, tuple[Query, ...]], ...] = shares_of(queries, dialect.collectors)
    merged: dict[tuple[str, int, int], Statement] = {}
    for statement in (*dialect.opening, *(each for module, own in shares for each in module.statements(own))):
        known = merged.setdefault((statement.name, statement.since, statement.until), statement)
        if known != statement:
            raise ValueError(f"{statement.name}: two different statements have this name")
    return Asked(tuple(merged.values()), shares)


def collect(dialect: Dialect, queries: Sequence[Query], client: SqlClient, limits: Limits) -> Answer:
    """Ask a server over its client; whatever goes wrong becomes gaps, never an exception."""
    asked = describe(dialect, queries)
    watch = Stopwatch()
    try:
        first = client.ask("", asked.statements, limits)
    except CollectionError as problem:
        return nothing(queries, problem)
    session = dialect.session(first.replies, first.version, client.options)
    results = _everywhere(dialect, asked, client, limits, watch, first, session)
    results = replace(results, probed=_probed(asked, client, limits, watch))
    return Answer(
        evidence=read_all(queries, asked.shares, results, session),
        now=session.now,
        started=True,
        identity=replace(first.identity, privilege=_privilege(session)),
        clock_offset=_offset(session.now, first.started_at),
    )


def _everywhere(
    dialect: Dialect,
    asked: Asked,
    client: SqlClient,
    limits: Limits,
    watch: Stopwatch,
    first: SqlAnswer,
    session: Session,
) -> Results:
    """Enter the other databases one after the other, each once, within what is left of the time."""
    local = [each for each in asked.statements if each.everywhere]
    named = dict.fromkeys(each.database for each in asked.statements if each.database)
    if not local and not named:
        return Results(first.replies)
    others, closed = dialect.databases(first.replies, session) if local else ((), {})
    inside: dict[str, Mapping[str, Reply]] = {session.database: first.replies}
    shut = dict(closed)
    for database in dict.fromkeys((*others, *named)):
        if database in inside:
            continue
        left = limits.run - watch.seconds
        if left <= 0:
            shut[database] = error("no time was left to enter it")
            continue
        wanted = [each for each in asked.statements if each.database == database]
        wanted += local if database in others else []
        try:
            inside[database] = client.ask(database, wanted, replace(limits, run=left)).replies
        except CollectionError as problem:
            shut[database] = Gap(problem.kind, problem.reason, problem.needs)
    return Results(first.replies, inside, shut)


def _probed(asked: Asked, client: SqlClient, limits: Limits, watch: Stopwatch) -> dict[str, Probed]:
    """Try the probes that the inventory opts into, after everything else."""
    wanted = [kind for kind in client.options.get("probes", "").split(",") if kind in asked.probes]
    left = max(1.0, limits.run - watch.seconds)
    return {kind: client.probe(kind, replace(limits, run=left)) for kind in wanted}


def _privilege(session: Session) -> str:
    return "superuser" if session.superuser else session.user


def _offset(theirs: str, ours: str) -> float | None:
    try:
        return (datetime.fromisoformat(theirs) - datetime.fromisoformat(ours)).total_seconds()
    except (ValueError, TypeError):
        return None
