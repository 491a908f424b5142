"""Drill records of a folder: each checked, none skipped in silence."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from scanner.collection.exported.listing import Listing
from scanner.collection.exported.values import parsed, seconds_between
from scanner.model.drill import SCHEMA, DrillRecord, read_record
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error, unknown
from scanner.transport.dropped import Dropped, Folder

PATTERNS = ("*.json", "*/*.json", "*/*/*.json")
"""Records may be sorted into folders by year and the like."""
_SKEW = 300.0


def read(folder: Folder, now: str) -> Listing:
    """Read all records; `now` is our clock. Raises a CollectionError when the folder cannot be listed."""
    found = Listing()
    seen: dict[str, str] = {}
    for file in folder.files(PATTERNS):
        answer = record_of(file, now)
        if isinstance(answer, Gap):
            found.gaps.append(answer)
            continue
        digest = hashlib.sha256(file.data).hexdigest()
        name = str(PurePosixPath(file.name).with_suffix(""))
        if digest in seen:
            found.gaps.append(error(f"{file.name}: is the same record as {seen[digest]} (one drill counts once)"))
            continue
        seen[digest] = file.name
        found.rows.append(row(answer, name, digest))
    return found


def record_of(file: Dropped, now: str) -> DrillRecord | Gap:
    """Read the record in a file; a gap that names the file when there is none that holds."""
    if file.failure:
        reason = f"{file.name}: {file.failure}"
        return unknown(reason, f"the right to read {file.name}") if file.denied else error(reason)
    try:
        raw = parsed(file.data)
        if not isinstance(raw, Mapping) or raw.get("schema") != SCHEMA:
            return error(f"{file.name}: is no {SCHEMA} (keep other files out of the folder)")
        record = read_record(raw)
    except ValueError as problem:
        return error(f"{file.name}: {problem}")
    if from_the_future(record, now):
        return error(f"{file.name}: it tells of {record.finished}, which is still to come")
    return record


def from_the_future(record: DrillRecord, now: str) -> bool:
    """Tell whether a record ends after our clock, give or take five minutes."""
    ahead = seconds_between(now, record.finished)
    return ahead is None or ahead > _SKEW


def row(record: DrillRecord, name: str, digest: str) -> Row:
    """Give the row of `recovery.drill` that a record makes."""
    point = record.restore_point

    def told(value: Cell | None) -> Cell:
        return ABSENT if value is None else value

    return {
        "drill": name,
        "source": "record",
        "kind": record.kind,
        "scenario": record.scenario,
        "asset": told(record.asset),
        "service_class": told(record.service_class),
        "asset_keys": list(record.asset_keys),
        "point": told(point.id if point else None),
        "data_time": told(point.data_time if point else None),
        "newest_data": told(record.newest_data),
        "started_at": record.started,
        "ended_at": record.finished,
        "until_usable": told(record.until_usable),
        "target": record.target,
        "to_source": "yes" if record.to_source else "no",
        "passed": list(record.passed),
        "failed": list(record.failed),
        "size": told(record.size),
        "by": record.operator,
        "sha256": digest,
    }
