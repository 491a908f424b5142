"""Reads GVDB files, the compiled databases of dconf and GSettings: any bytes give a table or nothing.

Source: the description in gvdb's gvdb-format.h, and the serialisation of GVariant. All offsets are checked, each
table is read once, and values of other types than those that settings commonly have stay unread.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Value: TypeAlias = str | int | bool | float | list[str] | None
"""None for a value of a type that is not read."""
Table: TypeAlias = "dict[str, Value | Table]"

_MAGIC = b"GVariant"
_ITEM = struct.Struct("<IIIHcBII")
_MAX_ITEMS = 20_000
_MAX_DEPTH = 4
_MAX_PARENTS = 40
_NUMBERS = {"y": "B", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d"}


def read_gvdb(raw: bytes) -> Table | None:
    """Give the root table: key > value, or a table of its own; None for bytes that are no whole database."""
    if raw[:8] != _MAGIC or len(raw) < 24:
        return None
    version, _options, start, end = struct.unpack_from("<IIII", raw, 8)
    if version != 0:
        return None
    try:
        return _table(raw, start, end, 0)
    except (ValueError, struct.error, RecursionError):
        return None


def _part(raw: bytes, start: int, end: int) -> bytes:
    if not 0 <= start <= end <= len(raw):
        raise ValueError("an offset leads out of the file")
    return raw[start:end]


def _table(raw: bytes, start: int, end: int, depth: int) -> Table:
    head = _part(raw, start, end)
    if depth > _MAX_DEPTH:
        raise ValueError("tables are nested too deeply")
    bloom, buckets = struct.unpack_from("<II", head, 0)
    first = 8 + 4 * (bloom & (1 << 27) - 1) + 4 * buckets
    table: Table = {}
    items = [_Item(*_ITEM.unpack_from(head, place)) for place in _places(head, first)]
    for item in items:
        if item.kind == b"v":
            table[_name(raw, items, item)] = _variant(_part(raw, item.start, item.end))
        elif item.kind == b"H":
            table[_name(raw, items, item)] = _table(raw, item.start, item.end, depth + 1)
    return table


class _Item(NamedTuple):
    hash: int
    parent: int
    key: int
    length: int
    kind: bytes
    unused: int
    start: int
    end: int


def _places(head: bytes, first: int) -> range:
    if first > len(head) or (len(head) - first) // _ITEM.size > _MAX_ITEMS:
        raise ValueError("the table is not whole")
    return range(first, len(head) - _ITEM.size + 1, _ITEM.size)


def _name(raw: bytes, items: Sequence[_Item], item: _Item) -> str:
    """Give the key of an item: its parents' names come before its own."""
    parts: list[bytes] = []
    while len(parts) < _MAX_PARENTS:
        parts.append(_part(raw, item.key, item.key + item.length))
        if item.parent >= len(items):
            return b"".join(reversed(parts)).decode("utf-8", "replace")
        item = items[item.parent]
    raise ValueError("an item is its own ancestor")


def _variant(raw: bytes) -> Value:
    """Read a serialised variant: the value, a NUL, the text of its type."""
    data, mark, kind = raw.rpartition(b"\0")
    if not mark:
        raise ValueError("a variant without its type")
    return _value(data, kind.decode("ascii", "replace"))


def _value(data: bytes, kind: str) -> Value:
    if kind == "b":
        return data[:1] == b"\x01"
    if kind in _NUMBERS:
        number: int | float = struct.unpack_from("<" + _NUMBERS[kind], data)[0]
        return number
    if kind in ("s", "o", "g"):
        return data.removesuffix(b"\0").decode("utf-8", "replace")
    if kind == "as":
        return _texts(data)
    return None


def _texts(data: bytes) -> list[str]:
    """Read an array of texts: the texts with their NULs, then the offset of each one's end."""
    if not data:
        return []
    size = 1 if len(data) <= 0xFF else 2 if len(data) <= 0xFFFF else 4
    last = int.from_bytes(data[-size:], "little")
    body = _part(data, 0, last)
    return body.removesuffix(b"\0").decode("utf-8", "replace").split("\0")
