"""Archives of transaction logs: 200,000 segments as pgBackRest lists them, read and followed to their end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.figures import Figure, apart


def figures(*, quick: bool) -> Iterator[Figure]:
    """CPU seconds and memory of reading a listing with one gap in it, and of telling what it is good for."""
    count = 20_000 if quick else 200_000
    used = apart(follow, count)
    size = f"{used['bytes'] / 1e6:.0f} MB of JSON"
    yield Figure(f"pgbackrest listing of {count:,} segments: read", used["read"], "s", 2.0, note=size)
    yield Figure(f"{count:,} segments: contiguity", used["followed"], "s", 1.0, note=f"{used['missing']} missing found")
    yield Figure(f"{count:,} segments: memory above the JSON itself", used["more"], "MB", 150)


def follow(count: int) -> dict[str, Any]:
    """Make the listing, read it, follow it; in a process of its own."""
    import time

    from scanner.collection.backup.pgbackrest_listing import Listing
    from scanner.collection.backup.wal import Base
    from tests.benchmarks.figures import peak

    raw = _listing(count)
    before, begun = peak(), time.process_time()
    listing = Listing.of(raw)
    read = time.process_time() - begun
    base = Base("full", _name(10), _name(11), lsn=10 * 2**24 + 40)
    begun = time.process_time()
    reach = listing.archives["16-1"].reach([base], {})
    followed = time.process_time() - begun
    assert reach.newest == _name(count - 1)
    return {
        "bytes": len(raw),
        "read": read,
        "followed": followed,
        "missing": reach.missing,
        "more": peak() - before,
    }


def _name(number: int) -> str:
    return f"00000001{number // 256:08X}{number % 256:08X}"


def _listing(count: int) -> bytes:
    """Give the JSON of `repo-ls` piece by piece, so that making it does not set the mark of memory."""
    made = bytearray(b'{".":{"type":"path"}')
    for number in range(count):
        if number != count // 2:
            entry = json.dumps({"type": "file", "size": 700, "time": 1_795_000_000 + number}, separators=(",", ":"))
            name = _name(number)
            made += f',"16-1/{name[:16]}/{name}-{number:040x}.zst":{entry}'.encode()
    made += b"}"
    return bytes(made)
