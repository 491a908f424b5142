"""Derives how long ago each asset was restored for a test, how long that took, and how many of a class were tested."""

from __future__ import annotations

from operator import itemgetter

from scanner.derivation.recovery.arithmetic.periods import text_of
from scanner.derivation.recovery.arithmetic.points import Point
from scanner.derivation.recovery.arithmetic.restoring import scaled
from scanner.derivation.recovery.copies import away
from scanner.derivation.recovery.coverage import size_of
from scanner.derivation.recovery.drills import PERIODS, Drill, Drills, Sample, drills, last_valid
from scanner.derivation.recovery.histories import History, estate
from scanner.derivation.recovery.places import Places, places
from scanner.derivation.recovery.retrieval import fetching
from scanner.derivation.recovery.rows import (
    demand_cells,
    estate_cells,
    evidence,
    under_doubt,
    whole,
    words,
)
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.standing import Standing, asset_cells, standings
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row
from scanner.model.recovery import Demand, Place

KINDS = ("restore", "archive", "dr")
_EVERY = {"archive": "archive_tested_every", "dr": "disaster_tested_every"}
"""Kind > leaf of the policy's section `estate`."""
SCENARIOS = ("file", "vm", "database-pitr", "kubernetes", "site", "configuration")


def restore_tests(query: Query, scene: Scene) -> Evidence:
    """Give each asset's last valid test, and what the newest one lacked.

    Known tests suffice to pass. Where enough assets of a class were tested in the period, each one has four.
    """
    done = drills(scene)
    rows = (
        _tested(scene, standing, done.by_asset.get(index, []), done) for index, standing in enumerate(standings(scene))
    )
    return evidence(query, scene, rows, scene.part)


def _tested(scene: Scene, standing: Standing, tests: list[Drill], done: Drills) -> Row:
    history = standing.history
    demand, now = history.asset.demand, history.now
    last, newest = last_valid(history, tests), tests[-1] if tests else None
    limit, why = _limit(history, done)
    age = None if last is None else max(0.0, now - last.ended)
    lost = None
    if last is not None and last.started is not None and last.newest_data is not None:
        lost = max(0.0, last.started - last.newest_data)
    never = "no valid test is known" if age is None else f"the last valid test that is known is {words(age)} old"
    return {
        **asset_cells(standing, None),
        "deciding_point": _restored(history, last),
        **demand_cells(scene, demand, "tested_within", "tested_within", whole(demand.tested_within)),
        "limit": scene.policy or whole(limit),
        "limit_why": why or ABSENT,
        "pending": last is None and limit is not None and history.age is not None and history.age < limit,
        "last": ABSENT if last is None else text_of(last.ended),
        "age": under_doubt(
            whole(age), done.doubt, stands=age is not None and limit is not None and age <= limit, known=never
        ),
        "last_drill": ABSENT if last is None else last.drill,
        **demand_cells(scene, demand, "checks_demanded", "checks", list(demand.checks) or None),
        **_attempt(demand.checks, newest, done),
        "data_loss": whole(lost),
    }


def _restored(history: History, last: Drill | None) -> Cell:
    """Name the point that a test restored as other facts do; as its record does where it is not listed any more."""
    if last is None or not last.point:
        return ABSENT
    return next((point.label for point in history.points if point.point == last.point), last.point)


def _attempt(checks: tuple[str, ...], newest: Drill | None, done: Drills) -> dict[str, Cell]:
    names = ("last_attempt", "attempt_missing", "attempt_failed", "attempt_to_source")
    if newest is None:
        return dict.fromkeys(names, done.doubt or ABSENT)
    missing, failed, over = newest.lacks(checks), list(newest.failed), newest.to_source == "yes"
    told: Cell = over if newest.to_source else ABSENT
    return {
        "last_attempt": newest.drill,
        "attempt_missing": under_doubt(missing, done.doubt, stands=bool(missing)),
        "attempt_failed": under_doubt(failed, done.doubt, stands=bool(failed)),
        "attempt_to_source": under_doubt(told, done.doubt, stands=over),
    }


def _limit(history: History, done: Drills) -> tuple[float | None, str]:
    demand = history.asset.demand
    sample = done.samples.get(demand.service_class)
    if demand.tested_within is None or sample is None or sample.tested < sample.needed or len(sample.assets) == 1:
        return demand.tested_within, ""
    said = f"{sample.tested} of {len(sample.assets)} assets of its class were tested within {words(sample.period)}"
    return PERIODS * demand.tested_within, said


def restore_times(query: Query, scene: Scene) -> Evidence:
    """Give how long a restore of each asset takes, by its newest valid test; a test that is not known may be newer."""
    done, declared = drills(scene), places(scene)
    rows = (
        _timed(scene, standing, done.by_asset.get(index, []), done, declared)
        for index, standing in enumerate(standings(scene))
    )
    return evidence(query, scene, rows, scene.part)


