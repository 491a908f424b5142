"""Asks WAL-G for its base backups and timelines, and its storage for the segments that lie there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.collection.answer import Answer
from scanner.collection.backup import rows, visit
from scanner.collection.backup.archives import Kept
from scanner.collection.backup.repository import UNTOLD
from scanner.collection.backup.server import server
from scanner.collection.backup.values import OddError, document, instant, objects, seconds, text, whole
from scanner.collection.backup.visit import HOME, Found
from scanner.collection.backup.wal import Archive, Base, Branch, Reach, lsn
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.script import Script
from scanner.collection.linux.text import quoted
from scanner.model.evidence import Cell, Gap, Query, Row, error, unknown
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool

FACTS = ("backup.server", "backup.location", "backup.restore_point", "backup.log_archive")

SYSTEM = "wal-g"
NEEDS = "the account whose settings let wal-g read its storage, such as postgres"

_ROW = re.compile(
    r"obj\s+(\d{1,18})\s+(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d{4})(?: \S+)?\s+(?:wal_005/)?(\S+)"
)
_SEGMENT = re.compile(r"([0-9A-F]{24})(?:\.[a-z0-9]{1,8})?")
_HISTORY = re.compile(r"([0-9A-F]{8})\.history(?:\.[a-z0-9]{1,8})?")
_SUFFIX = re.compile(r"_D_([0-9A-F]{24})")


def probes(settings: Mapping[str, str]) -> list[Probe]:
    """Give the probes; `wal-verify` is not among them, as it wants a session of the database."""
    listed = [word for word in settings.get("wrapper", "").split(",") if word]
    walg = f"{HOME}exec {' '.join(map(quoted, [*listed, 'wal-g']))}"
    return [
        Probe("walg.version", f"{walg} --version", timeout=20),
        Probe("walg.backups", f"{walg} backup-list --json --detail", timeout=120, limit=16 * 2**20, cost=2),
        Probe("walg.timelines", f"{walg} wal-show --detailed-json --without-backups", timeout=200, limit=2**23, cost=3),
        Probe("walg.segments", f"{walg} st ls wal_005/", timeout=240, limit=48 * 2**20, cost=4),
    ]


def describe(queries: Sequence[Query], settings: Mapping[str, str] | None = None) -> Script:
    """Give the script that is run; without settings that without words before wal-g."""
    return visit.describe(probes, settings or {})


def collect(queries: Sequence[Query], client: Tool, limits: Limits) -> Answer:
    """Ask; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(queries, client, limits, probes, lambda settings: read)


def read(outputs: Mapping[str, Output], session: Session) -> dict[str, Found]:
    """Read what the probes brought."""
    listed = output_of(outputs, "walg.backups")
    version = next(iter(re.findall(r"version v?(\d[\w.-]*)", output_of(outputs, "walg.version").text)), "")
    gap = visit.failure(SYSTEM, listed, NEEDS)
    backups: list[Mapping[str, Any]] = []
    try:
        if gap is None and not (not listed.stdout.strip() and "no backups found" in listed.stderr.lower()):
            backups = list(objects(document(listed.stdout) or []))
        made = _facts(backups, outputs) if gap is None else None
    except OddError as problem:
        made, gap = None, error(f"wal-g backup-list: {problem}")
    if made is None:
        lost = gap or error("wal-g told nothing")
        place = rows.place(SYSTEM, "default", usable=lost, encryption=lost)
        made = {
            "backup.location": Found((place,)),
            "backup.restore_point": Found(gap=lost),
            "backup.log_archive": Found(gap=lost),
        }
    return {
        "backup.server": server(f"WAL-G {version}".strip(), version, session, None if version else gap, made),
        **made,
    }


def _facts(backups: Sequence[Mapping[str, Any]], outputs: Mapping[str, Output]) -> dict[str, Found]:
    """Relate backups to the segments that lie in the storage."""
    segments = output_of(outputs, "walg.segments")
    lost = visit.failure("wal-g st ls", segments, NEEDS)
    archive, named = _segments(segments) if lost is None else (Archive(), set[int]())
    hosts = list(dict.fromkeys(filter(None, (text(each.get("hostname"), 255) for each in backups))))
    systems = sorted({str(number) for each in backups if (number := whole(each.get("system_identifier")))})
    kept = Kept(
        system=SYSTEM,
        thing=hosts[-1] if hosts else "default",
        location="default",
        keys=[*(f"wal-g:{each}" for each in hosts), *(f"postgres:{each}" for each in systems)],
        archive=archive,
        bases=[base for each in backups if (base := _base(each))],
        histories=_histories(output_of(outputs, "walg.timelines"), named),
        encryption=unknown(UNTOLD),
    )
    reach = kept.reach()
    names = {text(each.get("backup_name"), 100) for each in backups}
    points = [_point(each, kept, reach, lost, names) for each in backups]
    points += kept.points(reach) if lost is None else []
    place = rows.place(SYSTEM, "default", usable=True, encryption=unknown(UNTOLD))
    made = rows.unlike(points, "object", "location", "point")
    several = error("backups of several clusters lie in one place") if len(systems) > 1 else None
    archives = (kept.row(reach),) if lost is None else ()
    return {
        "backup.location": Found((place,)),
        "backup.restore_point": Found(made[0], visit.first(lost, kept.gap(reach), several, made[1])),
        "backup.log_archive": Found(archives, visit.first(lost, several)),
    }


