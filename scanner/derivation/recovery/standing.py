"""How each asset stands: how much of its data would be lost now and at the worst moment, measured once for all facts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scanner.derivation.recovery.archives import Chain, idle_archives
from scanner.derivation.recovery.arithmetic.exposure import Exposure, exposure
from scanner.derivation.recovery.arithmetic.points import Point
from scanner.derivation.recovery.attempts import Attempts, Run, work
from scanner.derivation.recovery.histories import History, estate
from scanner.derivation.recovery.rows import evidence, under_doubt, words
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, unknown

_NEAR = 900.0
"""Seconds by which the times of a run and of the point that it made may differ."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What one asset's restore points, runs and log archives prove."""

    history: History
    attempts: Attempts
    exposure: Exposure | None
    """None without a usable point."""
    limit: float | None
    """The RPO with its tolerance; None without an RPO."""
    idle: bool
    """True when its server tells that nothing was written since its log was archived."""
    measured: Mapping[str, Cell]
    """Its exposure now and at worst as cells, with what keeps them from being known."""

    @property
    def newest(self) -> Point | None:
        """The usable point with the newest data; None without one."""
        return self.history.usable[-1] if self.history.usable else None


def standings(scene: Scene) -> list[Standing]:
    """Give how all assets stand, in the order of their histories; computed once."""
    if "standings" not in scene.memory:
        idle = idle_archives(scene)
        pairs = zip(estate(scene).histories, work(scene).attempts, strict=True)
        scene.memory["standings"] = [_standing(history, attempts, idle) for history, attempts in pairs]
    found: list[Standing] = scene.memory["standings"]
    return found


def _standing(history: History, attempts: Attempts, idle: Mapping[Chain, float]) -> Standing:
    demand = history.asset.demand
    limit = None if demand.rpo is None else demand.rpo + history.grace
    quiet = any(_quiet_until(point, idle) is not None for point in history.usable)
    found = _swept(history, attempts, idle)
    return Standing(history, attempts, found, limit, quiet, _measured(history, found, limit))


def asset_cells(standing: Standing, deciding: Point | None) -> dict[str, Cell]:
    """Give the columns with which every row about an asset begins: which it is, what decides, what would be lost."""
    asset = standing.history.asset
    return {
        "asset": asset.asset,
        "kind": asset.kind or ABSENT,
        "owner": asset.owner or ABSENT,
        "service_class": asset.demand.service_class or ABSENT,
        "path": asset.path or ABSENT,
        "line": asset.line or ABSENT,
        **decision(standing, deciding),
    }


def decision(standing: Standing, deciding: Point | None) -> dict[str, Cell]:
    """Give the columns `DECIDES`: which point decides, and how much of the asset's data would be lost."""
    return {"deciding_point": deciding.label if deciding else ABSENT, **standing.measured}


def per_asset(query: Query, scene: Scene, make: Callable[[Standing], Row]) -> Evidence:
    """Make a fact that has a row for each asset."""
    return evidence(query, scene, (make(standing) for standing in standings(scene)), scene.part)


def _measured(history: History, found: Exposure | None, limit: float | None) -> dict[str, Cell]:
    doubt = history.doubt
    if found is None:
        none = under_doubt(ABSENT, doubt, stands=False, known="no usable point is known")
        return {"exposure_now": none, "exposure_worst": none}
    told = "the known points give {}".format
    spans = found.since <= history.now - history.asset.demand.window
    short = doubt or _too_short(history, found, limit)
    return {
        "exposure_now": under_doubt(
            int(found.now), doubt, stands=limit is not None and found.now <= limit, known=told(words(found.now))
        ),
        "exposure_worst": under_doubt(
            int(found.worst),
            short,
            stands=limit is not None and (found.worst <= limit and spans if doubt else found.worst > limit),
            known=told(words(found.worst)),
        ),
    }


def _too_short(history: History, found: Exposure, limit: float | None) -> Gap | None:
    """Say that the points begin long after the window and the asset did: what was lost before, they do not tell."""
    begin = history.now - history.asset.demand.window
    if limit is None or found.since <= max(begin, history.created or begin) + limit:
        return None
    reach, window = words(history.now - found.since), words(history.asset.demand.window)
    return unknown(f"the points reach back {reach} of {window} (set `window` in the policy, or `created` of the asset)")


def _swept(history: History, attempts: Attempts, idle: Mapping[Chain, float]) -> Exposure | None:
    now, points, archives = history.now, [], []
    completed = {(point.target, point.system, point.object, point.point): point.completed for point in history.usable}
    for point in history.usable:
        if point.data is None or point.completed is None:
            continue
        data = max(point.data, _quiet_until(point, idle) or point.data)
        points.append((data, point.completed))
        if point.kind == "pitr":
            base = completed.get((point.target, point.system, point.object, point.base))
            if base is not None:
                archives.append((base, data))
    if not points:
        return None
    points += _pruned(history, attempts)
    return exposure(points, now, history.asset.demand.window, archives)


def _quiet_until(point: Point, idle: Mapping[Chain, float]) -> float | None:
    """Give when the server told that nothing was written since this end of its log archive; None where it did not."""
    if point.kind != "pitr":
        return None
    return idle.get((point.target, point.system, point.location, point.object))


def _pruned(history: History, attempts: Attempts) -> list[tuple[float, float]]:
    """Give points that runs made and that pruning took since: they tell of the past, not of now.

    A run counts when no point is listed for it, and it is older than the newest point that is.
    """
    newest = history.usable[-1].data or 0.0
    times = sorted(at for point in history.points for at in (point.data, point.completed) if at is not None)
    found = []
    for run in attempts.runs:
        if run.ended is None or run.status not in history.asset.demand.accept or run.ended > newest:
            continue
        if not _near(times, run):
            found.append((run.started, run.ended))
    return found


def _near(times: list[float], run: Run) -> bool:
    spot = bisect_left(times, run.started - _NEAR)
    return spot < len(times) and times[spot] <= (run.ended or run.started) + _NEAR
