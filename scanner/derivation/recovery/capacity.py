"""Derives when places that hold backups will be full."""

from __future__ import annotations

from collections import defaultdict

from scanner.derivation.inputs import cell, first_gap
from scanner.derivation.recovery.arithmetic.growth import slope, until_full
from scanner.derivation.recovery.places import locations
from scanner.derivation.recovery.reading import moment, number
from scanner.derivation.recovery.rows import estate_cells, evidence
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, unknown

DAY = 86400.0
_Key = tuple[str, str]


def capacity(query: Query, scene: Scene) -> Evidence:
    """Give each place that has a limited room, with its growth where measurements tell of it."""
    series: dict[_Key, list[tuple[float, float]]] = defaultdict(list)
    totals: dict[_Key, tuple[float, int]] = {}
    for target, found in scene.all("backup.usage"):
        for row in found.rows:
            at, used = moment(row.get("at")), number(row.get("used"))
            key = (target, str(row.get("location")))
            if at is not None and used is not None:
                series[key].append((at, float(used)))
                total = number(row.get("total"))
                if total and at >= totals.get(key, (at, 0))[0]:
                    totals[key] = at, total
    rows = [
        _row(scene, key, row, series.get(key, []), totals.get(key, (0.0, 0))[1])
        for key, row in locations(scene).items()
        if row.get("total") is not ABSENT or key in totals
    ]
    gaps = [
        Gap(gap.kind, f"{target}: {gap.reason}", gap.needs)
        for fact in ("backup.location", "backup.usage")
        for target, gap in scene.gaps(fact)
    ]
    return evidence(query, scene, rows, first_gap(*gaps, scene.part))


def _row(scene: Scene, key: _Key, row: Row, measures: list[tuple[float, float]], total: int) -> Row:
    total = number(row.get("total")) or total
    used = number(row.get("used"))
    if used is None and measures:
        used = int(max(measures)[1])
    pace = slope(measures, total) if total else None
    few: Gap = unknown(f"{len(measures)} measurements are too few, or too close together, to tell growth")
    growing: Cell = few if pace is None else pace > 0
    left: Cell = few
    if used is not None and total:
        if used >= 0.85 * total:
            left = 0
        elif pace is not None:
            seconds = until_full(used, total, pace)
            left = ABSENT if seconds is None else int(min(seconds, 1e11))
    return {
        "target": key[0],
        "location": key[1],
        "system": cell(row, "system"),
        "total": total or cell(row, "total"),
        "used": cell(row, "used") if used is None else used,
        "percent": -(-100 * used // total) if used is not None and total else ABSENT,
        "measurements": len(measures),
        "growth": few if pace is None else max(0, int(pace * DAY)),
        "growing": growing,
        "until_full": left,
        **estate_cells(scene, "room_demanded", "capacity"),
        **estate_cells(scene, "time_demanded", "days_to_full"),
    }
