"""Derives how much of each asset's data would be lost, from its restore points and log archives."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from scanner.derivation.recovery.archives import Chain, idle_archives
from scanner.derivation.recovery.arithmetic.exposure import Exposure, exposure, thinned
from scanner.derivation.recovery.arithmetic.periods import text_of
from scanner.derivation.recovery.arithmetic.points import Point
from scanner.derivation.recovery.attempts import Attempts, Run, work
from scanner.derivation.recovery.histories import History, estate
from scanner.derivation.recovery.rows import asset_cells, demand_cells, evidence, under_doubt, whole, words
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, unknown

TIMELINE = 400
_NEAR = 900.0
"""Seconds by which the times of a run and of the point that it made may differ."""


def exposures(query: Query, scene: Scene) -> Evidence:
    """Give each asset's exposure now and over the window, beside its RPO.

    What is known of points suffices to pass: more points can only bring the exposure down, as far as the known ones
    reach back through the window. Where not all are known, nothing else is decided.
    """
    idle = idle_archives(scene)
    pairs = zip(estate(scene).histories, work(scene).attempts, strict=True)
    rows = [_row(scene, history, attempts, idle) for history, attempts in pairs]
    return evidence(query, scene, rows, scene.part)


def _row(scene: Scene, history: History, attempts: Attempts, idle: Mapping[Chain, float]) -> Row:
    demand, now = history.asset.demand, history.now
    limit = None if demand.rpo is None else demand.rpo + history.grace
    quiet = any(_quiet_until(point, idle) is not None for point in history.usable)
    found = _swept(history, attempts, idle)
    newest = history.usable[-1] if history.usable else None
    times = [point.data for point in history.usable if point.data is not None and point.data >= now - demand.window]
    return {
        **asset_cells(history),
        **demand_cells(scene, demand, "rpo", "rpo", whole(demand.rpo)),
        "grace": scene.policy or whole(None if demand.rpo is None else history.grace),
        "limit": scene.policy or whole(limit),
        "window": whole(demand.window),
        **_measured(history, found, limit),
        "worst_at": _when(found.worst_at if found else None),
        "newest": _when(newest.data if newest else None),
        "newest_completed": _when(newest.completed if newest else None),
        "deciding_point": newest.label if newest else ABSENT,
        "idle": quiet,
        "usable": len(history.usable),
        "points": len(history.points),
        "unusable": [f"{point.label}: {why}" for point, why in history.unusable[:5]],
        "systems": sorted({point.system for point in history.usable}),
        "pitr": under_doubt(history.pitr, history.doubt, stands=history.pitr),
        **demand_cells(scene, demand, "pitr_demanded", "pitr", demand.pitr),
        "pending": _pending(history, limit),
        "pending_until": _until(history, limit),
        "timeline": [text_of(at) for at in thinned(times, TIMELINE)],
    }


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


def _pending(history: History, limit: float | None) -> Cell:
    waiting = history.pending(limit)
    return under_doubt(waiting, history.doubt, stands=not waiting or history.doubt is None)


def _until(history: History, limit: float | None) -> Cell:
    if limit is None or history.created is None or not history.pending(limit):
        return ABSENT
    return text_of(history.created + limit)


def _when(at: float | None) -> Cell:
    return ABSENT if at is None else text_of(at)
