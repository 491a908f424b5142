"""Derives how old each asset's newest point is that can be restored by itself."""

from __future__ import annotations

from scanner.derivation.recovery.arithmetic.periods import DAY, text_of
from scanner.derivation.recovery.arithmetic.points import Point
from scanner.derivation.recovery.rows import demand_cells, under_doubt, whole, words
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.standing import Standing, asset_cells, per_asset
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, unknown

WHOLE = ("full", "snapshot", "dump", "commit")
"""Kinds of points that rest on no other."""
UNTOLD = ("", "files")
"""Kinds that do not tell it: a listing of files shows no increments."""


def fulls(query: Query, scene: Scene) -> Evidence:
    """Give each asset's newest whole point; a known one that is fresh enough suffices, whatever is not known."""
    return per_asset(query, scene, lambda standing: _row(scene, standing))


def _row(scene: Scene, standing: Standing) -> Row:
    history, demand = standing.history, standing.history.asset.demand
    limit = None if demand.full_interval is None else demand.full_interval + min(DAY, demand.full_interval / 10)
    newest = next((point for point in reversed(history.usable) if point.kind in WHOLE and not point.base), None)
    age = None if newest is None or newest.data is None else max(0.0, history.now - newest.data)
    known = "no full one is known" if age is None else f"the newest full one that is known is {words(age)} old"
    return {
        **asset_cells(standing, newest),
        **demand_cells(scene, demand, "demanded", "full_interval", whole(demand.full_interval)),
        "limit": scene.policy or whole(limit),
        "pending": newest is None and limit is not None and history.age is not None and history.age < limit,
        "newest_full": ABSENT if newest is None or newest.data is None else text_of(newest.data),
        "age": under_doubt(
            whole(age),
            history.doubt or _untold(history.usable, newest),
            stands=age is not None and limit is not None and age <= limit,
            known=known,
        ),
    }


def _untold(usable: list[Point], newest: Point | None) -> Gap | None:
    """Say that a newer point may be a full one, as its system does not tell what it is."""
    after = newest.data or 0.0 if newest else 0.0
    lacks = [point.label for point in usable if point.kind in UNTOLD and (point.data or 0.0) > after]
    return unknown(f"of {lacks[-1]} it is not told whether it is a full one") if lacks else None
