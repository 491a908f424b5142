"""Whether a dropped file is as new as it ought to be: an old one tells what was, not what is."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.collection.exported.values import seconds_between
from scanner.matching.units import duration, duration_words
from scanner.model.evidence import Gap, error, unknown

_USUAL = 86_400.0
_SKEW = 300.0
"""How much a clock may be ahead of ours."""


def collected(told: str, modified: str) -> str:
    """Give when a file's content was true: what it tells itself, or when it was written if that was earlier.

    A copy is newer than what it tells; a content that is newer than its file was made by a clock that is ahead.
    """
    return min(told, modified) if told and modified else told or modified


def ahead(what: str, told: str, modified: str) -> Gap | None:
    """Say that a file tells a later moment than that at which it was written: all its times are those of a clock that is off."""
    gap = seconds_between(modified, told)
    if gap is None or gap <= _SKEW:
        return None
    return unknown(f"{what}: it tells a time {duration_words(gap, 2)} after it was written (check the clocks)")


def stale(what: str, collected_at: str, now: str, settings: Mapping[str, str]) -> Gap | None:
    """Say why a file is too old, or from the future, to be believed; None when it is neither.

    `every` of the target says how often it is renewed (a day if it is not set); a tenth of it, at least an hour,
    is granted on top.
    """
    every = settings.get("every", "")
    try:
        rhythm = float(duration(every)) if every else _USUAL
    except ValueError as problem:
        return error(f"every: {problem}")
    age = seconds_between(collected_at, now)
    if age is None:
        return error(f"{what}: when it was made is not known")
    if age < -_SKEW:
        return unknown(f"{what}: it was made {duration_words(-age, 2)} in the future (check the clocks)")
    if age > rhythm + max(3600.0, rhythm / 10):
        old, often = duration_words(age, 2), duration_words(rhythm, 2)
        return unknown(f"{what}: it is {old} old, and is to be renewed every {often} (see to what exports it)")
    return None
