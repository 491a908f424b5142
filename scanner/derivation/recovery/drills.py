"""The restores that were rehearsed, read once for all facts: whose they were, and whether each proves something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from scanner.derivation.inputs import first_gap
from scanner.derivation.recovery.arithmetic.points import SKEW
from scanner.derivation.recovery.arithmetic.restoring import needed
from scanner.derivation.recovery.histories import Estate, History, estate
from scanner.derivation.recovery.joining import keys_of
from scanner.derivation.recovery.reading import length, moment, number, text
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import Gap, Row, error
from scanner.model.value import value

PERIODS = 4
"""So many periods may pass between two tests of one asset, where enough of its class are tested in each."""


@value(frozen=True, slots=True)
class Drill:
    """A rehearsed restore that has ended."""

    drill: str
    kind: str
    scenario: str
    started: float | None
    ended: float
    until_usable: float | None
    newest_data: float | None
    to_source: str
    passed: tuple[str, ...]
    failed: tuple[str, ...]
    size: int | None
    service_class: str
    point: str
    """Restore point that was used, in the system's words; empty where it is not told."""

    def lacks(self, checks: tuple[str, ...]) -> list[str]:
        """Name the demanded checks that did not pass."""
        return [check for check in checks if check not in self.passed]

    def valid(self, checks: tuple[str, ...]) -> bool:
        """Tell whether it proves a restore: all checks passed, nothing failed, and not over the original."""
        return not self.failed and not self.lacks(checks) and self.to_source == "no"


@dataclass(slots=True)
class Drills:
    """All of them: by asset (its place in the scene), by class for those that stand for a class, and in all."""

    by_asset: dict[int, list[Drill]] = field(default_factory=lambda: defaultdict(list))
    by_class: dict[str, list[Drill]] = field(default_factory=lambda: defaultdict(list))
    checks: list[tuple[Drill, tuple[str, ...]]] = field(default_factory=list)
    """Each drill with the checks that whatever it restored must pass."""
    doubt: Gap | None = None
    samples: dict[str, Sample] = field(default_factory=dict)


@dataclass(slots=True)
class Sample:
    """How many assets of a class were tested within its period."""

    period: float
    assets: list[int]
    tested: int
    source: str = ""
    """Where the policy demands the period."""

    @property
    def needed(self) -> int:
        """How many must be."""
        return needed(len(self.assets))


def drills(scene: Scene) -> Drills:
    """Give the drills of a scene; computed once."""
    if "drills" not in scene.memory:
        scene.memory["drills"] = _read(scene, estate(scene))
    found = scene.memory["drills"]
    assert isinstance(found, Drills)
    return found


def _read(scene: Scene, known: Estate) -> Drills:
    found = Drills()
    names = {history.asset.asset: index for index, history in enumerate(known.histories)}
    lost = [Gap(gap.kind, f"{target}: {gap.reason}", gap.needs) for target, gap in scene.gaps("recovery.drill")]
    for target, evidence in scene.all("recovery.drill"):
        for row in evidence.rows:
            if any(isinstance(row.get(name), Gap) for name in ("ended_at", "passed", "failed", "asset", "to_source")):
                lost.append(error(f"{target}: the drill {text(row.get('drill'))} does not tell enough to judge it"))
                continue
            drill = _drill(row)
            if drill is not None and drill.ended <= known.now + SKEW:
                _sort(found, drill, _whose(known, names, target, row), known)
    found.doubt = first_gap(*lost, scene.part)
    found.samples = _samples(found, known)
    for tests in found.by_asset.values():
        tests.sort(key=lambda drill: drill.ended)
    return found


def _drill(row: Row) -> Drill | None:
    ended = moment(row.get("ended_at"))
    if ended is None:
        return None
    passed, failed = row.get("passed"), row.get("failed")
    return Drill(
        text(row.get("drill")),
        text(row.get("kind")),
        text(row.get("scenario")),
        moment(row.get("started_at")),
        ended,
        length(row.get("until_usable")),
        moment(row.get("newest_data")),
        text(row.get("to_source")),
        tuple(str(each) for each in passed) if isinstance(passed, list) else (),
        tuple(str(each) for each in failed) if isinstance(failed, list) else (),
        number(row.get("size")),
        text(row.get("service_class")),
        text(row.get("point")),
    )


def _whose(known: Estate, names: Mapping[str, int], target: str, row: Row) -> tuple[int, ...]:
    name = text(row.get("asset"))
    if name:
        return (names[name],) if name in names else ()
    return known.claims.owners(target, keys_of(row) or ()).assets


def _sort(found: Drills, drill: Drill, owners: tuple[int, ...], known: Estate) -> None:
    for index in owners:
        found.by_asset[index].append(drill)
    if not owners and drill.service_class:
        found.by_class[drill.service_class].append(drill)
    checks = known.histories[owners[0]].asset.demand.checks if owners else ()
    found.checks.append((drill, checks))


def last_valid(history: History, tests: list[Drill]) -> Drill | None:
    """Give the newest test that proves a restore of the asset."""
    checks = history.asset.demand.checks
    return next((drill for drill in reversed(tests) if drill.valid(checks)), None)


def _samples(found: Drills, known: Estate) -> dict[str, Sample]:
    classes: dict[str, list[int]] = defaultdict(list)
    for index, history in enumerate(known.histories):
        demand = history.asset.demand
        if demand.tested_within is not None and demand.service_class:
            classes[demand.service_class].append(index)
    samples = {}
    for name, assets in classes.items():
        demands = [known.histories[index].asset.demand for index in assets]
        shortest = min(demands, key=lambda demand: demand.tested_within or 0.0)
        period = shortest.tested_within or 0.0
        since = known.now - period
        tested = sum(
            any(drill.ended >= since and drill.valid(_checks(known, index)) for drill in found.by_asset.get(index, ()))
            for index in assets
        )
        checks = _checks(known, assets[0])
        tested += sum(drill.ended >= since and drill.valid(checks) for drill in found.by_class.get(name, ()))
        samples[name] = Sample(period, assets, tested, shortest.sources.get("tested_within", ""))
    return samples


def _checks(known: Estate, index: int) -> tuple[str, ...]:
    return known.histories[index].asset.demand.checks
