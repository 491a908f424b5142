"""Calendar events as Proxmox writes schedules: how long it is between two runs at most."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

_NAMES = {
    "minutely": "*-*-* *:*:0",
    "hourly": "*-*-* *:0:0",
    "daily": "*-*-* 0:0:0",
    "weekly": "mon *-*-* 0:0:0",
    "monthly": "*-*-1 0:0:0",
    "quarterly": "*-1,4,7,10-1 0:0:0",
    "semiannually": "*-1,7-1 0:0:0",
    "semi-annually": "*-1,7-1 0:0:0",
    "yearly": "*-1-1 0:0:0",
    "annually": "*-1-1 0:0:0",
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = dict(zip(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), _DAYS, strict=True))
_ITEM = re.compile(r"(?:(\*)|(\d{1,4})(?:\.\.(\d{1,4}))?)(?:/(\d{1,4}))?")
_FROM, _UNTIL = date(2023, 1, 1), date(2040, 12, 31)
"""Days that are looked through: they hold every combination of weekday and leap year."""


@lru_cache(maxsize=1000)
def longest(schedule: str) -> float | None:
    """Give the longest time in seconds between two runs of a schedule; None when it is not understood.

    The syntax is that of Proxmox's calendar events: `[WEEKDAYS] [[YEARS-]MONTHS-DAYS] [[HOURS:]MINUTES[:SECONDS]]`
    with lists, ranges `a..b` and steps `/n`, or a word such as `daily`. Changes of the clock (summer time) and
    schedules that end with a year are not thought of.
    """
    text = " ".join(schedule[:200].lower().split()).removesuffix(" utc")
    parts = _NAMES.get(text, text).split(" ")
    weekdays = _weekdays(parts[0])
    if weekdays is not None:
        parts = parts[1:]
    days = _dates(parts[0]) if parts and "-" in parts[0] else None
    if parts and "-" in parts[0]:
        if days is None:
            return None
        parts = parts[1:]
    if weekdays is None and days is None and not parts:
        return None
    times = _times(parts[0]) if len(parts) == 1 else [0] if not parts else None
    if not times:
        return None
    return _longest(weekdays, days, times)


def _longest(
    weekdays: frozenset[int] | None,
    days: tuple[frozenset[int], frozenset[int], frozenset[int]] | None,
    times: list[int],
) -> float | None:
    within = max((later - earlier for earlier, later in pairwise(times)), default=0)
    before: date | None = None
    between = 0
    day = _FROM
    while day <= _UNTIL:
        fits = weekdays is None or day.weekday() in weekdays
        if fits and days is not None:
            years, months, numbers = days
            fits = day.year in years and day.month in months and day.day in numbers
        if fits:
            if before is not None:
                between = max(between, (day - before).days)
            before = day
        day += timedelta(days=1)
    if not between or before is None or (_UNTIL - before).days > between:
        return None
    return float(max(within, between * 86400 - times[-1] + times[0]))


def _weekdays(text: str) -> frozenset[int] | None:
    found: set[int] = set()
    for item in text.split(","):
        first, dots, last = (_LONG.get(word, word) for word in item.partition(".."))
        if first not in _DAYS or (dots and last not in _DAYS):
            return None
        start = _DAYS.index(first)
        end = _DAYS.index(last) if dots else start
        if end < start:
            return None
        found |= set(range(start, end + 1))
    return frozenset(found)


def _dates(text: str) -> tuple[frozenset[int], frozenset[int], frozenset[int]] | None:
    fields = text.split("-")
    if len(fields) == 2:
        fields = ["*", *fields]
    if len(fields) != 3:
        return None
    years = _numbers(fields[0], 2000, 2100)
    months = _numbers(fields[1], 1, 12)
    days = _numbers(fields[2], 1, 31)
    return None if years is None or months is None or days is None else (years, months, days)


def _times(text: str) -> list[int] | None:
    """Give the seconds of a day; a single field is minutes of every hour."""
    fields = text.split(":")
    if len(fields) > 3:
        return None
    if len(fields) == 1:
        fields = ["*", *fields]
    hours = _numbers(fields[0], 0, 23)
    minutes = _numbers(fields[1], 0, 59)
    seconds = _numbers(fields[2], 0, 59) if len(fields) == 3 else frozenset({0})
    if hours is None or minutes is None or seconds is None:
        return None
    return [
        hour * 3600 + minute * 60 + second
        for hour in sorted(hours)
        for minute in sorted(minutes)
        for second in sorted(seconds)
    ]


def _numbers(text: str, least: int, most: int) -> frozenset[int] | None:
    found: set[int] = set()
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            return None
        every, first, last, step = match.groups()
        start = least if every else int(first)
        end = int(last) if last else most if every or step else start
        if not least <= start <= end <= most or step == "0" or (step and int(step) == 0):
            return None
        found |= set(range(start, end + 1, int(step or 1)))
    return frozenset(found)
