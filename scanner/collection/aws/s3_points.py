"""Restore points in archives in S3: objects whose names fit what the inventory says of a place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scanner.collection.aws.buckets import BUCKET_LOCATION, LIST_BUCKETS, Bucket, buckets
from scanner.collection.aws.s3_archive import MOST, OBJECTS, objects_call
from scanner.collection.aws.session import Session, gap_of, moment, number, text, worst
from scanner.collection.backup import names, rows
from scanner.collection.backup.repository import earlier
from scanner.matching.patterns import pattern
from scanner.model.evidence import Cell, Gap, Row, error, unknown
from scanner.transport.cloud import Call, Document, Operation

OPERATIONS: tuple[Operation, ...] = (LIST_BUCKETS, BUCKET_LOCATION, OBJECTS)
_SYSTEM = "s3"
_SINCE = "2023-01-06T00:00:00Z"
"""From the day before on S3 encrypts whatever is stored, whether anybody asks for it or not (AWS announced it so)."""
_AMAZON = re.compile(r"(.+\.)?amazonaws\.com(\.cn)?")
_OLDER = unknown(
    "stored before S3 encrypted every object: the list does not tell whether it is encrypted (store it anew)"
)
_FOREIGN = unknown("the storage at this url is not Amazon's: its list does not tell whether objects are encrypted")
_UNLOCKED = unknown("locks of single objects are not asked for: see aws.s3_object_lock")
_UNKEYED = unknown("the list does not tell the keys of objects: see aws.s3_encryption")
_NAMED = 3
"""Objects without a fitting name that a note names."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive of the inventory."""

    place: str
    bucket: str
    prefix: str
    pattern: Any
    """None where every object counts."""
    covers: str


def archives(setting: str) -> list[Archive]:
    """Read the setting `archives` of a target, as JSON; raises TypeError or ValueError for one that cannot be read."""
    told = json.loads(setting) if setting else {}
    if not isinstance(told, dict):
        raise TypeError("no map of archives")
    found = []
    for place, each in told.items():
        bucket, _, prefix = str(place).partition("/")
        said = each if isinstance(each, dict) else {}
        fits = said.get("pattern")
        made = pattern(fits) if isinstance(fits, str) else None
        found.append(Archive(place, bucket, prefix, made, text(said.get("covers"))))
    return found


def archive_points(session: Session) -> tuple[list[Row], Gap | None]:
    """Give a row for each object of the inventory's archives that a name makes a restore point, and what is missing.

    A bucket that the account lacks, a list that is cut or denied, and an archive of which no name fits are gaps.
    Objects whose names fit nothing are told in the notes of the visit.
    """
    try:
        wanted = archives(session.client.options.get("archives", ""))
    except (TypeError, ValueError) as odd:
        return [], error(f"archives: {odd}")
    if not wanted:
        return [], None
    known, gap = buckets(session)
    own = {bucket.name: bucket for bucket in known}
    calls: dict[str, Call] = {
        each.place: objects_call(own[each.bucket], each.prefix)
        for each in wanted
        if each.bucket in own and own[each.bucket].gap is None
    }
    replies = session.ask_all(calls.values())
    found: list[Row] = []
    gaps: list[Gap | None] = [gap]
    for each in wanted:
        if each.place not in calls:
            gaps.append(_lost(each, own.get(each.bucket), gap))
            continue
        reply = replies[calls[each.place]]
        items = list(reply.items)
        made, lost = _points(each, items, session)
        found += made
        gaps += [gap_of(reply, each.place), lost]
    return found, worst(*gaps)


def _lost(archive: Archive, bucket: Bucket | None, gap: Gap | None) -> Gap | None:
    """Give why an archive was not listed; where buckets may be missing from the list, that gap says it."""
    if bucket is not None:
        return bucket.gap
    if gap is not None:
        return None
    return error(f"{archive.place}: the account has no bucket {archive.bucket} (mend archives in the inventory)")


def _points(archive: Archive, items: Sequence[Document], session: Session) -> tuple[list[Row], Gap | None]:
    gap: Gap | None = None
    if len(items) >= MOST:
        gap = error(f"{archive.place}: {MOST} objects or more, the rest was not listed (name narrower prefixes)")
    made: list[Row] = []
    unfit: list[str] = []
    for item in items:
        key = text(item.get("Key"))
        if not key:
            gap = worst(gap, error(f"{archive.place}: an object without a name was listed"))
        elif key.endswith("/") and item.get("Size") == 0:
            continue  # What consoles show as a folder is no data.
        elif (row := _point(archive, key, item, session)) is not None:
            made.append(row)
        else:
            unfit.append(key)
    if unfit and not made:
        gap = worst(gap, error(f"{archive.place}: none of {len(unfit)} objects fits the pattern (correct it)"))
    elif unfit:
        session.notes.append(_said(archive, unfit, len(unfit) + len(made)))
    return made, gap


def _said(archive: Archive, unfit: Sequence[str], number: int) -> str:
    first = ", ".join(each[:100] for each in unfit[:_NAMED]) + (", …" if len(unfit) > _NAMED else "")
    return (
        f"archive {archive.place}: {len(unfit)} of {number} objects fit no pattern and are no restore points: {first}"
    )


def _point(archive: Archive, key: str, item: Document, session: Session) -> Row | None:
    """Give the row of an object; None for one whose name does not fit."""
    groups: Mapping[str, str | None] = {}
    below = key.removeprefix(archive.prefix)
    if archive.pattern is not None:
        fits = archive.pattern.fullmatch(below.encode("utf-8", "replace").decode())
        if fits is None:
            return None
        groups = fits.groupdict()
    thing = groups.get("object") or archive.covers or archive.place
    stored, size = moment(item.get("LastModified")), number(item.get("Size"))
    when = stored if isinstance(stored, str) else None
    begun = names.time(groups["time"] or "") if "time" in groups else when
    return rows.point(
        _SYSTEM,
        thing,
        archive.place,
        key,
        kind="files",
        asset_keys=[f"{_SYSTEM}:{thing}"],
        data_time=earlier(begun, when),
        completed_at=rows.NO_TIME if when is None else when,
        status=names.status(key, size),
        encryption=_encryption(key, when, session.client.options.get("url", "")),
        key_fingerprint=_UNKEYED,
        immutable_until=_UNLOCKED,
        size=size,
        storage_class=text(item.get("StorageClass")) or "STANDARD",
    )


def _encryption(key: str, stored: str | None, url: str) -> Cell:
    """Tell whether an object is encrypted: by its name, or because S3 does so since a certain day."""
    if names.encrypted(key):
        return "encrypted"
    if url and not _AMAZON.fullmatch(urlsplit(url).hostname or ""):
        return _FOREIGN
    return "encrypted" if stored is not None and stored >= _SINCE else _OLDER


def named(found: Iterable[Row]) -> list[Row]:
    """Give each point once: places that overlap list the same objects."""
    first: dict[tuple[str, str, str], Row] = {}
    for row in found:
        bucket = str(row["location"]).partition("/")[0]
        first.setdefault((str(row["object"]), bucket, str(row["point"])), row)
    return list(first.values())
