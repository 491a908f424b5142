"""Reads the folder in which records of real restores are kept."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.answer import Answer
from scanner.collection.exported.asking import Asked
from scanner.collection.exported.listing import Told, answered
from scanner.collection.records import drills
from scanner.model.evidence import Identity, Query
from scanner.transport.dropped import Folder
from scanner.transport.shell import Limits, Stopwatch

FACTS = ("recovery.drill",)


def describe(_queries: Sequence[Query]) -> Asked:
    """Give what is read."""
    return Asked(tuple(f"read {pattern}" for pattern in drills.PATTERNS))


def collect(queries: Sequence[Query], client: Folder, limits: Limits, now: str = "") -> Answer:
    """Read the records; whatever goes wrong becomes gaps, never an exception.

    `now` is our clock; the time of the call when left out.
    """
    begun = now or Stopwatch().started_at
    folder = client.settings.get("folder", "")

    def tell() -> Told:
        told = Told(asked=f"read the records in {folder}")
        told.facts["recovery.drill"] = drills.read(client, begun)
        return told

    return answered(queries, FACTS, begun, tell, lambda: Identity(address=folder))