def _segments(output: Output) -> tuple[Archive, set[int]]:
    """Give the segments of a listing, and the timelines whose history file is there."""
    archive, named = Archive(), set[int]()
    for line in output.lines:
        found = _ROW.fullmatch(line.strip())
        if not found or found[1] == "0":
            continue
        stored = instant(f"{found[2]}T{found[3]}{found[4]}")
        segment, history = _SEGMENT.fullmatch(found[5]), _HISTORY.fullmatch(found[5])
        if segment and stored:
            archive.add(segment[1], seconds(stored))
        elif history:
            named.add(int(history[1], 16))
    return archive, named


def _histories(output: Output, named: set[int]) -> dict[int, tuple[Branch, ...] | None]:
    """Give each timeline's ancestors, as `wal-show` read them of the history files; None where it did not."""
    parents: dict[int, Branch] = {}
    try:
        told = objects(document(output.stdout) or []) if output.gap is None and output.status == 0 else iter(())
        for each in told:
            own, parent, left = whole(each.get("id")), whole(each.get("parent_id")), each.get("switch_point_lsn")
            where = lsn(left) if isinstance(left, str) and "/" in left else whole(left)
            if own and parent and where:
                parents[own] = Branch(parent, where)
    except OddError:
        parents = {}
    return {each: _line(each, parents) for each in named}


def _line(timeline: int, parents: Mapping[int, Branch]) -> tuple[Branch, ...] | None:
    """Give the ancestors of a timeline, oldest first."""
    found: list[Branch] = []
    while timeline in parents and len(found) < 1000:
        found.insert(0, parents[timeline])
        timeline = parents[timeline].parent
    return tuple(found) or None


def _base(told: Mapping[str, Any]) -> Base | None:
    """Give a base backup with the segments from its start to its finish, which the tool tells as locations."""
    start = text(told.get("wal_file_name"), 60)
    begin, end = _location(told.get("start_lsn")), _location(told.get("finish_lsn"))
    if not re.fullmatch(r"[0-9A-F]{24}", start) or begin is None or end is None or end < begin:
        return None
    size = _size(start, begin)
    if size is None:
        return None
    # A location at the very beginning of a segment belongs to the end of the one before.
    last = max(end - 1, begin) // size
    per_log = 2**32 // size
    stop = f"{start[:8]}{last // per_log:08X}{last % per_log:08X}"
    return Base(text(told.get("backup_name"), 100), start, stop, lsn=begin)


def _location(told: object) -> int | None:
    return lsn(told) if isinstance(told, str) and "/" in told else whole(told)


def _size(name: str, begin: int) -> int | None:
    """Give the segment size by which a location lies in a segment; 16 MB, the default, where several do."""
    low = int(name[16:], 16)
    fitting = [2**power for power in range(20, 31) if (begin & 0xFFFFFFFF) >> power == low]
    return None if not fitting or begin >> 32 != int(name[8:16], 16) else 2**24 if 2**24 in fitting else fitting[0]


def _point(told: Mapping[str, Any], kept: Kept, reach: Reach, lost: Gap | None, names: set[str]) -> Row:
    name = text(told.get("backup_name"), 100)
    if not name:
        raise OddError("a backup has no name")
    begun = rows.known(instant(told.get("start_time")), rows.NO_TIME)
    delta = _SUFFIX.search(name)
    base = (
        next((each for each in names if each == f"base_{delta[1]}" or each.startswith(f"base_{delta[1]}_D_")), "")
        if delta
        else ""
    )
    status: Cell = kept.status(name, reach, "ok")
    if lost is not None or _base(told) is None:
        status = lost or error("the segments that it needs are not told")
    elif delta and not base:
        status = "failed"
    permanent = told.get("is_permanent")
    return rows.point(
        SYSTEM,
        kept.thing,
        kept.location,
        name,
        kind="incremental" if delta else "full",
        asset_keys=kept.keys,
        data_time=begun,
        started_at=begun,
        completed_at=rows.known(instant(told.get("finish_time")), rows.NO_TIME),
        status=status,
        encryption=kept.encryption,
        protected=permanent if isinstance(permanent, bool) else rows.NO_WORD,
        size=rows.told(whole(told.get("uncompressed_size"))),
        base=rows.told(base),
    )
