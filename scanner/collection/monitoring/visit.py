"""One visit to an HTTP API: every path is asked once, and what fails becomes a gap of the facts that need it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scanner.collection.answer import Answer, nothing
from scanner.collection.monitoring.cells import masked
from scanner.model.errors import CollectionError
from scanner.model.evidence import Evidence, Gap, Provenance, Query, Row, error, unknown
from scanner.transport.api import Api, Response
from scanner.transport.shell import Limits

_FEWEST_SECONDS = 5.0


@dataclass(slots=True)
class Visit:
    """What was asked so far; after the first break of the connection nothing more is."""

    client: Api
    deadline: float
    now: str = ""
    """The server's clock at the first answer."""
    here: str = ""
    """Our clock at that moment."""
    asked: dict[tuple[str, tuple[tuple[str, str], ...]], Response] = field(default_factory=dict)
    broken: CollectionError | None = None

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Response:
        """Ask for a path once; never raises."""
        key = (path, tuple(sorted((parameters or {}).items())))
        if key not in self.asked:
            self.asked[key] = self._get(path, parameters)
        return self.asked[key]

    def _get(self, path: str, parameters: Mapping[str, str] | None) -> Response:
        if self.broken is not None:
            return Response(failure=f"not asked any more: {self.broken.reason}")
        if time.monotonic() > self.deadline:
            return Response(failure="not asked: the time for this server was used up")
        try:
            response = self.client.get(path, parameters)
        except CollectionError as problem:
            self.broken = problem
            return Response(failure=problem.reason)
        if not self.now and response.server_time:
            self.now = response.server_time
            self.here = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return response

    @property
    def offset(self) -> float | None:
        """The server's clock minus ours in seconds; None where it did not tell."""
        try:
            return (datetime.fromisoformat(self.now) - datetime.fromisoformat(self.here)).total_seconds()
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Told:
    """What a collector made of the answers."""

    rows: tuple[Row, ...] = ()
    gap: Gap | None = None
    paths: tuple[str, ...] = ()


Part = Callable[[Visit], Told]


def gap_of(response: Response, path: str) -> Gap | None:
    """Tell why a response cannot be used; None when it can."""
    if response.denied:
        return unknown(f"{path}: the server refuses it", f"read access to {path}")
    if response.failure:
        return error(f"{path}: {masked(response.failure)}")
    if response.missing:
        return error(f"{path}: the server does not know it")
    return None


def collect(parts: Mapping[str, Part], queries: Sequence[Query], client: Api, limits: Limits) -> Answer:
    """Answer the queries fact by fact; whatever goes wrong becomes gaps, never an exception."""
    visit = Visit(client, time.monotonic() + max(limits.run, _FEWEST_SECONDS))
    evidence = tuple(_answer(parts, query, visit) for query in queries)
    lost = visit.broken
    gap = Gap(lost.kind, lost.reason, lost.needs) if lost is not None else None
    if lost is not None and all(each.status == 0 for each in visit.asked.values()):
        return nothing(queries, lost)
    return Answer(
        evidence,
        now=visit.now,
        gap=gap,
        started=bool(visit.asked),
        identity=client.identity,
        clock_offset=visit.offset,
    )


def _answer(parts: Mapping[str, Part], query: Query, visit: Visit) -> Evidence:
    part = parts.get(query.fact)
    if part is None:
        return Evidence(query, gap=error("no collector of this platform answers this fact"))
    try:
        told = part(visit)
    except Exception as problem:
        said = masked(str(problem), 200)
        return Evidence(query, gap=error(f"our collector stumbled over the answer: {type(problem).__name__}: {said}"))
    provenance = Provenance(
        asked=", ".join(f"GET {path}" for path in told.paths),
        taken_at=visit.now or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        as_user=visit.client.identity.user,
    )
    return Evidence(query, told.rows, told.gap, provenance)


def listed(value: Any, most: int) -> tuple[list[dict[str, Any]], Gap | None]:
    """Give the objects of a JSON list, at most so many; a gap when it is none or holds something else."""
    if not isinstance(value, list):
        return [], error("the answer holds no list where one was expected")
    kept = [each for each in value[:most] if isinstance(each, dict)]
    if len(value) > most:
        return kept, error(f"the answer lists more than {most}")
    return kept, None if len(kept) == len(value) else error("the answer lists something that cannot be read")
