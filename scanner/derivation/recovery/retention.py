"""Derives how far back each asset can be restored, what is kept for too long, and what pruning would leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scanner.derivation.inputs import first_gap
from scanner.derivation.recovery.arithmetic import periods
from scanner.derivation.recovery.arithmetic.periods import DAY, text_of
from scanner.derivation.recovery.arithmetic.points import Point
from scanner.derivation.recovery.attempts import Attempts
from scanner.derivation.recovery.histories import History, estate, labels
from scanner.derivation.recovery.keeping import kept
from scanner.derivation.recovery.reading import number, text
from scanner.derivation.recovery.rows import demand_cells, evidence, under_doubt, whole, words
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.standing import Standing, asset_cells, per_asset, standings
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row
from scanner.model.recovery import Generations, Keep, Protected

_OPTIONS = ("last", "hourly", "daily", "weekly", "monthly", "yearly")


def retention(query: Query, scene: Scene) -> Evidence:
    """Give each asset's history, periods without a point, and points that are older than they may be.

    Known points suffice for history and periods, as long as a newer one could not move the periods. That nothing is
    kept for too long is only known where all points are.
    """
    zone = estate(scene).zone
    return per_asset(query, scene, lambda standing: _row(scene, standing, zone))


def _row(scene: Scene, standing: Standing, zone: ZoneInfo | Gap) -> Row:
    history, attempts = standing.history, standing.attempts
    demand, now = history.asset.demand, history.now
    times = [point.data for point in history.usable if point.data is not None]
    reach = now - times[0] if times else None
    limit = history_limit(history, attempts, demand.min_history)
    enough = reach is not None and limit is not None and reach >= limit
    known = f"the known points reach back {words(reach)}" if reach is not None else "no usable point is known"
    lacks = _missing(history, times, zone)
    return {
        **asset_cells(standing, history.usable[0] if times else None),
        "usable": len(history.usable),
        "pending": history.pending(history.due),
        "oldest": text_of(times[0]) if times else ABSENT,
        "history": under_doubt(whole(reach), history.doubt, stands=enough, known=known),
        **demand_cells(scene, demand, "history_demanded", "min_history", whole(demand.min_history)),
        "history_limit": scene.policy or whole(limit),
        **demand_cells(scene, demand, "generations", "generations", _words(demand.generations)),
        "missing": scene.policy or lacks,
        **demand_cells(scene, demand, "max_age", "max_age", whole(demand.max_age)),
        **_kept_too_long(history),
    }


def history_limit(history: History, attempts: Attempts, demand: float | None) -> float | None:
    """Give how far back the points must reach: the demand less one interval, or a tenth of it up to a day."""
    if demand is None:
        return None
    interval = history.asset.demand.interval or attempts.interval or min(DAY, demand / 10)
    return periods.history_limit(demand, interval, history.age)


def _words(generations: Generations | None) -> Cell:
    if generations is None or not generations.tiers():
        return ABSENT
    tiers = ", ".join(f"{count} {tier}" for tier, count in generations.tiers().items())
    return f"{tiers}, up to the {'newest point' if generations.anchor == 'newest' else 'last period that is over'}"


def _missing(history: History, times: Sequence[float], zone: ZoneInfo | Gap) -> Cell:
    generations = history.asset.demand.generations
    if generations is None or not generations.tiers():
        return []
    if isinstance(zone, Gap):
        return zone
    lacks = lacking(history, times, generations, zone)
    settled = generations.anchor == "completed" or all(
        bool(times) and periods.period(tier, times[-1], zone) == periods.period(tier, history.now, zone)
        for tier in generations.tiers()
    )
    known = f"the known points lack {', '.join(lacks[:5])}" if lacks else "a newer point would move the periods"
    return under_doubt(lacks, history.doubt, stands=not lacks and settled, known=known)


def lacking(history: History, times: Sequence[float], generations: Generations, zone: ZoneInfo) -> list[str]:
    """Name the demanded periods without a point, as `weekly 2026-W43`."""
    newest = max(times, default=history.now)
    tiers = generations.tiers()
    wants = periods.demanded(tiers, generations.anchor, newest, history.now, zone, history.created)
    found = periods.missing(wants, times, zone)
    return [f"{tier} {periods.name(tier, begin)}" for tier, begins in found.items() for begin in begins]


def _kept_too_long(history: History) -> dict[str, Cell]:
    now, limit = history.now, history.asset.demand.max_age
    every = sorted((point for point in [*history.points, *history.reused] if point.data is not None), key=_data)
    aged = [point for point in every if limit is not None and now - _data(point) > limit + DAY]
    held = [point for point in aged if point.protected or (point.immutable_until or 0.0) > now]
    overdue = [point for point in aged if not (point.protected or (point.immutable_until or 0.0) > now)]
    expired = [
        point for point in every if point.expires is not None and point.expires < now - DAY and not point.protected
    ]
    return {
        "overdue": under_doubt(len(overdue), history.doubt, stands=bool(overdue)),
        "overdue_points": labels(overdue),
        "held": len(held),
        "expired": under_doubt(len(expired) if every else ABSENT, history.doubt, stands=bool(expired)),
        "expired_points": labels(expired),
    }


def _data(point: Point) -> float:
    return point.data or 0.0


def prune_forecast(query: Query, scene: Scene) -> Evidence:
    """Give what pruning jobs with keep options would leave of each asset's points.

    Options are applied to the points that are there now; points that are protected stay.
    """
    known = estate(scene)
    rows: list[Row] = []
    jobs: dict[str, list[Row]] = defaultdict(list)
    for target, found in scene.all("backup.job"):
        jobs[target] += [row for row in found.rows if row.get("enabled") is not False and _keep(row)]
    for standing in standings(scene):
        history, attempts = standing.history, standing.attempts
        by_place: dict[tuple[str, str], list[Point]] = defaultdict(list)
        for point in history.usable:
            by_place[point.target, point.location].append(point)
        for (target, location), points in by_place.items():
            rows += [
                _forecast(standing, points, job, known.zone)
                for job in jobs[target]
                if _works_on(job, location, history.asset, attempts, target)
            ]
    gaps = [Gap(gap.kind, f"{target}: {gap.reason}", gap.needs) for target, gap in scene.gaps("backup.job")]
    return evidence(query, scene, rows, first_gap(*gaps, scene.part))


def _keep(job: Row) -> dict[str, int]:
    found = {option: number(job.get(f"keep_{option}")) for option in _OPTIONS}
    return {option: count for option, count in found.items() if count}


def _works_on(job: Row, location: str, asset: Protected, attempts: Attempts, target: str) -> bool:
    """Tell whether a job prunes the points of an asset in a place: all of a place, or those that it makes."""
    place = text(job.get("location"))
    if place and location != place and not location.startswith(f"{place}/"):
        return False
    if job.get("kind") == "backup":
        return any(each is job and where == target for where, each in attempts.jobs)
    return job.get("kind") == "prune" and bool(asset.keys)


def _forecast(standing: Standing, points: Sequence[Point], job: Row, zone: ZoneInfo | Gap) -> Row:
    history, attempts = standing.history, standing.attempts
    keep, demand = _keep(job), history.asset.demand
    place = points[0].place
    limit = history_limit(history, attempts, demand.min_history)
    after: dict[str, Cell]
    oldest: Point | None = None
    if isinstance(zone, Gap):
        after = dict.fromkeys(("kept", "removed", "history_after", "missing_after"), zone)
    else:
        stays = _stays(points, keep, zone)
        left = sorted([*stays, *(point for point in history.usable if point.place != place)], key=_data)
        oldest, times = next(iter(left), None), [_data(point) for point in left]
        reach = history.now - times[0] if times else None
        lacks = lacking(history, times, demand.generations, zone) if demand.generations else []
        enough = reach is not None and limit is not None and reach >= limit
        after = {
            "kept": len(stays),
            "removed": len(points) - len(stays),
            "history_after": under_doubt(whole(reach), history.doubt, stands=enough),
            "missing_after": under_doubt(lacks, history.doubt, stands=not lacks),
        }
    return {
        **asset_cells(standing, oldest),
        "place": place,
        "job": text(job.get("job")),
        "options": ", ".join(f"{option} {count}" for option, count in keep.items()),
        **after,
        "history_limit": whole(limit),
        "history_source": (demand.sources.get("min_history") if limit is not None else "") or ABSENT,
        "generations_source": (demand.sources.get("generations") if demand.generations else "") or ABSENT,
    }


def _stays(points: Sequence[Point], keep: Mapping[str, int], zone: ZoneInfo) -> list[Point]:
    """Give the points that pruning leaves: jobs that prune are those of Proxmox and of systems with its rule."""
    loose = {point: datetime.fromtimestamp(_data(point), UTC) for point in points if not point.protected}
    stays = set(kept(loose.values(), Keep(**keep), "pbs", zone))
    return [point for point in points if point.protected or loose[point] in stays]
