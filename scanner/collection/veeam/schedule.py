"""Schedules of Veeam jobs: how they read, and how long it may take from one run to the next."""

from __future__ import annotations

from typing import Any

from scanner.collection.exported.values import at, whole, word, words

_DAY = 86_400
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": _DAY}


def schedule_text(raw: Any) -> str | None:
    """Say a schedule in words such as `daily 22:00 everyday`; None when a job has none."""
    if at(raw, "runAutomatically") is False or at(raw, "isEnabled") is False:
        return None
    parts = []
    if at(raw, "daily", "isEnabled") is True:
        days = " ".join(words(at(raw, "daily", "days"))) if _kind(raw) == "selecteddays" else _kind(raw)
        parts.append(f"daily {word(at(raw, 'daily', 'localTime'))} {days}".strip())
    if at(raw, "monthly", "isEnabled") is True:
        parts.append(f"monthly {word(at(raw, 'monthly', 'localTime'))}".strip())
    if at(raw, "periodically", "isEnabled") is True:
        every = at(raw, "periodically", "frequency")
        parts.append(f"every {every} {word(at(raw, 'periodically', 'periodicallyKind')).casefold()}")
    if at(raw, "continuously", "isEnabled") is True:
        parts.append("continuously")
    if at(raw, "afterThisJob", "isEnabled") is True:
        parts.append(f"after job {word(at(raw, 'afterThisJob', 'jobName'))}")
    return ", ".join(parts) or None


def interval(raw: Any) -> int | None:
    """Give the longest seconds between two runs; None where there is no schedule, or it does not tell.

    Days follow the server's own clock, so that the night on which summer time ends counts 25 hours elsewhere.
    """
    if at(raw, "runAutomatically") is not True:
        return None
    if at(raw, "daily", "isEnabled") is True:
        return _daily(raw)
    if at(raw, "periodically", "isEnabled") is True:
        return _periodic(raw)
    if at(raw, "monthly", "isEnabled") is True:
        months = words(at(raw, "monthly", "months"))
        return 35 * _DAY if len(months) in (0, 12) else None
    return None


def _kind(raw: Any) -> str:
    return word(at(raw, "daily", "dailyKind")).casefold()


def _daily(raw: Any) -> int | None:
    kind = _kind(raw)
    if kind == "everyday":
        return _DAY
    if kind == "weekdays":
        return 3 * _DAY
    chosen = sorted({_WEEK.index(day) for each in words(at(raw, "daily", "days")) if (day := each.casefold()) in _WEEK})
    if kind != "selecteddays" or not chosen:
        return None
    return max((after - day - 1) % 7 + 1 for day, after in zip(chosen, [*chosen[1:], chosen[0]], strict=True)) * _DAY


def _periodic(raw: Any) -> int | None:
    unit = _UNITS.get(word(at(raw, "periodically", "periodicallyKind")).casefold())
    every = whole(at(raw, "periodically", "frequency"))
    window = at(raw, "periodically", "backupWindow", "days")
    hours = [word(at(day, "hours")) for day in window] if isinstance(window, list) else []
    if unit is None or not isinstance(every, int) or every == 0 or any("0" in each for each in hours):
        return None
    return unit * every
