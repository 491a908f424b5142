"""What is left of restore points when a system prunes by its keep options, now and over years."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, Literal

from scanner.model.recovery import Generations, Keep

Rule = Literal["pbs", "borg", "restic"]
RULES: Final[tuple[Rule, ...]] = ("pbs", "borg", "restic")
"""`pbs`: an option looks only at periods older than those that earlier options kept; `borg`: a point that is kept
already does not count for the next option, and the oldest stays while an option is not used up; `restic`: every option
counts for itself, so one point serves several."""
OPTIONS: Final = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
"""The options in the order in which systems apply them."""

_FINEST: Final = 6 * 3600.0
"""Seconds below which runs are not told apart when years are looked at; an hour where options look at hours."""
_START: Final = datetime(2024, 1, 1, 2, 0, tzinfo=UTC)
_LOOK: Final = 730 * 86400.0
_LENGTH: Final = {
    "hourly": 3600.0,
    "daily": 86400.0,
    "weekly": 7 * 86400.0,
    "monthly": 31 * 86400.0,
    "yearly": 366 * 86400.0,
}
MOST: Final = {"last": 1000, "hourly": 200, "daily": 800, "weekly": 260, "monthly": 120, "yearly": 15}
"""How many of each option a look over years takes in."""


def bucket(tier: str, moment: datetime) -> tuple[int, ...]:
    """Give the period of a moment, which must be in the zone that counts: ISO weeks, calendar months and years."""
    if tier == "weekly":
        year, week, _ = moment.isocalendar()
        return (year, week)
    if tier == "yearly":
        return (moment.year,)
    if tier == "monthly":
        return (moment.year, moment.month)
    if tier == "daily":
        return (moment.year, moment.month, moment.day)
    return (moment.year, moment.month, moment.day, moment.hour)


@dataclass(frozen=True, slots=True)
class _Point:
    """A moment with its periods, which are looked up often and made once."""

    moment: datetime
    periods: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, moment: datetime, zone: tzinfo, options: Iterable[str]) -> _Point:
        local = moment.astimezone(zone)
        return cls(moment, {option: bucket(option, local) for option in options if option != "last"})


def kept(
    moments: Iterable[datetime], keep: Keep, rule: Rule, zone: tzinfo = UTC, now: datetime | None = None
) -> list[datetime]:
    """Give the moments that a prune at `now` (the newest moment when left out) leaves, newest first.

    Without any option nothing is pruned. Rules: proxmox-backup `prune.rs`, borg `prune_split`, restic `ApplyPolicy` as
    of 0.14; newer releases of restic keep the oldest point, too, while an option is not used up.
    """
    limits = _limits(keep)
    points = [_Point.of(moment, zone, limits) for moment in sorted(set(moments), reverse=True)]
    left = _pruned(points, keep, rule, now or (points[0].moment if points else _START))
    return [point.moment for point in left]


def _limits(keep: Keep) -> dict[str, int]:
    return {option: getattr(keep, option) for option in OPTIONS if getattr(keep, option)}


def _pruned(points: list[_Point], keep: Keep, rule: Rule, now: datetime) -> list[_Point]:
    """Give what is left of points, newest first."""
    limits = _limits(keep)
    if limits:
        left = _restic(points, limits) if rule == "restic" else _tiered(points, limits, rule)
        points = [point for at, point in enumerate(points) if at in left]
    if keep.within is not None:
        oldest = now - timedelta(seconds=keep.within)
        points = [point for point in points if point.moment >= oldest]
    return points


def _restic(points: Sequence[_Point], limits: dict[str, int]) -> set[int]:
    left: set[int] = set()
    for option, number in limits.items():
        seen: set[tuple[int, ...]] = set()
        for at, point in enumerate(points):
            if len(seen) == number:
                break
            period = point.periods.get(option, (at,))
            if period not in seen:
                seen.add(period)
                left.add(at)
    return left


def _tiered(points: Sequence[_Point], limits: dict[str, int], rule: Rule) -> set[int]:
    left: set[int] = set()
    gone: set[int] = set()
    for option, number in limits.items():
        before = {points[at].periods.get(option, (at,)) for at in left} if rule == "pbs" else set()
        seen: set[tuple[int, ...]] = set()
        taken = 0
        for at, point in enumerate(points):
            period = point.periods.get(option, (at,))
            if rule == "pbs" and (at in left or at in gone or period in before):
                continue
            if period in seen:
                if rule == "pbs":
                    gone.add(at)
                continue
            if taken == number:
                break
            seen.add(period)
            if at not in left:
                left.add(at)
                taken += 1
        if rule == "borg" and taken < number:
            left.add(len(points) - 1)
    return left


def covers(points: Iterable[datetime], first: datetime, demanded: Generations, zone: tzinfo = UTC) -> bool:
    """True when the newest periods of every demanded tier hold a point; periods before `first` are not demanded."""
    local = [point.astimezone(zone) for point in points]
    if not local:
        return False
    newest, start = max(local), first.astimezone(zone)
    skipped = 1 if demanded.anchor == "completed" else 0
    for tier, number in demanded.tiers().items():
        held = {bucket(tier, point) for point in local}
        first_period, moment = bucket(tier, start), newest
        for at in range(number + skipped):
            period = bucket(tier, moment)
            if period < first_period:
                break
            if at >= skipped and period not in held:
                return False
            moment = _before(tier, moment)
    return True


def _before(tier: str, moment: datetime) -> datetime:
    """Give a moment in the period before that of `moment`."""
    if tier == "yearly":
        return moment.replace(month=1, day=1) - timedelta(days=1)
    if tier == "monthly":
        return moment.replace(day=1) - timedelta(days=1)
    return moment - timedelta(days=7 if tier == "weekly" else 1)


@dataclass(frozen=True, slots=True)
class Swing:
    """How a population of restore points swings over a long time; ages are seconds."""

    fewest: int
    most: int
    shortest: float | None
    """Least age of the oldest point, right after a prune; None when nothing was ever lost."""
    longest: float | None
    """Greatest age of the oldest point, right before the next run; None when nothing was ever lost."""
    complete: bool = True
    """False when at some time a demanded period held no point."""


def simulate(
    keep: Keep, rule: Rule, schedule: float, span: float = _LOOK, demanded: Generations | None = None
) -> Swing:
    """Run and prune every `schedule` seconds, and watch for `span` seconds what is left, once all options are used up.

    Runs that are very close are looked at less often, and the ages then err on the safe side; options beyond `MOST`
    are looked at as if they were these. `demanded` are periods that must hold a point.
    """
    interval = max(schedule, 3600.0 if keep.hourly or keep.last else _FINEST)
    swing = _watched(_bounded(keep, schedule / interval), rule, interval, span, demanded)
    if swing.shortest is None:
        return swing
    # The first run of a period comes sooner after the last one of the period before than it was looked at.
    return replace(swing, shortest=max(0.0, swing.shortest - (interval - schedule)))


@lru_cache(maxsize=512)
def _watched(keep: Keep, rule: Rule, interval: float, span: float, demanded: Generations | None) -> Swing:
    limits = _limits(keep)
    step = timedelta(seconds=interval)
    settled = sum(_LENGTH.get(option, interval) * (number + 1) for option, number in limits.items())
    if keep.within is not None:
        settled = min(settled or keep.within, keep.within)
    points: list[_Point] = []
    counts: list[int] = []
    ages: list[float] = []
    complete = True
    for number in range(int((settled + span) / interval) + 2):
        now = _START + number * step
        points = _pruned([_Point.of(now, UTC, limits), *points], keep, rule, now)
        if number * interval < settled:
            continue
        counts.append(len(points))
        ages.append((now - points[-1].moment).total_seconds())
        if demanded is not None and complete:
            complete = covers((point.moment for point in points), _START, demanded)
    if points[-1].moment == _START:
        return Swing(min(counts), max(counts), None, None, complete)
    return Swing(min(counts), max(counts), min(ages), max(ages) + interval, complete)


def _bounded(keep: Keep, share: float) -> Keep:
    """Give options that can be looked at; for runs looked at less often, the newest points reach as far back as they do."""
    options = {option: min(getattr(keep, option), MOST[option]) for option in OPTIONS}
    if keep.last and share < 1:
        options["last"] = max(1, int(options["last"] * share))
    return Keep(**options, within=keep.within)
