"""Values of database drivers made plain: what evidence can hold, bounded in size."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from scanner.transport.sql import Plain

LONGEST = 65_536
"""Characters of one text that are kept; the rest is left off with a mark."""
_MOST = 10_000


def as_plain(value: object) -> Plain:
    """Give a driver's value as text, number, truth, list of texts or None; never raises on values of known drivers."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | Decimal):
        return float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, list | tuple | set | frozenset):
        return [text_of(part) for part in list(value)[:_MOST]]
    return text_of(value)


def text_of(value: object) -> str:
    """Give a value as text of bounded length."""
    if isinstance(value, bytes | bytearray | memoryview):
        text = bytes(value[: LONGEST + 1]).decode("utf-8", "backslashreplace")
    elif isinstance(value, date | Mapping):
        text = str(value)
    else:
        text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
