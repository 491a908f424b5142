"""Reads single values out of JSON that somebody else wrote: what is odd becomes a gap, never an exception."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from scanner.model.evidence import ABSENT, Cell, Gap, error

_LONGEST = 10_000
_MASKABLE = 4_000
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_PART = re.compile(r"(\d+)(ms|[smhdwy])", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_SIZE = re.compile(r"(\d+)([KMGTPE]?)i?B", re.ASCII)
_NEVER = "0001-01-01"
_SECRET_PARTS = re.compile(r"([a-z][a-z0-9+.-]*://)[^\s/@\"']*@", re.IGNORECASE)
_QUESTION = re.compile(r"(://[^\s?#\"']*)[?#][^\s\"']*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]+")


def clean(text: str, longest: int = _LONGEST) -> str:
    """Give a text as it may stand in evidence: it has an UTF-8 form, and is not too long."""
    kept = text[:longest] + ("…" if len(text) > longest else "")
    return kept.encode("utf-8", "backslashreplace").decode()


def masked(text: str, longest: int = 500) -> str:
    """Cut credentials and parameters out of all addresses of a text, and put it on one line."""
    if len(text) > _MASKABLE:
        # An address that is cut in the middle could show a password whose end is gone.
        text = text[:_MASKABLE].rpartition(" ")[0]
    bare = _QUESTION.sub(r"\1", _SECRET_PARTS.sub(r"\1", _CONTROL.sub(" ", text)))
    return clean(bare.strip(), longest)


def text(value: Any, what: str) -> Cell:
    """Give a text; what is not there is an error, for it must be."""
    return clean(value) if isinstance(value, str) else error(f"{what} is not a text in the answer")


def told(value: Any) -> Cell:
    """Give a text without credentials, absent where there is none."""
    return masked(value) if isinstance(value, str) and value.strip() else ABSENT


def one_of(value: Any, known: tuple[str, ...], what: str) -> Cell:
    """Give one of the words that are known."""
    if isinstance(value, str) and value in known:
        return value
    return error(f"{what} is {clean(str(value)[:40])!r} in the answer, which is not one of: {', '.join(known)}")


def count(value: Any, what: str) -> Cell:
    """Give a whole number that is not negative, also where it is written as text or with a point."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number) or not 0 <= number < 2**63:
        return error(f"{what} is no number in the answer")
    return round(number)


def seconds(value: Any, what: str) -> Cell:
    """Give a duration in seconds, of a number or of a text such as `1h30m`."""
    if isinstance(value, str):
        parts = _PART.findall(value)
        if not parts or "".join(a + b for a, b in parts) != value or len(value) > 40:
            return 0 if value == "0" else error(f"{what} is no duration in the answer")
        value = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return error(f"{what} is no duration in the answer")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not 0 <= number < 1e11:
        return error(f"{what} is no duration in the answer")
    return int(number) if number == int(number) else round(number, 3)


def size(value: Any, what: str) -> Cell:
    """Give bytes, of a text such as `10GiB`."""
    found = _SIZE.fullmatch(value) if isinstance(value, str) and len(value) < 40 else None
    if found is None:
        return error(f"{what} is no size in the answer")
    return int(int(found[1]) * 1024 ** " KMGTPE".index(found[2] or " "))


def moment(value: Any, what: str) -> Cell:
    """Give a time in UTC to the second; absent for the zero time that stands for never."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return error(f"{what} is no time in the answer")
    if found[1].startswith(_NEVER):
        return ABSENT
    try:
        when = datetime.fromisoformat(found[1] + found[2].replace("Z", "+00:00"))
        return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    except (ValueError, OverflowError):
        return error(f"{what} is no time in the answer")


def mapping(value: Any) -> dict[str, Any]:
    """Give a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def pairs(value: Any, what: str) -> Cell:
    """Give a map of text to text."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        return error(f"{what} are no texts in the answer")
    return {clean(name, 300): clean(each, 1000) for name, each in value.items()}


def span(begin: Cell, end: Cell) -> Cell:
    """Give the seconds between two times."""
    if isinstance(begin, Gap):
        return begin
    if isinstance(end, Gap):
        return end
    if not isinstance(begin, str) or not isinstance(end, str):
        return ABSENT
    length = (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
    return int(length) if length >= 0 else error("it ends before it begins")
