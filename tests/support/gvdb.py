"""Writes small GVDB databases, as `dconf compile` would, for tests on machines without dconf."""

from __future__ import annotations

import struct
from collections.abc import Mapping

NO_PARENT = 0xFFFFFFFF


def gvdb(values: Mapping[str, tuple[str, bytes]], locks: tuple[str, ...] = ()) -> bytes:
    """Give a database of key > (GVariant type, serialised value), with a table of locks where there are any."""
    body = bytearray(24)
    entries = [(key, b"v", _put(body, data + b"\0" + kind.encode())) for key, (kind, data) in values.items()]
    if locks:
        inner = [(key, b"v", _put(body, b"\x01\0b")) for key in locks]
        entries.append((".locks", b"H", _table(body, inner)))
    root = _table(body, entries)
    body[:24] = b"GVariant" + struct.pack("<IIII", 0, 0, *root)
    return bytes(body)


def _put(body: bytearray, data: bytes) -> tuple[int, int]:
    body += bytes(-len(body) % 8)
    start = len(body)
    body += data
    return start, len(body)


def _table(body: bytearray, entries: list[tuple[str, bytes, tuple[int, int]]]) -> tuple[int, int]:
    items = bytearray(struct.pack("<III", 0, 1, 0))
    for key, kind, (start, end) in entries:
        name, _ = _put(body, key.encode())
        items += struct.pack("<IIIHcBII", 0, NO_PARENT, name, len(key), kind, 0, start, end)
    return _put(body, bytes(items))
