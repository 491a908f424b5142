"""Joins archives of database logs with the servers whose logs they are, by the system identifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.derivation.inputs import cell, first_gap
from scanner.derivation.recovery.histories import estate
from scanner.derivation.recovery.joining import keys_of
from scanner.derivation.recovery.reading import moment, number, text
from scanner.derivation.recovery.rows import evidence
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

SLACK = 8192 + 40
"""Bytes of log that an idle server may have written since the last segment: a page's header, and its own notes."""
_HOUR = 3600.0
_LOGS = ("pgbackrest", "barman", "walg")
Chain = tuple[str, str, str, str]


@dataclass(slots=True)
class Archive:
    """An archive with the server whose log it holds, where that was scanned."""

    target: str
    row: Row
    taken: float | None
    server: str = ""
    archiver: Row | None = None
    asked: float | None = None
    """When the server answered."""


def _archives(scene: Scene) -> tuple[list[Archive], dict[str, tuple[str, Row, float | None]]]:
    """Give all archives, and the servers by system identifier of which none was found."""
    servers: dict[str, tuple[str, Row, float | None]] = {}
    for target, found in scene.all("postgres.archiver"):
        for row in found.rows[:1]:
            if text(row.get("system")):
                servers[text(row.get("system"))] = (target, row, moment(found.provenance.taken_at))
    archives, met = [], set()
    for target, found in scene.all("backup.log_archive"):
        for row in found.rows:
            archive = Archive(target, row, moment(found.provenance.taken_at))
            for key in keys_of(row) or ():
                kind, _, name = key.partition(":")
                if kind == "postgres" and name in servers:
                    archive.server, archive.archiver, archive.asked = servers[name]
                    met.add(name)
            archives.append(archive)
    return archives, {name: server for name, server in servers.items() if name not in met}


def idle_archives(scene: Scene) -> Mapping[Chain, float]:
    """Give the archives whose server has written nothing since the last segment, each with when that was told.

    The archive must hold, without a gap, the very segment that the server says it archived last.
    """
    if "idle" not in scene.memory:
        archives, _ = _archives(scene)
        scene.memory["idle"] = {
            (
                each.target,
                text(each.row.get("system")),
                text(each.row.get("location")),
                text(each.row.get("object")),
            ): at
            for each in archives
            if (at := _idle_since(each)) is not None
        }
    found: Mapping[Chain, float] = scene.memory["idle"]
    return found


def _idle_since(archive: Archive) -> float | None:
    row, told = archive.row, archive.archiver
    if told is None or told.get("mode") not in ("on", "always") or told.get("failing") is not False:
        return None
    behind, claimed = number(told.get("behind")), text(told.get("last_segment"))
    sound = number(row.get("missing")) == 0 and claimed and claimed == row.get("last") == row.get("newest")
    return archive.asked if sound and behind is not None and behind <= SLACK else None


def archiving(query: Query, scene: Scene) -> Evidence:
    """Give each archive of logs beside what its server claims, and servers whose archive was not found."""
    archives, alone = _archives(scene)
    known = estate(scene)
    owners = known.claims
    rows = []
    for each in archives:
        found = owners.owners(each.target, keys_of(each.row) or ()).assets
        rows.append(_row(each, known.histories[found[0]].asset.asset if found else ABSENT))
    lost = [Gap(gap.kind, f"{target}: {gap.reason}", gap.needs) for target, gap in scene.gaps("backup.log_archive")]
    gap = first_gap(*lost, scene.part)
    if any(platform in _LOGS for platform in scene.platforms.values()):
        for name, (target, told, _) in alone.items():
            found = owners.owners(target, [f"postgres:{name}"]).assets
            if told.get("mode") in ("on", "always"):
                rows.append(_without(target, told, known.histories[found[0]].asset.asset if found else ABSENT, gap))
    lost += [Gap(each.kind, f"{target}: {each.reason}", each.needs) for target, each in scene.gaps("postgres.archiver")]
    return evidence(query, scene, rows, first_gap(*lost, scene.part))


def _row(archive: Archive, asset: Cell) -> Row:
    row, told = archive.row, archive.archiver
    return {
        "target": archive.target,
        "object": cell(row, "object"),
        "location": cell(row, "location"),
        "asset": asset,
        "server": archive.server or ABSENT,
        "archived": True,
        "failing": ABSENT if told is None else cell(told, "failing"),
        "last_claimed": ABSENT if told is None else cell(told, "last_segment"),
        "newest": cell(row, "newest"),
        "unfounded": False if told is None else _unfounded(archive, told),
        "waiting": ABSENT if told is None else cell(told, "waiting"),
        "missing": cell(row, "missing"),
        "gaps": cell(row, "gaps"),
        "broken_backups": cell(row, "broken_backups"),
    }


def _unfounded(archive: Archive, told: Row) -> Cell:
    """Tell whether the server claims a segment that the archive does not hold.

    What was archived after the archive was listed cannot be in the list; then an archive that kept up until an hour
    before is taken at its word.
    """
    claimed, newest = cell(told, "last_segment"), cell(archive.row, "newest")
    for found in (claimed, newest):
        if isinstance(found, Gap):
            return found
    if claimed is ABSENT or (isinstance(newest, str) and text(claimed) <= newest):
        return False
    archived, stored = moment(told.get("last_archived")), moment(archive.row.get("archived_at"))
    if archive.taken is None or archived is None:
        return error("it is not known whether the archive was listed before or after the server's claim")
    if archived <= archive.taken:
        return True
    if stored is not None and stored >= archive.taken - _HOUR:
        return False
    return unknown("the server archived on after the archive was listed, and the archive was behind then")


def _without(target: str, told: Row, asset: Cell, gap: Gap | None) -> Row:
    return {
        "target": target,
        "object": ABSENT,
        "location": ABSENT,
        "asset": asset,
        "server": target,
        "archived": gap or False,
        "failing": cell(told, "failing"),
        "last_claimed": cell(told, "last_segment"),
        "newest": ABSENT,
        "unfounded": gap or (False if told.get("last_segment") is ABSENT else _elsewhere()),
        "waiting": cell(told, "waiting"),
        "missing": ABSENT,
        "gaps": ABSENT,
        "broken_backups": ABSENT,
    }


def _elsewhere() -> Gap:
    return unknown("none of the archives that were asked holds this server's log, so its claims cannot be compared")
