"""What both ways to Veeam bring: lists in the words of the export format, each with what is missing of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scanner.model.evidence import ABSENT, Cell, Gap

LISTS = ("jobs", "sessions", "restore_points", "repositories", "configuration_backup")


@dataclass(slots=True)
class Items:
    """Objects of one kind as they were told, and why some may be missing."""

    items: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


@dataclass(slots=True)
class Record:
    """One server at one time; `lists` has all of `LISTS`."""

    source: str
    """`asked` or `file`."""
    asked: str = ""
    name: Cell = "Veeam Backup & Replication"
    version: Cell = ABSENT
    collected_at: str = ""
    now: str = ""
    """The server's clock; empty when it did not say."""
    blind: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lists: dict[str, Items] = field(default_factory=lambda: {name: Items() for name in LISTS})
    gap: Gap | None = None
    """Why nothing is known at all."""
