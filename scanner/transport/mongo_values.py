"""Documents of BSON made plain: what evidence can hold, bounded in depth and size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bson import DatetimeMS, Int64, ObjectId, Timestamp

from scanner.transport.mongo_commands import Value

LONGEST = 65_536
"""Characters of one text that are kept; the rest is left off with a mark."""
_DEEPEST = 16
_MOST = 400_000


@dataclass(slots=True)
class Plainer:
    """Makes one reply plain within a budget; `cut` tells what was left off."""

    left: int
    """Bytes that may still come, about."""
    cut: str = ""
    _seen: int = 0

    def document(self, found: Mapping[str, object]) -> dict[str, Value]:
        """Give a document's fields as plain values."""
        value = self._value(found, 0)
        return value if isinstance(value, dict) else {}

    def _value(self, value: object, depth: int) -> Value:
        self._seen += 1
        if self._spent():
            return None
        self.left -= 8
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int | Int64):
            return int(value)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping | list | tuple):
            return self._nested(value, depth)
        return self._text(_scalar(value))

    def _nested(self, value: Mapping[str, object] | list[object] | tuple[object, ...], depth: int) -> Value:
        if depth >= _DEEPEST:
            self.cut = f"more than {_DEEPEST} levels in each other"
            return None
        if not isinstance(value, Mapping):
            parts: list[Value] = []
            for part in value:
                parts.append(self._value(part, depth + 1))
                if self._spent():
                    break
            return parts
        found: dict[str, Value] = {}
        for name, part in value.items():
            found[self._text(str(name))] = self._value(part, depth + 1)
            if self._spent():
                break
        return found

    def _spent(self) -> bool:
        """Tell whether no more is kept; `cut` says so then."""
        if self._seen > _MOST or self.left < 0:
            self.cut = "more than the limit of an answer's size"
        return bool(self._seen > _MOST or self.left < 0)

    def _text(self, text: str) -> str:
        self.left -= min(len(text), LONGEST)
        kept = text if len(text) <= LONGEST else text[:LONGEST] + "…"
        return kept.encode("utf-8", "replace").decode("utf-8")


def _scalar(value: object) -> str:
    """Give a value of BSON that JSON does not know as text."""
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Timestamp):
        return _scalar(value.as_datetime())
    if isinstance(value, ObjectId):
        return str(value)
    if isinstance(value, DatetimeMS):
        return f"a time beyond the calendar ({int(value)} ms)"
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    return str(value)[: LONGEST + 1]
