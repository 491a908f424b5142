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


def kept(times: Sequence[float], keep: Mapping[str, int], zone: ZoneInfo, *, each_counts: bool = False) -> set[int]:
    """Give the indexes of the points that pruning would keep; without options it keeps all.

    Options are `last`, `hourly`, `daily`, `weekly`, `monthly`, `yearly`. By the rule of Proxmox and Borg an option
    passes over periods that an earlier option has kept a point of; with `each_counts`, the rule of restic, each
    option counts for itself.
    """
    options = {option: number for option in ("last", "hourly", *_BEGIN) if (number := keep.get(option, 0)) > 0}
    order = sorted(range(len(times)), key=lambda index: (-times[index], index))
    if not options:
        return set(order)
    stays: set[int] = set()
    for option, number in options.items():
        spots = {index: _spot(option, index, times[index], zone) for index in order}
        already = set() if each_counts else {spots[index] for index in stays}
        filled: set[object] = set()
        for index in order:
            if (index in stays and not each_counts) or spots[index] in already or spots[index] in filled:
                continue
            if len(filled) >= number:
                break
            filled.add(spots[index])
            stays.add(index)
    return stays


def _spot(option: str, index: int, moment: float, zone: ZoneInfo) -> object:
    if option == "last":
        return index
    if option == "hourly":
        return datetime.fromtimestamp(moment, zone).strftime("%Y-%m-%d %H%z")
    return period(option, moment, zone)


def text_of(moment: float) -> str:
    """Write a moment as RFC 3339 in UTC to the second; beyond what calendars hold the nearest that they do."""
    held = datetime.fromtimestamp(int(min(max(moment, _FIRST), _LAST)), UTC)
    return f"{held:%Y-%m-%dT%H:%M:%SZ}".zfill(20)
