"""Repositories of Veeam, and the room in them."""

from __future__ import annotations

from scanner.collection.exported.values import flag, text, whole
from scanner.collection.veeam.points import hardened
from scanner.collection.veeam.record import Record
from scanner.model.evidence import ABSENT, Cell, Row, unknown


def location_rows(record: Record) -> list[Row]:
    """Give the rows of `backup.location`."""
    rows: list[Row] = []
    for raw in record.lists["repositories"].items:
        online, total = flag(raw.get("online"), "online"), whole(raw.get("total"), "total")
        immutable = hardened(raw)
        rows.append(
            {
                "system": "veeam",
                "location": text(raw.get("name"), "the name"),
                "kind": "repository",
                "usable": unknown("whether it is online is not told") if online is ABSENT else online,
                "message": ABSENT,
                "total": total,
                "used": _used(total, whole(raw.get("free"), "free")),
                "encryption": ABSENT,
                "storage_class": unknown("Glacier, of a class that is not told")
                if "glacier" in str(raw.get("type")).casefold()
                else ABSENT,
                "immutable": ABSENT if immutable is None else immutable,
                "transport": ABSENT,
            }
        )
    return rows


def usage_rows(record: Record, begun: str) -> list[Row]:
    """Give the rows of `backup.usage`: the room at the time of asking."""
    at = record.collected_at or record.now or begun
    return [
        {"system": "veeam", "location": row["location"], "at": at, "used": row["used"], "total": row["total"]}
        for row in location_rows(record)
        if row["used"] is not ABSENT
    ]


def _used(total: Cell, free: Cell) -> Cell:
    if isinstance(total, int) and isinstance(free, int):
        return max(0, total - free)
    return ABSENT
