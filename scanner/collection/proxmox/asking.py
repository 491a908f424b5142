"""Asks a Proxmox API and keeps account: what came, what was denied, what was lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from scanner.collection.answer import Answer
from scanner.collection.proxmox.words import JsonRow, word
from scanner.model.errors import CollectionError, UnreachableError
from scanner.model.evidence import Evidence, Gap, Provenance, Query, Row, error, unknown
from scanner.model.outcome import Outcome
from scanner.transport.api import Api, Response
from scanner.transport.errors import plain

MOST = 200_000
"""Rows of one listing that are read."""

Told: TypeAlias = tuple[Sequence[Row], Gap | None]
"""Rows of a fact, and why they are not all."""
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows that a path gave, and why they are not all."""

    rows: tuple[JsonRow, ...] = ()
    gap: Gap | None = None


@dataclass(slots=True)
class Asker:
    """Asks one API; after it was out of reach nothing is asked any more."""

    api: Api
    root: str = "api2/json"
    started: bool = False
    unreachable: bool = False
    lost: Gap | None = None
    now: str = ""
    clock_offset: float | None = None
    asked: list[str] = field(default_factory=list)

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Response:
        """Ask for a path; a server that is out of reach gives a failure, here and from now on."""
        if self.lost is not None:
            return Response(failure=self.lost.reason)
        self.asked.append(path)
        try:
            found = self.api.get(f"{self.root}/{path}", parameters)
        except CollectionError as problem:
            self.lost = Gap(problem.kind, problem.reason, problem.needs)
            self.unreachable = isinstance(problem, UnreachableError)
            return Response(failure=problem.reason)
        self.started = True
        if found.server_time and not self.now:
            self.now = found.server_time
            self.clock_offset = _offset(found.server_time)
        return found

    def data(self, path: str, parameters: Mapping[str, str] | None = None, needs: str = "") -> tuple[Any, Gap | None]:
        """Give what stands in `data` of the answer, and why nothing does."""
        found = self.get(path, parameters)
        gap = gap_of(found, path, needs)
        if gap is not None:
            return None, gap if self.lost is None else self.lost
        if not isinstance(found.data, dict) or "data" not in found.data:
            return None, error(f"GET {plain(path, 200)}: the answer has no data")
        return found.data["data"], None

    def rows(self, path: str, parameters: Mapping[str, str] | None = None, needs: str = "") -> Listing:
        """Give a listing; rows that are none make it incomplete."""
        data, gap = self.data(path, parameters, needs)
        if gap is not None:
            return Listing((), gap)
        if not isinstance(data, list):
            return Listing((), error(f"GET {plain(path, 200)}: the answer is no list"))
        rows = tuple(row for row in data[:MOST] if isinstance(row, dict))
        if len(data) > MOST:
            gap = error(f"GET {plain(path, 200)}: more than {MOST} rows")
        elif len(rows) < len(data):
            gap = error(f"GET {plain(path, 200)}: {len(data) - len(rows)} rows cannot be read")
        return Listing(rows, gap)


def unnamed(listing: Listing, name: str, what: str) -> Gap | None:
    """Give why a listing is not whole when some of its rows do not even say what they are of."""
    odd = sum(not word(row.get(name)) for row in listing.rows)
    return error(f"{odd} {what} have no name that can be read") if odd else None


def gap_of(found: Response, path: str, needs: str = "") -> Gap | None:
    """Give why a response is of no use; None when it is."""
    if not found.failure:
        return None
    reason = f"GET {plain(path, 200)}: {plain(found.failure, 300)}"
    return unknown(reason, needs or None) if found.denied else error(reason)


def joined(*gaps: Gap | None) -> Gap | None:
    """Make one gap of many: an error outweighs what is merely hidden."""
    told = list(dict.fromkeys(gap for gap in gaps if gap is not None))
    if not told:
        return None
    reason = "; ".join(dict.fromkeys(gap.reason for gap in told[:10])) + (
        f"; and {len(told) - 10} more" if len(told) > 10 else ""
    )
    worst = next((gap for gap in told if gap.kind is Outcome.ERROR), told[0])
    needs = ", ".join(dict.fromkeys(gap.needs for gap in told if gap.needs)) or None
    return Gap(worst.kind, reason, needs)


def visit(
    queries: Sequence[Query], client: Api, server: Callable[[Asker], S], facts: Mapping[str, Callable[[S], Told]]
) -> Answer:
    """Ask everything that the queries take; whatever goes wrong becomes gaps."""
    asker = Asker(client)
    first = asker.get("version")
    gap = asker.lost
    if first.status == 401:
        gap = unknown(f"we were not let in: {plain(first.failure, 200)}", "a token that is valid")
    if gap is not None:
        nothing = tuple(Evidence(query, gap=gap) for query in queries)
        return Answer(nothing, gap=gap, identity=client.identity, unreachable=asker.unreachable)
    seen = server(asker)
    evidence: list[Evidence] = []
    answers: dict[str, tuple[Told, str]] = {}
    for query in queries:
        known = facts.get(query.fact)
        if known is None:
            evidence.append(Evidence(query, gap=error("no collector of this platform answers it")))
            continue
        if query.fact not in answers:
            before = len(asker.asked)
            told = known(seen)
            answers[query.fact] = (told, _said(asker.asked[before:]))
        (rows, gap), said = answers[query.fact]
        evidence.append(Evidence(query, tuple(rows), gap, Provenance(said, asker.now, as_user=client.identity.user)))
    user = client.identity.user
    return Answer(
        tuple(evidence),
        now=asker.now,
        started=True,
        identity=replace(client.identity, privilege=user),
        clock_offset=asker.clock_offset,
        gap=asker.lost,
    )


def _said(paths: Sequence[str]) -> str:
    shown = list(dict.fromkeys(paths))
    more = f"; and {len(shown) - 12} more" if len(shown) > 12 else ""
    return "; ".join(f"GET /api2/json/{plain(path, 200)}" for path in shown[:12]) + more


def _offset(server_time: str) -> float | None:
    """Give the server's clock minus ours; a difference below the header's own second is none."""
    try:
        theirs = datetime.strptime(server_time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    difference = (theirs - datetime.now(UTC)).total_seconds()
    return 0.0 if -1.5 < difference < 0.5 else round(difference, 1)
