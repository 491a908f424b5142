"""Derives what archives of database logs hold beside what the servers say that they archived."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.derivation.inputs import cell, first_gap
from scanner.derivation.recovery.archives import Archive, archives_of
from scanner.derivation.recovery.histories import estate
from scanner.derivation.recovery.joining import keys_of
from scanner.derivation.recovery.reading import moment, text
from scanner.derivation.recovery.rows import evidence
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.standing import decision, standings
from scanner.facts.recovery.columns import DECIDES
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

_HOUR = 3600.0
_LOGS = ("pgbackrest", "barman", "walg")


def archiving(query: Query, scene: Scene) -> Evidence:
    """Give each archive of logs beside what its server claims, and servers whose archive was not found."""
    archives, alone = archives_of(scene)
    rows = [{**_row(each), **_about(scene, each.target, keys_of(each.row) or ())} for each in archives]
    lost = [Gap(gap.kind, f"{target}: {gap.reason}", gap.needs) for target, gap in scene.gaps("backup.log_archive")]
    gap = first_gap(*lost, scene.part)
    if any(platform in _LOGS for platform in scene.platforms.values()):
        for name, (target, told, _) in alone.items():
            if told.get("mode") in ("on", "always"):
                rows.append({**_without(target, told, gap), **_about(scene, target, [f"postgres:{name}"])})
    lost += [Gap(each.kind, f"{target}: {each.reason}", each.needs) for target, each in scene.gaps("postgres.archiver")]
    return evidence(query, scene, rows, first_gap(*lost, scene.part))


def _about(scene: Scene, target: str, keys: Iterable[str]) -> dict[str, Cell]:
    """Give the asset whose log it is with how it stands; the end of an archive decides where one can be used."""
    owners = estate(scene).claims.owners(target, keys).assets
    if not owners:
        return {"asset": ABSENT, **dict.fromkeys(DECIDES, ABSENT)}
    standing = standings(scene)[owners[0]]
    ends = [point for point in standing.history.usable if point.kind == "pitr"]
    return {"asset": standing.history.asset.asset, **decision(standing, ends[-1] if ends else standing.newest)}


def _row(archive: Archive) -> Row:
    row, told = archive.row, archive.archiver
    return {
        "target": archive.target,
        "object": cell(row, "object"),
        "location": cell(row, "location"),
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


def _without(target: str, told: Row, gap: Gap | None) -> Row:
    return {
        "target": target,
        "object": ABSENT,
        "location": ABSENT,
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
