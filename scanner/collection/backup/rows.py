"""Rows of the facts of backup systems: every field stands in each, absent where a system does not tell it."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.collection.backup.wal import Reach
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

NO_TIME = error("the tool told no time that can be read")
NO_WORD = error("the tool told nothing here that can be read")


def known(value: Cell | None, gap: Gap = NO_WORD) -> Cell:
    """Give the value, or the gap where there is none."""
    return gap if value is None or value == "" else value


def told(value: Cell | None) -> Cell:
    """Give the value, or ABSENT where the system does not say it."""
    return ABSENT if value is None or value == "" else value


def point(system: str, thing: str, location: str, name: str, **cells: Cell) -> Row:
    """Give a row of `backup.restore_point`; what is not said is absent, and nothing was verified or protected."""
    return {
        "system": system,
        "object": thing,
        "asset_keys": [],
        "location": location,
        "point": name,
        "kind": "full",
        "data_time": NO_TIME,
        "started_at": ABSENT,
        "completed_at": ABSENT,
        "status": NO_WORD,
        "verification": "none",
        "verified_at": ABSENT,
        "verified_by": ABSENT,
        "encryption": NO_WORD,
        "key_fingerprint": ABSENT,
        "protected": False,
        "expires_at": ABSENT,
        "immutable_until": ABSENT,
        "size": ABSENT,
        "storage_class": ABSENT,
        "base": ABSENT,
        **cells,
    }


def place(system: str, location: str, *, usable: Cell, **cells: Cell) -> Row:
    """Give a row of `backup.location`."""
    return {
        "system": system,
        "location": location,
        "kind": "repository",
        "usable": usable,
        "message": ABSENT,
        "total": ABSENT,
        "used": ABSENT,
        "encryption": ABSENT,
        "storage_class": ABSENT,
        "immutable": ABSENT,
        "transport": ABSENT,
        **cells,
    }


def archive(system: str, thing: str, location: str, keys: list[str], reach: Reach, stored: Cell) -> Row:
    """Give a row of `backup.log_archive`; `stored` is when the last segment that is reached was stored."""
    gap = error(reach.unsure) if reach.unsure else None
    size = error("the names of the segments do not tell their size") if not reach.segment_size else reach.segment_size
    return {
        "system": system,
        "object": thing,
        "asset_keys": keys,
        "location": location,
        "segment_size": size,
        "first": gap or told(reach.first),
        "last": gap or told(reach.last),
        "newest": gap or told(reach.newest),
        "archived_at": gap or stored,
        "missing": gap or told(reach.missing),
        "gaps": gap or list(reach.gaps),
        "broken_backups": list(reach.broken),
    }


def unlike(rows: Iterable[Row], *keys: str) -> tuple[tuple[Row, ...], Gap | None]:
    """Give the rows whose keys no earlier row has, and a gap when some were told twice."""
    seen: dict[tuple[str, ...], Row] = {}
    twice = ""
    for row in rows:
        key = tuple(str(row[each]) for each in keys)
        if key in seen:
            twice = twice or key[-1]
        seen.setdefault(key, row)
    return tuple(seen.values()), error(f"the tool listed {twice} more than once") if twice else None
