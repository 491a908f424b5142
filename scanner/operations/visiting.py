"""Visits carried out side by side: one trip per endpoint, one second round for those out of reach."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

from scanner.collection.answer import Answer
from scanner.collection.table import platform_module
from scanner.model.errors import CollectionError, ConfigurationError, UnreachableError
from scanner.model.events import Progress
from scanner.model.evidence import Gap, Snapshot, error
from scanner.model.fact import Vocabulary
from scanner.model.plan import Plan, Visit
from scanner.operations.prepare import Prepared
from scanner.plugins import plugins
from scanner.secrets import Secrets
from scanner.store.evidence import mask
from scanner.transport.shell import Limits
from scanner.transport.table import Client, open_client

Opener = Callable[[Visit, Limits], Client]


def utc_now() -> str:
    """Give this machine's time as RFC 3339 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Done = tuple[Visit, list[Snapshot] | None, bool]
"""A visit, its snapshots (None when it was given up), and whether the endpoint was out of reach."""


class Desk:
    """Hands visits to workers and takes their snapshots; notices workers that do not come back."""

    def __init__(self, visits: tuple[Visit, ...]) -> None:
        self._waiting: SimpleQueue[Visit] = SimpleQueue()
        for visit in visits:
            self._waiting.put(visit)
        self._done: SimpleQueue[Done] = SimpleQueue()
        self._since: dict[Visit, float] = {}
        self.open = set(visits)

    def take(self) -> Visit | None:
        """Give the next visit to a worker, or None when all are taken."""
        try:
            visit = self._waiting.get_nowait()
        except Empty:
            return None
        self._since[visit] = time.monotonic()
        return visit

    def give(self, visit: Visit, snapshots: list[Snapshot], unreachable: bool) -> None:
        """Take a worker's snapshots."""
        self._done.put((visit, snapshots, unreachable))

    def wait(self, budget: float) -> Iterator[Done]:
        """Yield what ended within a fifth of a second, and what is older than `budget` seconds as given up.

        The step is short so that an interrupt from the keyboard is noticed at once.
        """
        try:
            done = self._done.get(timeout=0.2)
        except Empty:
            now = time.monotonic()
            for visit in [
                visit for visit, since in list(self._since.items()) if now - since > budget and visit in self.open
            ]:
                self.open.discard(visit)
                yield visit, None, False
            return
        if done[0] in self.open:
            self.open.discard(done[0])
            yield done


