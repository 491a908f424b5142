"""What the name of a file or object tells of the restore point in it: its time, whether it is whole, encrypted."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from scanner.collection.backup.values import instant, moment

_UNFINISHED = re.compile(r".*\.(partial|part|tmp)", re.IGNORECASE)
_ENCRYPTED = re.compile(r".*\.(gpg|pgp|age|aes|enc)(\.[^.]+)?", re.IGNORECASE)
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_SHAPES = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def status(name: str, size: object) -> str:
    """Give the status of a restore point: an empty file is failed, one that is still being written is partial."""
    return "failed" if size == 0 else "partial" if _UNFINISHED.fullmatch(name) else "ok"


def encrypted(name: str) -> bool:
    """True when the name is one that programs give to what they encrypted."""
    return _ENCRYPTED.fullmatch(name) is not None


def time(name: str) -> str | None:
    """Give the time that a name tells: a date, with or without a time of day, or Unix seconds.

    It is in UTC unless an offset ends it; a date alone is the beginning of that day.
    """
    offset = _OFFSET.search(name) if re.search(r"\d[T_ -]?\d\d[:_-]?\d\d", name) else None
    if offset and "T" not in name and ":" not in name:
        # `2026-11-20-0200` is a time of day, and no offset.
        offset = None if offset[0] != "Z" else offset
    digits = re.sub(r"\D", "", name[: offset.start()] if offset else name)
    if len(digits) == 10 and not re.fullmatch(r"20\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])([01]\d|2[0-3])", digits):
        return moment(digits)
    shape = "%Y%m%d%H" if len(digits) == 10 else _SHAPES.get(len(digits))
    if shape is None:
        return None
    try:
        read = datetime.strptime(digits, shape).replace(tzinfo=UTC)
    except ValueError:
        return None
    return instant(read.strftime("%Y-%m-%dT%H:%M:%S") + (offset[0] if offset else "Z"))
