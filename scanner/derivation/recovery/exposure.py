"""Derives how much of each asset's data would be lost, from its restore points and log archives."""

from __future__ import annotations

from scanner.derivation.recovery.arithmetic.exposure import thinned
from scanner.derivation.recovery.arithmetic.periods import text_of
from scanner.derivation.recovery.histories import History
from scanner.derivation.recovery.rows import demand_cells, under_doubt, whole
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.standing import Standing, asset_cells, per_asset
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row

TIMELINE = 400


def exposures(query: Query, scene: Scene) -> Evidence:
    """Give each asset's exposure now and over the window, beside its RPO.

    What is known of points suffices to pass: more points can only bring the exposure down, as far as the known ones
    reach back through the window. Where not all are known, nothing else is decided.
    """
    return per_asset(query, scene, lambda standing: _row(scene, standing))


def _row(scene: Scene, standing: Standing) -> Row:
    history, found, limit = standing.history, standing.exposure, standing.limit
    demand, now, newest = history.asset.demand, history.now, standing.newest
    times = [point.data for point in history.usable if point.data is not None and point.data >= now - demand.window]
    return {
        **asset_cells(standing, newest),
        **demand_cells(scene, demand, "rpo", "rpo", whole(demand.rpo)),
        "grace": scene.policy or whole(None if demand.rpo is None else history.grace),
        "limit": scene.policy or whole(limit),
        "window": whole(demand.window),
        "worst_at": _when(found.worst_at if found else None),
        "newest": _when(newest.data if newest else None),
        "newest_completed": _when(newest.completed if newest else None),
        "idle": standing.idle,
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


def _pending(history: History, limit: float | None) -> Cell:
    waiting = history.pending(limit)
    return under_doubt(waiting, history.doubt, stands=not waiting or history.doubt is None)


def _until(history: History, limit: float | None) -> Cell:
    if limit is None or history.created is None or not history.pending(limit):
        return ABSENT
    return text_of(history.created + limit)


def _when(at: float | None) -> Cell:
    return ABSENT if at is None else text_of(at)
