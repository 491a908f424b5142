"""Calendar periods that must hold a point, history, and what pruning would leave (backups: section retention)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 86400.0
_FIRST, _LAST = -62135596800, 253402300799

_BEGIN: Mapping[str, Callable[[date], date]] = {
    "daily": lambda day: day,
    "weekly": lambda day: day - timedelta(days=day.weekday()),
    "monthly": lambda day: day.replace(day=1),
    "yearly": lambda day: day.replace(month=1, day=1),
}
_FORM = {"daily": "%Y-%m-%d", "weekly": "%G-W%V", "monthly": "%Y-%m", "yearly": "%Y"}


def local_day(moment: float, zone: ZoneInfo) -> date:
    """Give the day of a moment in a time zone; what no calendar holds becomes its first day."""
    try:
        return datetime.fromtimestamp(moment, zone).date()
    except (OverflowError, OSError, ValueError):
        return date.min


def period(tier: str, moment: float, zone: ZoneInfo) -> date:
    """Give the first day of the day, ISO week, month or year in which a moment lies."""
    return _BEGIN[tier](local_day(moment, zone))


def name(tier: str, begin: date) -> str:
    """Name a period: `2026-11-20`, `2026-W47`, `2026-11`, `2026`."""
    return begin.strftime(_FORM[tier])


def wanted(tier: str, number: int, last: date) -> list[date]:
    """Give the first days of so many periods, the newest first, that end with `last`."""
    found: list[date] = []
    while len(found) < number and last > date.min:
        found.append(last)
        last = _before(tier, last)
    return found


def _before(tier: str, begin: date) -> date:
    return _BEGIN[tier](begin - timedelta(days=1)) if begin > date.min + timedelta(days=400) else date.min


def demanded(
    tiers: Mapping[str, int], anchor: str, newest: float, now: float, zone: ZoneInfo, created: float | None = None
) -> dict[str, list[date]]:
    """Give per tier the periods that must hold a point, the newest first.

    Anchor `newest`: they end with the period of the newest point (`newest`); `completed`: with the last one that is
    over. Periods that began before the asset did (`created`) are left out.
    """
    found = {}
    for tier, number in tiers.items():
        last = period(tier, newest, zone) if anchor == "newest" else _before(tier, period(tier, now, zone))
        found[tier] = [
            begin for begin in wanted(tier, number, last) if created is None or _midnight(begin, zone) >= created
        ]
    return found


def _midnight(begin: date, zone: ZoneInfo) -> float:
    return datetime(begin.year, begin.month, begin.day, tzinfo=zone).timestamp()


def missing(wants: Mapping[str, Sequence[date]], points: Iterable[float], zone: ZoneInfo) -> dict[str, list[date]]:
    """Give per tier the wanted periods in which no point lies."""
    days = {local_day(moment, zone) for moment in points}
    held = {tier: {_BEGIN[tier](day) for day in days} for tier in wants}
    return {tier: [begin for begin in begins if begin not in held[tier]] for tier, begins in wants.items()}


def history_limit(demand: float, interval: float, age: float | None) -> float:
    """Give how far back one must be able to go: the demand less one interval, no further than the asset is old."""
    reach = demand if age is None else min(demand, max(age, 0.0))
    return max(0.0, reach - interval)


def text_of(moment: float) -> str:
    """Write a moment as RFC 3339 in UTC to the second; beyond what calendars hold the nearest that they do."""
    held = datetime.fromtimestamp(int(min(max(moment, _FIRST), _LAST)), UTC)
    return f"{held:%Y-%m-%dT%H:%M:%SZ}".zfill(20)
