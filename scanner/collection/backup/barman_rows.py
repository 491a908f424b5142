"""Relates Barman's catalogue to what lies in the directories of its servers, and makes the rows of the facts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collection.backup import rows, visit
from scanner.collection.backup.archives import Kept
from scanner.collection.backup.values import instant, moment, text, whole
from scanner.collection.backup.visit import Found
from scanner.collection.backup.wal import SIZES, Archive, Base, Branch, Reach, lsn
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

SYSTEM = "barman"
_STATUS = {
    "DONE": "ok",
    "WAITING_FOR_WALS": "ok",
    "FAILED": "failed",
    "STARTED": "running",
    "EMPTY": "running",
    "SYNCING": "running",
    "RETRIEVING": "running",
}
_SEGMENT = re.compile(r"[0-9A-F]{24}")


@dataclass(slots=True)
class Copy:
    """One server of Barman: what its lists say, and what was seen in its directories."""

    name: str
    listed: Sequence[Mapping[str, Any]]
    settings: dict[str, str] = field(default_factory=dict)
    state: str = ""
    """`readable`, `denied` or `missing`; empty where the directories were not told."""
    infos: dict[str, dict[str, str]] = field(default_factory=dict)
    """Id > fields of its `backup.info`, with what was seen of its data."""
    archive: Archive = field(default_factory=Archive)
    histories: dict[int, tuple[Branch, ...] | None] = field(default_factory=dict)
    lost: Gap | None = None
    """Why its backups were not looked at."""
    unlisted: Gap | None = None
    """Why its archive was not listed."""

    @property
    def encryption(self) -> Cell:
        """How new backups are stored; versions before 3.13 cannot encrypt and do not name it."""
        return _encryption(self.settings.get("encryption", ""))


def evidence(copies: Sequence[Copy], gap: Gap | None) -> dict[str, Found]:
    """Make the facts of all servers; `gap` is why not all of them may be here."""
    points: list[Row] = []
    archives: list[Row] = []
    lost, unlisted = [gap], [gap]
    for copy in copies:
        lost += [copy.lost, copy.unlisted]
        unlisted += [copy.lost, copy.unlisted]
        one = _Relating(copy)
        points += one.points()
        archives += one.archives()
        lost += one.gaps
    kept, twice = rows.unlike(points, "object", "location", "point")
    return {
        "backup.location": Found(tuple(_place(copy) for copy in copies), gap),
        "backup.restore_point": Found(kept, visit.first(*lost, twice)),
        "backup.log_archive": Found(tuple(archives), visit.first(*unlisted)),
    }


def _place(copy: Copy) -> Row:
    usable: Cell = copy.lost if copy.lost is not None else copy.state == "readable"
    message = rows.told("the directory of its backups is not there" if copy.state == "missing" else None)
    return rows.place(SYSTEM, copy.name, usable=usable, message=message, encryption=copy.encryption)


class _Relating:
    """Makes the rows of one server."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy
        self.gaps: list[Gap | None] = []
        self._told = {text(each.get("backup_id"), 60): each for each in copy.listed}
        self._ids = [each for each in dict.fromkeys((*self._told, *copy.infos)) if each]
        sizes = {size for each in copy.infos.values() if (size := whole(each.get("xlog_segment_size"))) in SIZES}
        self._kept = Kept(
            system=SYSTEM,
            thing=copy.name,
            location=copy.name,
            keys=self._keys(),
            archive=copy.archive,
            bases=[self._base(each) for each in self._ids if self._spans(each)],
            histories=copy.histories,
            size=sizes.pop() if len(sizes) == 1 else None,
            encryption=copy.encryption,
        )
        self._reach: Reach = self._kept.reach()

    def _info(self, name: str) -> Mapping[str, str]:
        return self._copy.infos.get(name, {})

    def _keys(self) -> list[str]:
        told = [each.get("systemid") for each in self._copy.infos.values()]
        systems = {each for each in (*told, self._copy.settings.get("postgres_systemid")) if whole(each)}
        return [f"barman:{self._copy.name}", *(f"postgres:{each}" for each in sorted(map(str, systems)))]

    def _spans(self, name: str) -> bool:
        return all(_SEGMENT.fullmatch(self._info(name).get(each, "")) for each in ("begin_wal", "end_wal"))

    def _base(self, name: str) -> Base:
        info = self._info(name)
        usable = self._condition(name) == "ok"
        return Base(name, info["begin_wal"], info["end_wal"], usable, lsn(info.get("begin_xlog")))

    def _condition(self, name: str) -> Cell:
        """Tell what catalogue and directory say of a backup, and of all that it was made on top of."""
        seen: list[str] = []
        while name and name not in seen and len(seen) < 1000:
            seen.append(name)
            state = self._own(name)
            if state != "ok":
                return state
            name = _none(self._info(name).get("parent_backup_id"))
        return "ok"

    def _own(self, name: str) -> Cell:
        info, copy = self._info(name), self._copy
        if copy.state == "missing":
            return "failed"
        if copy.lost is not None:
            return copy.lost
        if not info or (info.get("data") == "no" and not info.get("mode", "").startswith("snapshot")):
            told = _STATUS.get(text(self._told.get(name, {}).get("status")) or info.get("status", ""))
            return "running" if told == "running" else "failed"
        if info.get("data") == "denied" or "unreadable" in info:
            return error("the backup may not be looked into")
        return rows.known(_STATUS.get(info.get("status", "")))

    def points(self) -> list[Row]:
        """Give the rows of `backup.restore_point`."""
        made = [self._point(each) for each in self._ids]
        if self._copy.lost is None and self._copy.unlisted is None:
            made += self._kept.points(self._reach)
            self.gaps.append(self._kept.gap(self._reach))
        return made

    def _point(self, name: str) -> Row:
        info, told = self._info(name), self._told.get(name, {})
        begun = rows.known(instant(info.get("begin_time")), rows.NO_TIME)
        status = self._status(name)
        ended = instant(info.get("end_time")) or moment(told.get("end_time_timestamp"))
        parent = _none(info.get("parent_backup_id"))
        return rows.point(
            SYSTEM,
            self._copy.name,
            self._copy.name,
            name,
            asset_keys=self._kept.keys,
            kind="incremental" if parent else "snapshot" if info.get("mode", "").startswith("snapshot") else "full",
            data_time=begun,
            started_at=begun,
            completed_at=ABSENT if status == "running" and not ended else rows.known(ended, rows.NO_TIME),
            status=status,
            encryption=_encryption(info.get("encryption", "")),
            protected=info.get("keep") == "yes",
            size=rows.told(whole(info.get("size")) or whole(told.get("size_bytes"))),
            base=rows.told(parent),
        )

    def _status(self, name: str) -> Cell:
        condition = self._condition(name)
        if condition not in ("ok", "warning"):
            return condition
        if self._copy.unlisted is not None:
            return self._copy.unlisted
        if not self._spans(name):
            return error("the segments that it needs are not told")
        if name in self._reach.broken and self._info(name).get("status") == "WAITING_FOR_WALS":
            return "running"
        return self._kept.status(name, self._reach, condition)

    def archives(self) -> list[Row]:
        """Give the row of `backup.log_archive`."""
        if self._copy.lost is not None or self._copy.unlisted is not None or self._copy.state == "missing":
            return []
        return [self._kept.row(self._reach)]


def _none(told: str | None) -> str:
    return "" if told in (None, "None") else text(told, 60)


def _encryption(told: str) -> Cell:
    return "plain" if told in ("", "None", "none", "null") else "encrypted"
