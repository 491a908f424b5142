"""Relates pgBackRest's catalogue to what lies in its repositories, and makes the rows of the facts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scanner.collection.backup import rows, visit
from scanner.collection.backup.archives import Kept
from scanner.collection.backup.pgbackrest_listing import Listing
from scanner.collection.backup.values import mapping, moment, text, whole
from scanner.collection.backup.visit import Found
from scanner.collection.backup.wal import Archive, Base, Branch, Reach, lsn, parse_history
from scanner.model.evidence import Cell, Gap, Row, error, unknown

SYSTEM = "pgbackrest"
_KINDS = {"full": "full", "incr": "incremental", "diff": "differential"}
_READABLE = (0, 2, 3, 5, 6)
"""Status codes of a repository that can be read, whatever it holds."""
_WORST = ("failed", "warning")


@dataclass(slots=True)
class Copy:
    """One stanza in one repository: what the catalogue says, and what was seen there."""

    key: int
    cipher: str
    code: int | None
    message: str
    databases: list[Mapping[str, Any]] = field(default_factory=list)
    archives: list[Mapping[str, Any]] = field(default_factory=list)
    backups: list[Mapping[str, Any]] = field(default_factory=list)
    listing: Listing = field(default_factory=Listing)
    lost: Gap | None = None
    """Why the archive was not listed."""
    histories: dict[str, str | None] = field(default_factory=dict)
    """Path of a history file > its text; None when it could not be read."""
    labels: set[str] | None = None
    """Names that lie in the folder of backups; None when it was not listed."""
    whole: set[str] = field(default_factory=set)
    """Labels whose manifest is there."""
    unseen: set[str] = field(default_factory=set)
    """Labels that were not looked into."""

    @property
    def location(self) -> str:
        """The repository's name."""
        return f"repo{self.key}"

    @property
    def encryption(self) -> Cell:
        """How data lie in it."""
        return rows.NO_WORD if not self.cipher else "plain" if self.cipher == "none" else "encrypted"

    def gap(self, needs: str) -> Gap | None:
        """Give why this repository could not be read; None when it could, or is simply not there."""
        if self.code in _READABLE or self.code == 1:
            return None
        what = f"{self.location}: {self.message or 'its status is not told'}"
        if self.encryption == "encrypted" and "FormatError" in self.message:
            return unknown(what, visit.PASSPHRASE)
        return visit.denial(what, needs) or error(what)


@dataclass(slots=True)
class Stanza:
    """A stanza with its copies by repository."""

    name: str
    copies: dict[int, Copy] = field(default_factory=dict)


def evidence(stanzas: Sequence[Stanza], gap: Gap | None, needs: str) -> dict[str, Found]:
    """Make the facts of all stanzas; `gap` is why not all of them may be here."""
    points: list[Row] = []
    archives: list[Row] = []
    lost_points, lost_archives = [gap], [gap]
    for stanza in stanzas:
        for copy in stanza.copies.values():
            unread = copy.gap(needs)
            # Where the repository is not there, nothing can be listed, and nothing is kept.
            unlisted = copy.lost if unread is None and copy.code != 1 else None
            lost_points.append(unread or unlisted)
            lost_archives.append(unread or unlisted)
            if unread is None:
                one = _Relating(stanza, copy, unlisted)
                points += one.points()
                archives += one.archives()
                lost_points += one.gaps
    kept, twice = rows.unlike(points, "object", "location", "point")
    listed, again = rows.unlike(archives, "object", "location")
    return {
        "backup.location": Found(_places(stanzas, needs), gap),
        "backup.restore_point": Found(kept, visit.first(*lost_points, twice)),
        "backup.log_archive": Found(listed, visit.first(*lost_archives, again)),
    }


def _places(stanzas: Sequence[Stanza], needs: str) -> tuple[Row, ...]:
    """Give one row a repository: usable when every stanza in it is."""
    found: dict[int, list[tuple[Stanza, Copy]]] = {}
    for stanza in stanzas:
        for copy in stanza.copies.values():
            found.setdefault(copy.key, []).append((stanza, copy))
    made = []
    for key in sorted(found):
        copies = [copy for _, copy in found[key]]
        worst = next((each for each in copies if each.code == 1), None) or next(
            (each for each in copies if each.code not in (0, 2)), copies[0]
        )
        usable: Cell = rows.NO_WORD if worst.code is None else worst.code in (0, 2, 5, 6)
        denied = worst.gap(needs)
        if denied is not None and denied.needs:
            usable = denied
        kinds = {str(copy.encryption) for copy in copies}
        encryption = copies[0].encryption if len(kinds) == 1 else rows.NO_WORD
        message = rows.told(worst.message if worst.code else None)
        made.append(rows.place(SYSTEM, f"repo{key}", usable=usable, message=message, encryption=encryption))
    return tuple(made)


