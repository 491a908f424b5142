"""Rows of facts with what is missing of them, gathered piece by piece into the answer of a visit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, cast

from scanner.collection.answer import Answer
from scanner.collection.exported.values import seconds_between
from scanner.model.errors import CollectionError, UnreachableError
from scanner.model.evidence import Cell, Evidence, Gap, Identity, Provenance, Query, Row, error
from scanner.model.outcome import Outcome
from scanner.transport.api import Api
from scanner.transport.dropped import Folder
from scanner.transport.errors import plain
from scanner.transport.shell import Stopwatch


def joined(gaps: Iterable[Gap]) -> Gap | None:
    """Make one gap of many: an error if one is, and the first reasons; None when there are none."""
    several = list(dict.fromkeys(gaps))
    if len(several) < 2:
        return several[0] if several else None
    kind = Outcome.ERROR if any(each.kind is Outcome.ERROR for each in several) else Outcome.UNKNOWN
    more = f"; and {len(several) - 4} more" if len(several) > 4 else ""
    needs = list(dict.fromkeys(each.needs for each in several if each.needs))
    return Gap(kind, "; ".join(each.reason for each in several[:4]) + more, ", ".join(needs[:6]) or None)


@dataclass(slots=True)
class Listing:
    """Rows of one fact, and why they may not be all."""

    rows: list[Row] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def lacks(self, *gaps: Gap | None) -> None:
        """Note why rows may be missing; None is nothing."""
        self.gaps += [gap for gap in gaps if gap is not None]


@dataclass(slots=True)
class Told:
    """Everything that a system told in one visit."""

    facts: dict[str, Listing] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    asked: str = ""
    """How it was asked, as a person could repeat it."""
    now: str = ""
    """Its clock; empty when it did not say."""
    gap: Gap | None = None
    """Why nothing at all was told."""

    def of(self, fact: str) -> Listing:
        """Give the listing of a fact, begun if need be."""
        return self.facts.setdefault(fact, Listing())

    def lost(self, facts: Iterable[str], gap: Gap | None) -> None:
        """Note for several facts that rows may be missing."""
        for fact in facts:
            self.of(fact).lacks(gap)


def answered(
    queries: Sequence[Query],
    facts: Sequence[str],
    begun: str,
    tell: Callable[[], Told],
    identity: Callable[[], Identity],
) -> Answer:
    """Let a platform tell everything, and share it out to the queries; whatever goes wrong becomes gaps.

    `facts` are those that the platform knows, `begun` is our clock at the beginning.
    """
    try:
        told = tell()
    except CollectionError as problem:
        gap = Gap(problem.kind, problem.reason, problem.needs)
        unreachable = isinstance(problem, UnreachableError)
        return Answer(tuple(Evidence(query, gap=gap) for query in queries), gap=gap, unreachable=unreachable)
    except Exception as problem:
        gap = error(f"our collector stumbled over the answer: {type(problem).__name__}: {str(problem)[:200]}")
        return Answer(tuple(Evidence(query, gap=gap) for query in queries), started=True, identity=identity())
    return Answer(
        tuple(_share(query, facts, told, begun) for query in queries),
        now=told.now,
        notes=tuple(told.notes),
        started=True,
        identity=identity(),
        clock_offset=seconds_between(begun, told.now) if told.now else None,
    )


S = TypeVar("S")


def asked_or_read(
    queries: Sequence[Query],
    facts: Sequence[str],
    client: Api | Folder,
    now: str,
    ask: Callable[[Api, str], S],
    read: Callable[[Folder, str], S],
    tell: Callable[[S, str], Told],
) -> Answer:
    """Ask a system over its API, or read the files that it left in a folder, whichever the client is.

    `now` is our clock, that of the call when it is empty; whatever goes wrong becomes gaps, never an exception.
    """
    begun = now or Stopwatch().started_at
    if hasattr(client, "files"):
        folder = cast("Folder", client)
        where = Identity(address=folder.settings.get("folder", ""))
        return answered(queries, facts, begun, lambda: tell(read(folder, begun), begun), lambda: where)
    api = client
    return answered(queries, facts, begun, lambda: tell(ask(api, begun), begun), lambda: api.identity)


KEYS = {
    "backup.restore_point": ("object", "location", "point"),
    "backup.object": ("object",),
    "backup.job": ("job",),
    "backup.run": ("run",),
    "backup.location": ("location",),
    "backup.usage": ("location",),
    "recovery.drill": ("drill",),
}
"""By what rows are told apart, beside their system: one that lacks it cannot stand."""


def _share(query: Query, facts: Sequence[str], told: Told, begun: str) -> Evidence:
    if query.fact not in facts:
        return Evidence(query, gap=error("no collector of this platform answers this fact"))
    listing = told.facts.get(query.fact, Listing())
    provenance = Provenance(asked=told.asked, taken_at=told.now or begun)
    if told.gap is not None:
        return Evidence(query, gap=_harmless_gap(told.gap), provenance=provenance)
    keys = KEYS.get(query.fact, ())
    rows = [row for row in listing.rows if all(isinstance(row[key], str) and row[key] for key in keys)]
    gaps = list(listing.gaps)
    if len(rows) < len(listing.rows):
        lost = next(key for row in listing.rows for key in keys if not (isinstance(row[key], str) and row[key]))
        gaps.append(error(f"{len(listing.rows) - len(rows)} lack what tells them apart ({lost}), and were left out"))
    told_rows = tuple({name: _harmless(cell) for name, cell in row.items()} for row in rows)
    return Evidence(query, told_rows, _harmless_gap(joined(gaps)), provenance)


def _harmless(cell: Cell) -> Cell:
    return _harmless_gap(cell) or cell if isinstance(cell, Gap) else cell


def _harmless_gap(gap: Gap | None) -> Gap | None:
    """Make the foreign words in a reason fit for one line."""
    if gap is None or (gap.reason and gap.reason.isprintable()):
        return gap
    return Gap(gap.kind, plain(gap.reason) or "no reason was given", gap.needs)
