"""Jobs and runs of each asset's backups, read once for all facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from scanner.derivation.inputs import first_gap
from scanner.derivation.recovery.histories import CLOCK, Estate, estate
from scanner.derivation.recovery.joining import holders, keys_of
from scanner.derivation.recovery.reading import length, moment, number, text
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import Gap, Row, error
from scanner.model.value import value

RUNNERS = ("pbs", "pve", "veeam", "kubernetes", "iperius")
"""Platforms that tell of runs."""
_Job = tuple[str, str]


@value(frozen=True, slots=True)
class Run:
    """A run of a backup of one asset."""

    target: str
    job: str
    started: float
    ended: float | None
    status: str
    message: str
    label: str
    size: int | None = None
    """Bytes moved; None where it is not told."""


@dataclass(slots=True)
class Attempts:
    """What is known of one asset's backup jobs and their runs."""

    runs: list[Run] = field(default_factory=list)
    jobs: list[tuple[str, Row]] = field(default_factory=list)
    doubt: Gap | None = None
    """Why there may be more runs."""

    @property
    def interval(self) -> float | None:
        """Shortest interval of an enabled job; None without one."""
        found = [length(row.get("interval")) for _, row in self.jobs if row.get("enabled") is True]
        return min((each for each in found if each is not None), default=None)


@dataclass(slots=True)
class Work:
    """Attempts of all assets, in the scene's order, and the oldest run that each target still remembers."""

    attempts: list[Attempts]
    horizon: dict[str, float]


def work(scene: Scene) -> Work:
    """Give the jobs and runs of a scene; computed once."""
    if "work" not in scene.memory:
        scene.memory["work"] = _Reader(scene, estate(scene)).read()
    found = scene.memory["work"]
    assert isinstance(found, Work)
    return found


class _Reader:
    def __init__(self, scene: Scene, known: Estate) -> None:
        self._scene, self._known = scene, known
        self._all = [Attempts() for _ in known.histories]
        self._seen: dict[str, list[int]] = defaultdict(list)
        for index, history in enumerate(known.histories):
            for target in sorted({target for target, _ in history.objects}):
                self._seen[target].append(index)
        self._owners: dict[_Job, tuple[int, ...]] = {}
        self._horizon: dict[str, float] = {}
        self._doubts: dict[str, Gap] = {}

    def read(self) -> Work:
        for fact in ("backup.job", "backup.run"):
            for target, platform in self._scene.platforms.items():
                if platform in RUNNERS and fact not in self._scene.answers.get(target, {}) and fact == "backup.run":
                    self._doubts.setdefault(target, error("it was not asked for its runs"))
            for target, gap in self._scene.gaps(fact):
                self._doubts.setdefault(target, gap)
        for target, evidence in self._scene.all("backup.job"):
            for row in evidence.rows:
                self._job(target, row)
        for target, evidence in self._scene.all("backup.run"):
            offset = self._scene.offsets.get(target, 0.0)
            for row in evidence.rows:
                self._run(target, row, offset if offset > CLOCK else 0.0)
        for history, attempts in zip(self._known.histories, self._all, strict=True):
            attempts.doubt = self._doubt(holders(history.asset), {target for target, _ in attempts.jobs})
        return Work(self._all, self._horizon)

    def _job(self, target: str, row: Row) -> None:
        if row.get("kind") != "backup":
            return
        owners = self._known.claims.owners(target, keys_of(row) or ()).assets
        if row.get("everything") is True:
            owners = tuple(sorted({*owners, *self._seen[target]}))
        self._owners[target, text(row.get("job"))] = owners
        for index in owners:
            self._all[index].jobs.append((target, row))

    def _run(self, target: str, row: Row, shift: float) -> None:
        started, ended = moment(row.get("started_at")), moment(row.get("ended_at"))
        if started is None:
            self._doubts.setdefault(target, error("it does not tell of each run when it began"))
            return
        started -= shift
        self._horizon[target] = min(started, self._horizon.get(target, started))
        if row.get("kind") != "backup":
            return
        job = text(row.get("job"))
        owners: Iterable[int] = self._known.claims.owners(target, keys_of(row) or ()).assets
        status = text(row.get("status"))
        if not status:
            self._doubts.setdefault(target, error("it does not tell of each run how it ended"))
            return
        run = Run(
            target,
            job,
            started,
            None if ended is None else ended - shift,
            status,
            text(row.get("message")),
            f"{target} {text(row.get('run'))}",
            number(row.get("size")),
        )
        for index in owners or self._owners.get((target, job), ()):
            self._all[index].runs.append(run)

    def _doubt(self, platforms: frozenset[str] | None, targets: set[str]) -> Gap | None:
        told = [
            Gap(gap.kind, f"{target}: {gap.reason}", gap.needs)
            for target, gap in self._doubts.items()
            if target in targets or platforms is None or self._scene.platforms.get(target) in platforms
        ]
        return first_gap(*told, self._scene.part)