@dataclass(slots=True)
class Visitor:
    """Carries out the visits of a plan with a number of workers."""

    plan: Plan
    vocabulary: Vocabulary
    opener: Opener
    limits: Limits
    progress: Progress
    jobs: int = 16
    stop: threading.Event = field(default_factory=threading.Event)
    """Set from outside: no further visit begins, and no running one is waited for."""
    grace: float = 60
    """Seconds beyond all limits after which a worker is given up."""
    _over: threading.Event = field(default_factory=threading.Event)
    _clients: dict[Visit, Client] = field(default_factory=dict)

    def visit_all(self, visits: tuple[Visit, ...]) -> Generator[Snapshot, None, None]:
        """Yield the snapshot of each target as its visit ends; endpoints out of reach are tried once more at the end.

        Ends early when `stop` is set. However it ends, what still runs is hung up on.
        """
        try:
            again = yield from self._round(visits, last=False)
            if again and not self.stop.is_set():
                self.progress.note(f"second round for {len(again)} endpoint{'s' * (len(again) != 1)} out of reach")
                yield from self._round(again, last=True)
        finally:
            self._over.set()
            for visit in list(self._clients):
                self._hang_up(visit)

    def _round(self, visits: tuple[Visit, ...], *, last: bool) -> Generator[Snapshot, None, tuple[Visit, ...]]:
        desk = Desk(visits)
        for _ in range(min(self.jobs, len(visits))):
            self._hire(desk)
        again = []
        while desk.open and not self.stop.is_set():
            for visit, snapshots, unreachable in desk.wait(self._budget):
                if snapshots is None:
                    # The worker is stuck where no time limit reaches; another one takes its place.
                    self._hang_up(visit)
                    self._hire(desk)
                    reason = f"no end of the visit within {self._budget:.0f} s (the worker was given up)"
                    yield from self._nothing(visit, error(reason), utc_now())
                elif unreachable and not last:
                    again.append(visit)
                else:
                    yield from snapshots
        return tuple(again)

    @property
    def _budget(self) -> float:
        return self.limits.connect + self.limits.auth + self.limits.run + self.grace

    def _hire(self, desk: Desk) -> None:
        threading.Thread(target=self._work, args=(desk,), daemon=True).start()

    def _work(self, desk: Desk) -> None:
        while not (self.stop.is_set() or self._over.is_set()):
            visit = desk.take()
            if visit is None:
                return
            for target in visit.targets:
                self.progress.started(target)
            try:
                snapshots, unreachable = self._visit(visit)
            except Exception as bug:
                reason = f"internal error during the visit: {type(bug).__name__}: {bug} (please report it)"
                snapshots, unreachable = self._nothing(visit, error(reason), utc_now()), False
            desk.give(visit, snapshots, unreachable)

    def _visit(self, visit: Visit) -> tuple[list[Snapshot], bool]:
        started = datetime.now(UTC)
        taken_at = started.strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            return self._answer(visit, taken_at)
        except CollectionError as problem:
            gap = Gap(problem.kind, problem.reason, problem.needs)
            return self._nothing(visit, gap, taken_at), isinstance(problem, UnreachableError)
        except ConfigurationError as problem:
            return self._nothing(visit, error(str(problem)), taken_at), False

    def _answer(self, visit: Visit, taken_at: str) -> tuple[list[Snapshot], bool]:
        platform = platform_module(visit.platform)
        client = self._clients[visit] = self.opener(visit, self.limits)
        try:
            answer: Answer = platform.collect(visit.queries, client, self.limits)
        finally:
            self._hang_up(visit)
        evidence = {found.query: mask(found, self.vocabulary) for found in answer.evidence}
        whole = Snapshot(
            target="",
            taken_at=taken_at,
            evidence=evidence if answer.started else {},
            identity=answer.identity,
            clock_offset=answer.clock_offset,
            gap=answer.gap,
            notes=answer.notes,
        )
        return [self._share(whole, target) for target in visit.targets], answer.unreachable

    def _hang_up(self, visit: Visit) -> None:
        client = self._clients.pop(visit, None)
        if client is not None:
            client.close()

    def _share(self, whole: Snapshot, target: str) -> Snapshot:
        wanted = self.plan.targets[target].queries
        share = {query: whole.get(query) for query in wanted} if whole.evidence else {}
        return replace(whole, target=target, evidence=share)

    def _nothing(self, visit: Visit, gap: Gap, taken_at: str) -> list[Snapshot]:
        return [Snapshot(target, taken_at, {}, gap=gap) for target in visit.targets]


def missing(plan: Plan, have: Mapping[str, Snapshot]) -> tuple[Visit, ...]:
    """Give the visits of which some target has no whole snapshot yet: what `--resume` still has to ask."""
    return tuple(
        visit for visit in plan.visits if any(name not in have or have[name].gap is not None for name in visit.targets)
    )


def visitor(prepared: Prepared, progress: Progress, stop: threading.Event | None = None) -> Visitor:
    """Set up a visitor with the transports, secrets and limits of a request; `stop` ends its visits from outside."""
    reaching = prepared.request.reaching
    secrets = Secrets(allow_commands=reaching.command_references, environ=reaching.environment, note=progress.note)
    extras = {name: entry.load() for name, entry in plugins("transports").items()}

    def opener(visit: Visit, limits: Limits) -> Client:
        endpoint = visit.endpoint
        if reaching.accept_new and endpoint.transport in ("ssh", "openssh"):
            options = {**dict(endpoint.options), "accept_new": "yes"}
            endpoint = replace(endpoint, options=tuple(sorted(options.items())))
        return open_client(visit.platform, endpoint, secrets.resolve, limits, extras)

    limits = Limits(connect=reaching.connect, auth=reaching.auth, run=reaching.run)
    vocabulary = prepared.content.vocabulary
    return Visitor(prepared.plan, vocabulary, opener, limits, progress, reaching.jobs, stop or threading.Event())
