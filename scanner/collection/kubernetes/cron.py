"""How long it may take from one run of a cron schedule to the next."""

from __future__ import annotations

import itertools
import re
from datetime import date, timedelta

from scanner.collection.kubernetes.objects import go_duration

_DAY = 86_400
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_ZONE = re.compile(r"(?:CRON_)?TZ=\S+\s+")
_FIRST = date(2024, 1, 1)
_SPAN = 5 * 366
"""Days that are looked at: they hold two leap days."""


def longest_wait(text: str) -> int | None:
    """Give the longest seconds between two runs of a schedule of five fields, `@daily` or `@every 6h`.

    None where it cannot be read or never runs; changes between summer and winter time are left aside.
    """
    bare = _ZONE.sub("", text.strip(), count=1)
    if bare.startswith("@every "):
        seconds = go_duration(bare[7:].strip())
        return int(seconds) if isinstance(seconds, float) and seconds >= 1 else None
    fields = _NAMED.get(bare, bare).split()
    if len(fields) != 5:
        return None
    minutes, hours = _values(fields[0], 0, 59), _values(fields[1], 0, 23)
    in_month, months = _values(fields[2], 1, 31), _values(fields[3], 1, 12, _MONTHS)
    in_week = _values(fields[4], 0, 7, _DAYS)
    if minutes is None or hours is None or in_month is None or months is None or in_week is None:
        return None
    times = sorted(hour * 3600 + minute * 60 for hour in hours for minute in minutes)
    # As in cron, a restricted day of the month and a restricted day of the week each suffice.
    either = not fields[2].startswith(("*", "?")) and not fields[4].startswith(("*", "?"))
    week = {each % 7 for each in in_week}
    days = []
    for offset in range(_SPAN):
        day = _FIRST + timedelta(days=offset)
        fits_month, fits_week = day.day in in_month, day.isoweekday() % 7 in week
        if day.month in months and (fits_month or fits_week if either else fits_month and fits_week):
            days.append(offset)
    if not days:
        return None
    within = max((after - before for before, after in itertools.pairwise(times)), default=0)
    apart = max((after - before for before, after in itertools.pairwise(days)), default=_SPAN)
    return max(within, apart * _DAY - times[-1] + times[0])


def _values(field: str, least: int, most: int, names: tuple[str, ...] = ()) -> set[int] | None:
    found: set[int] = set()
    for part in field.casefold().split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span in ("*", "?"):
            low, high = least, most
        else:
            start, end = _number(first, least, names), _number(last if dash else first, least, names)
            if start is None or end is None:
                return None
            low, high = start, most if step and not dash else end
        if not least <= low <= high <= most or (step and not (step.isdecimal() and 0 < int(step[:4]) <= most)):
            return None
        found.update(range(low, high + 1, int(step) if step else 1))
    return found


def _number(text: str, least: int, names: tuple[str, ...]) -> int | None:
    if text in names:
        return names.index(text) + (1 if least else 0)
    return int(text) if text.isdecimal() and len(text) < 5 else None
