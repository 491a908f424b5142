"""Durations and sizes: from the words of people to seconds and bytes, and back."""

from __future__ import annotations

import re
from decimal import Decimal

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "s": 1}
_SPELLINGS = {
    **dict.fromkeys(("w", "week", "weeks"), "w"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("m", "min", "minute", "minutes"), "min"),
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
}
_BYTES = {
    "B": 1,
    **{f"{letter}iB": 2 ** (10 * power) for power, letter in enumerate("KMGTP", start=1)},
    **{f"{letter}B": 10 ** (3 * power) for power, letter in enumerate("kMGTP", start=1)},
    "KB": 10**3,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", re.ASCII)


def duration(text: str) -> int | float:
    """Give the seconds of `90d`, `1h30m` or `15 min`: units from long to short, each once.

    Raises ValueError with what is wrong and what to do.
    """
    text = text.strip()
    total, position, last = Decimal(0), 0, float("inf")
    while part := _PART.match(text, position):
        unit = _SPELLINGS.get(part[2].lower())
        if unit is None:
            raise ValueError(_no_unit(text, part[2]))
        if _SECONDS[unit] >= last:
            raise ValueError(f"the units of {text!r} do not go from long to short (write such as 1h30m)")
        last, position = _SECONDS[unit], part.end()
        total += Decimal(part[1]) * _SECONDS[unit]
    if position < len(text) or not position:
        raise ValueError(f"{text!r} is no duration (write such as 90d, 1h30m or 15 min)")
    return int(total) if total == int(total) else float(total)


def _no_unit(text: str, unit: str) -> str:
    if unit.lower() in ("mo", "month", "months", "y", "year", "years"):
        return f"{text!r}: months and years have no fixed length (write days, such as 31d or 365d)"
    return f"{text!r}: {unit!r} is no unit of time (write w, d, h, min or s)"


def size(text: str) -> int:
    """Give the bytes of `10 MiB` (binary) or `30 GB` (decimal).

    Raises ValueError with what is wrong and what to do.
    """
    text = text.strip()
    part = _PART.fullmatch(text)
    if part is None:
        raise ValueError(f"{text!r} is no size (write such as 10 MiB or 30 GB)")
    if part[2] not in _BYTES:
        raise ValueError(f"{text!r}: {part[2]!r} is no unit of size (write B, KiB, MiB, GiB, TiB, kB, MB, GB or TB)")
    total = Decimal(part[1]) * _BYTES[part[2]]
    if total != int(total):
        raise ValueError(f"{text!r} is not a whole number of bytes (write it in a smaller unit)")
    return int(total)


def duration_words(seconds: float, units: int = 4) -> str:
    """Render seconds exactly as `1 d 2 h`, or cut to the largest `units` units."""
    if seconds < 0:
        return f"minus {duration_words(-seconds, units)}"
    words: list[str] = []
    rest = seconds
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        number, rest = divmod(rest, length)
        if number:
            words.append(f"{number:.0f} {unit}")
    if rest or not words:
        words.append(f"{rest:g} s")
    return " ".join(words[:units])


def size_words(number: int) -> str:
    """Render bytes exactly in the largest fitting unit (`10 MiB`, `30 GB`), else roughly with the bytes beside it."""
    for unit, factor in sorted(_BYTES.items(), key=lambda entry: -entry[1]):
        if unit not in ("KB", "B") and number and number % factor == 0:
            return f"{number // factor} {unit}"
    for unit in ("PiB", "TiB", "GiB", "MiB", "KiB"):
        if abs(number) >= _BYTES[unit]:
            return f"{number / _BYTES[unit]:.1f} {unit} ({number} bytes)"
    return f"{number} B"
