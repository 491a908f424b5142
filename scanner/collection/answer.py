"""What every platform's `collect` gives back: the evidence of one visit, and what was odd about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol, TypeVar

from scanner.model.errors import CollectionError, UnreachableError
from scanner.model.evidence import Evidence, Gap, Identity, Query, error

Replies_contra = TypeVar("Replies_contra", contravariant=True)
Met_contra = TypeVar("Met_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """All evidence of one visit to an endpoint, in the order of the queries."""

    evidence: tuple[Evidence, ...]
    now: str = ""
    """The target's clock (RFC 3339, UTC) when it was asked; empty when it did not say."""
    notes: tuple[str, ...] = ()
    gap: Gap | None = None
    """Why nothing, or not everything, arrived; None when the answer is whole."""
    started: bool = False
    """True when the target was asked anything at all."""
    identity: Identity = field(default_factory=Identity)
    clock_offset: float | None = None
    """Target's clock minus ours in seconds; None where it did not tell."""
    unreachable: bool = False
    """True when the endpoint was out of reach, so that a second round may find it."""


def nothing(queries: Sequence[Query], problem: CollectionError) -> Answer:
    """Give the answer of an endpoint that could not be asked at all: the same gap for every query."""
    gap = Gap(problem.kind, problem.reason, problem.needs)
    lost = tuple(Evidence(query, gap=gap) for query in queries)
    return Answer(lost, gap=gap, unreachable=isinstance(problem, UnreachableError))


def shares_of(queries: Iterable[Query], collectors: Mapping[str, str]) -> tuple[tuple[Any, tuple[Query, ...]], ...]:
    """Give each collector module with its queries, equal ones once; `collectors` is fact > module.

    Modules are imported here and not before, and facts that are not in the table are left out.
    """
    grouped: dict[str, list[Query]] = {}
    for query in sorted(set(queries), key=str):
        if query.fact in collectors:
            grouped.setdefault(collectors[query.fact], []).append(query)
    return tuple((import_module(module), tuple(own)) for module, own in grouped.items())


class Reader(Protocol[Replies_contra, Met_contra]):
    """A collector module as far as it reads what came back."""

    def answer(self, queries: Sequence[Query], replies: Replies_contra, session: Met_contra, /) -> list[Evidence]:
        """Give one Evidence per query."""


def read_all(
    queries: Sequence[Query],
    shares: Iterable[tuple[Reader[Replies_contra, Met_contra], Sequence[Query]]],
    replies: Replies_contra,
    session: Met_contra,
) -> tuple[Evidence, ...]:
    """Let each collector read its share; give the evidence in the order of the queries.

    A collector that breaks is our fault and makes its own facts an error gap, nobody else's.
    """
    found: dict[Query, Evidence] = {}
    for module, own in shares:
        try:
            answers = module.answer(own, replies, session)
        except Exception as bug:
            reason = f"our collector stumbled over the answer: {type(bug).__name__}: {str(bug)[:200]}"
            answers = [Evidence(query, gap=error(reason)) for query in own]
        found.update((evidence.query, evidence) for evidence in answers)
    nobody = error("no collector of this platform answers this fact")
    return tuple(found.get(query) or Evidence(query, gap=nobody) for query in queries)