class _Relating:
    """Makes the rows of one copy of a stanza."""

    def __init__(self, stanza: Stanza, copy: Copy, unlisted: Gap | None) -> None:
        self._stanza, self._copy, self._unlisted = stanza, copy, unlisted
        self.gaps: list[Gap | None] = []
        self._folders = {text(each.get("label"), 100): self._folder(each) for each in copy.backups}
        self._ids = {
            number: text(each.get("id"), 60)
            for each in copy.archives
            if (number := whole(mapping(each.get("database")).get("id"))) is not None
        }
        self._kept = {number: self._keep(number) for number in self._numbers()}
        self._reach = {number: kept.reach() for number, kept in self._kept.items()}

    def _numbers(self) -> set[int]:
        ids = {whole(mapping(each.get("database")).get("id")) for each in self._copy.backups}
        return {*self._ids, *(each for each in ids if each is not None)}

    def _keys(self, number: int) -> list[str]:
        found = [f"pgbackrest:{self._stanza.name}"]
        for each in self._copy.databases:
            system = whole(each.get("system-id"))
            if whole(each.get("id")) == number and system:
                found.append(f"postgres:{system}")
        return found

    def _keep(self, number: int) -> Kept:
        """Give the archive of one of the stanza's databases (there is a new one after each major upgrade)."""
        copy, name = self._copy, self._ids.get(number, "")
        histories: dict[int, tuple[Branch, ...] | None] = {}
        for (owner, timeline), files in copy.listing.histories.items():
            texts = [copy.histories.get(file) for file in files]
            told = next((each for each in texts if each is not None), None)
            if owner == name:
                histories[timeline] = None if told is None else parse_history(told)
        return Kept(
            system=SYSTEM,
            thing=self._stanza.name,
            location=copy.location,
            keys=self._keys(number),
            archive=copy.listing.archives.get(name) or Archive(),
            bases=[base for each in copy.backups if (base := self._base(each, number))],
            histories=histories,
            encryption=copy.encryption,
        )

    def _base(self, told: Mapping[str, Any], number: int) -> Base | None:
        if whole(mapping(told.get("database")).get("id")) != number:
            return None
        span, label = mapping(told.get("archive")), text(told.get("label"), 100)
        return Base(
            label,
            text(span.get("start")),
            text(span.get("stop")),
            usable=self._condition(told) == "ok",
            lsn=lsn(mapping(told.get("lsn")).get("start")),
        )

    def _condition(self, told: Mapping[str, Any]) -> Cell:
        """Tell what catalogue and folder say of a backup, and of all those that it takes files from."""
        label, refers = text(told.get("label"), 100), told.get("reference")
        leans = {each for each in refers if isinstance(each, str)} if isinstance(refers, list) else set()
        prior = told.get("prior")
        states = [self._folders.get(each, "failed") for each in {label, *leans, *([prior] if prior else [])}]
        return next((each for each in _WORST if each in states), "ok") if all(map(_plain, states)) else _lost(states)

    def _folder(self, told: Mapping[str, Any]) -> Cell:
        """Tell what catalogue and folder say of one backup."""
        copy, label = self._copy, text(told.get("label"), 100)
        if copy.labels is None or label in copy.unseen:
            return error("the folder of the backup was not looked into")
        if label not in copy.labels or label not in copy.whole:
            return "failed"
        flawed = told.get("error")
        return rows.NO_WORD if not isinstance(flawed, bool) else "warning" if flawed else "ok"

    def points(self) -> list[Row]:
        """Give the rows of `backup.restore_point`."""
        made = [row for each in self._copy.backups if (row := self._point(each))]
        for number, kept in self._kept.items():
            if self._unlisted is None:
                made += _named(kept.points(self._reach[number]), number, max(self._kept))
                self.gaps.append(kept.gap(self._reach[number]))
        return made

    def _point(self, told: Mapping[str, Any]) -> Row | None:
        label = text(told.get("label"), 100)
        number = whole(mapping(told.get("database")).get("id"))
        if not label or number is None:
            self.gaps.append(error(f"{self._copy.location}: a backup has no label, or no database"))
            return None
        times = mapping(told.get("timestamp"))
        status = self._status(told, label, number)
        stopped = moment(times.get("stop"))
        return rows.point(
            SYSTEM,
            self._stanza.name,
            self._copy.location,
            label,
            asset_keys=self._keys(number),
            kind=rows.known(_KINDS.get(text(told.get("type")))),
            data_time=rows.known(moment(times.get("start")), rows.NO_TIME),
            started_at=rows.known(moment(times.get("start")), rows.NO_TIME),
            completed_at=rows.known(stopped, rows.NO_TIME),
            status=status,
            encryption=self._copy.encryption,
            size=rows.told(whole(mapping(told.get("info")).get("size"))),
            base=rows.told(text(told.get("prior"), 100)),
        )

    def _status(self, told: Mapping[str, Any], label: str, number: int) -> Cell:
        condition = self._condition(told)
        if self._unlisted is not None:
            return condition if condition == "failed" else self._unlisted
        span = mapping(told.get("archive"))
        if not all(re.fullmatch(r"[0-9A-F]{24}", text(span.get(end))) for end in ("start", "stop")):
            return condition if condition == "failed" else error("the segments that it needs are not told")
        return self._kept[number].status(label, self._reach[number], condition)

    def archives(self) -> list[Row]:
        """Give the row of `backup.log_archive`: that of the newest database, with the broken backups of all."""
        if self._unlisted is not None or not self._kept or self._copy.code == 1:
            return []
        newest = max(self._kept)
        broken = tuple(name for number in sorted(self._reach) for name in self._reach[number].broken)
        reach: Reach = replace(self._reach[newest], broken=broken)
        return [self._kept[newest].row(reach)]


def _plain(state: Cell) -> bool:
    return isinstance(state, str)


def _lost(states: Sequence[Cell]) -> Cell:
    """Give `failed` where one is, else the first gap."""
    return "failed" if "failed" in states else next(each for each in states if not isinstance(each, str))


def _named(points: list[Row], number: int, newest: int) -> list[Row]:
    """Tell the ends of archives of earlier databases apart from that of the present one."""
    return points if number == newest else [{**row, "point": f"pitr {number}"} for row in points]
