"""How long an object in an archive class takes until it can be read."""

from __future__ import annotations

from typing import Final

HOUR: Final = 3600.0
EXPEDITED_SIZE: Final = 250_000_000
"""Bytes of an object beyond which an expedited retrieval is not promised."""
RETRIEVAL: Final[dict[str, dict[str, float]]] = {
    "GLACIER": {"expedited": 5 * 60.0, "standard": 5 * HOUR, "bulk": 12 * HOUR},
    "DEEP_ARCHIVE": {"expedited": 12 * HOUR, "standard": 12 * HOUR, "bulk": 48 * HOUR},
    "Archive": {"expedited": 15 * HOUR, "standard": 15 * HOUR, "bulk": 15 * HOUR},
}
"""Storage class > way of retrieval > the longest that its maker says it takes, in seconds.

The first two are those of Amazon S3 ("Archive retrieval options"), the last is the access tier of Azure Blob Storage
("Blob rehydration from the archive tier"). The other classes answer at once.
"""


def fetching(storage_class: str, way: str, size: float | None) -> float:
    """Give the seconds until an object of a class can be read; `size` in bytes, None when it is not known."""
    if way == "expedited" and (size is None or size > EXPEDITED_SIZE):
        way = "standard"
    return RETRIEVAL.get(storage_class, {}).get(way, 0.0)