def _timed(scene: Scene, standing: Standing, tests: list[Drill], done: Drills, declared: Places) -> Row:
    history = standing.history
    demand = history.asset.demand
    last = last_valid(history, [drill for drill in tests if drill.until_usable is not None])
    size = size_of(history)
    took, by_size = (None, False)
    if last is not None and last.until_usable is not None:
        took, by_size = scaled(last.until_usable, last.size, size)
    waits = [(_wait(point, declared.of(point), demand), point) for point in reversed(history.usable)]
    retrieval, nearest = min(waits, key=itemgetter(0), default=(0.0, None))
    time = None if took is None else took + retrieval + demand.allowance
    limit, _ = _limit(history, done)
    lost = [
        _wait(point, place, demand) + demand.allowance + (size / place.rate if place.rate and size else took)
        for point in away(history, declared)
        if took is not None and (place := declared.of(point)) is not None
    ]
    return {
        **asset_cells(standing, nearest),
        **demand_cells(scene, demand, "rto", "rto", whole(demand.rto)),
        "ample": scene.policy or whole(None if demand.rto is None else 0.8 * demand.rto),
        "pending": last is None and limit is not None and history.age is not None and history.age < limit,
        "last_drill": ABSENT if last is None else last.drill,
        "measured": whole(last.until_usable if last else None),
        "size_tested": ABSENT if last is None or last.size is None else last.size,
        "size": ABSENT if size is None else size,
        "scaled": ABSENT if last is None else by_size,
        "allowance": whole(demand.allowance),
        "retrieval": whole(retrieval),
        "time": under_doubt(whole(time), done.doubt, stands=False),
        **demand_cells(scene, demand, "site_rto", *_site_rto(demand)),
        "site_lost": under_doubt(whole(min(lost, default=None)), done.doubt or history.doubt, stands=False),
    }


def _wait(point: Point, place: Place | None, demand: Demand) -> float:
    """Give the seconds until a point can be read: what the policy says of its place, or else what its class takes."""
    if place is not None and place.retrieval:
        return place.retrieval
    return fetching(point.storage_class, demand.offsite_retrieval, point.size)


def _site_rto(demand: Demand) -> tuple[str, Cell]:
    """Give the leaf that holds when the site is lost, and its value."""
    own = demand.offsite_rto is not None
    return ("offsite_rto", whole(demand.offsite_rto)) if own else ("rto", whole(demand.rto))


def sampling(query: Query, scene: Scene) -> Evidence:
    """Give how many assets of each class were tested in its period; known tests suffice."""
    done, known = drills(scene), estate(scene)
    rows = [_sampled(name, sample, done, known.histories) for name, sample in sorted(done.samples.items())]
    return evidence(query, scene, rows, scene.policy or scene.part)


def _sampled(name: str, sample: Sample, done: Drills, histories: list[History]) -> Row:
    untested = []
    for index in sample.assets:
        history = histories[index]
        last = last_valid(history, done.by_asset.get(index, []))
        if last is None or history.now - last.ended > PERIODS * sample.period:
            untested.append(history.asset.asset)
    return {
        "service_class": name,
        "assets": len(sample.assets),
        "period": whole(sample.period),
        "period_source": sample.source or ABSENT,
        "needed": sample.needed,
        "tested": under_doubt(
            sample.tested, done.doubt, stands=sample.tested >= sample.needed, known=f"{sample.tested} are known"
        ),
        "untested": untested[:50],
    }


def exercises(query: Query, scene: Scene) -> Evidence:
    """Give for each kind and scenario when it was last rehearsed with success; rows for what never was, too."""
    done, now = drills(scene), estate(scene).now
    newest: dict[str, Drill] = {}
    for drill, checks in sorted(done.checks, key=lambda pair: pair[0].ended):
        if drill.valid(checks):
            newest[drill.kind] = drill
            newest[f"scenario {drill.scenario}"] = drill
    names = [*KINDS, *(f"scenario {scenario}" for scenario in SCENARIOS)]
    return evidence(query, scene, (_exercise(scene, name, newest.get(name), done, now) for name in names), scene.part)


def _exercise(scene: Scene, name: str, drill: Drill | None, done: Drills, now: float) -> Row:
    demands = estate_cells(scene, "demanded", _EVERY.get(name, ""))
    if drill is None:
        never: Cell = done.doubt or ABSENT
        return {"exercise": name, "last": never, "age": never, "drill": never, "passed": never, **demands}
    return {
        "exercise": name,
        "last": text_of(drill.ended),
        "age": whole(max(0.0, now - drill.ended)),
        "drill": drill.drill,
        "passed": sorted(drill.passed),
        **demands,
    }
