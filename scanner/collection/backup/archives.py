"""An archive of PostgreSQL's logs with its base backups, as rows: what can be returned to, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.backup import rows
from scanner.collection.backup.values import moment
from scanner.collection.backup.wal import Archive, Base, Branch, Reach
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error


@dataclass(frozen=True, slots=True)
class Kept:
    """One archive, and the base backups that lean on it."""

    system: str
    thing: str
    location: str
    keys: list[str]
    archive: Archive
    bases: Sequence[Base]
    histories: Mapping[int, tuple[Branch, ...] | None]
    size: int | None = None
    encryption: Cell = rows.NO_WORD
    fingerprint: Cell = ABSENT

    def reach(self) -> Reach:
        """Tell how far the archive reaches."""
        return self.archive.reach(self.bases, self.histories, self.size)

    def row(self, reach: Reach) -> Row:
        """Give the row of `backup.log_archive`."""
        stored: Cell = ABSENT if reach.reached_at is None else rows.known(moment(reach.reached_at), rows.NO_TIME)
        return rows.archive(self.system, self.thing, self.location, self.keys, reach, stored)

    def points(self, reach: Reach) -> list[Row]:
        """Give the restore point at the end of what can be replayed; none when no base backup reaches the archive."""
        if reach.reached_at is None:
            return []
        stored = rows.known(moment(reach.reached_at), rows.NO_TIME)
        return [
            rows.point(
                self.system,
                self.thing,
                self.location,
                "pitr",
                kind="pitr",
                asset_keys=self.keys,
                data_time=stored,
                completed_at=stored,
                status="ok",
                encryption=self.encryption,
                key_fingerprint=self.fingerprint,
                base=reach.base,
            )
        ]

    def status(self, name: str, reach: Reach, told: Cell) -> Cell:
        """Give the status of a base backup: what the tool told, but failed where its own segments are not whole."""
        if reach.unsure:
            return error(reach.unsure) if told in ("ok", "warning") else told
        return "failed" if name in reach.broken else told

    def gap(self, reach: Reach) -> Gap | None:
        """Give why the points in time of this archive are not known; None when they are."""
        return error(f"{self.thing} in {self.location}: {reach.unsure}") if reach.unsure else None
