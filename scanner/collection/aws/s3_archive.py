"""Collects what lies in archives in S3, and what lifecycle rules do with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from scanner.collection.aws.buckets import BUCKET_LOCATION, LIST_BUCKETS, Bucket, buckets
from scanner.collection.aws.s3_lifecycle import LIFECYCLE, least, read_rules
from scanner.collection.aws.session import Session, evidence, gap_of, moment, number, text
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation, Reply

OBJECTS = Operation("s3", "ListObjectsV2", "s3:ListBucket", key="Contents", lacking=True, per="archive")

FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.s3_archive": (LIST_BUCKETS, BUCKET_LOCATION, OBJECTS),
    "aws.s3_archive_rules": (LIST_BUCKETS, BUCKET_LOCATION, LIFECYCLE),
}
MOST = 50_000
"""Objects of one archive that are listed, a thousand per call."""
SMALL = 128 * 1024
"""Bytes below which lifecycle rules move nothing, unless they say so."""
_COUNTS = ("objects", "size", "classes", "newest", "oldest", "oldest_outside", "oldest_small_outside")
_LISTED = (*_COUNTS, "restoring", "restored")
_RULED = ("glacier_days", "glacier_from", "expiration_days", "noncurrent_days")


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask for each archive that the queries name; a bucket that the account lacks gives a row that says so."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    places = list(dict.fromkeys(str(query.parameters.get("places", "")).replace(",", " ").split()))
    known, gap = buckets(session)
    own = {bucket.name: bucket for bucket in known}
    listing = query.fact == "aws.s3_archive"
    calls: dict[str, Call] = {}
    for place in places:
        name, _, prefix = place.partition("/")
        if name in own and own[name].gap is None:
            calls[place] = (
                objects_call(own[name], prefix) if listing else Call.of(LIFECYCLE, own[name].region, {"Bucket": name})
            )
    replies = session.ask_all(calls.values())
    rows: list[Row] = []
    for place in places:
        name, _, prefix = place.partition("/")
        head = _head(query, place, name, own.get(name), gap, session)
        reply = replies[calls[place]] if place in calls else None
        rows.append({**head, **(_listed(reply, head) if listing else _ruled(reply, prefix, head))})
    return evidence(query, rows, None if places else gap, session, FACTS[query.fact])


def objects_call(bucket: Bucket, prefix: str) -> Call:
    """Give the call that lists an archive, no further than is sensible."""
    given = {
        "Bucket": bucket.name,
        "Prefix": prefix,
        "OptionalObjectAttributes": ["RestoreStatus"],
        "PaginationConfig": {"MaxItems": MOST, "PageSize": 1000},
    }
    return Call.of(OBJECTS, bucket.region, given)


def _head(
    query: Query, place: str, name: str, bucket: Bucket | None, gap: Gap | None, session: Session
) -> dict[str, Cell]:
    """Give who the row is about; where buckets may be missing, that there is none is not known."""
    there: Cell = True if bucket is not None else gap if gap is not None else False
    region: Cell = ABSENT if bucket is None else bucket.gap if bucket.gap is not None else bucket.region
    return {
        "places": str(query.parameters.get("places", "")),
        "place": place,
        "arn": f"arn:{session.partition}:s3:::{name}",
        "name": name,
        "region": region,
        "present": there,
    }


def _lost(head: Mapping[str, Cell]) -> Cell:
    """Give why a bucket was not asked: it is not there, or where it is is not known."""
    cells = (head["present"], head["region"])
    return next((each for each in cells if isinstance(each, Gap)), ABSENT)


def _listed(reply: Reply | None, head: Mapping[str, Cell]) -> dict[str, Cell]:
    gap = gap_of(reply) if reply is not None else None
    if reply is None or gap is not None:
        return dict.fromkeys(_LISTED, gap if gap is not None else _lost(head))
    found = list(reply.items)
    if len(found) >= MOST:
        return dict.fromkeys(
            _LISTED, error(f"{MOST} objects or more: the rest was not listed (name a narrower prefix)")
        )
    try:
        return _sums(found)
    except (TypeError, ValueError):
        return dict.fromkeys(_LISTED, error(f"{OBJECTS}: an object cannot be read"))


def _sums(found: Sequence[Document]) -> dict[str, Cell]:
    """Sum up objects; raises TypeError for one that cannot be read. What ends with a slash is a folder, not data."""
    items = [each for each in found if not (text(each.get("Key")).endswith("/") and each.get("Size") == 0)]
    times = [_stored(each) for each in items]
    classes = Counter(text(each.get("StorageClass")) or "STANDARD" for each in items)
    outside = [(each, when) for each, when in zip(items, times, strict=True) if each.get("StorageClass") != "GLACIER"]
    restores = [each.get("RestoreStatus") for each in items]
    running = [each.get("IsRestoreInProgress") for each in restores if isinstance(each, dict)]
    return {
        "objects": len(items),
        "size": sum(_size(each) for each in items),
        "classes": {name: str(many) for name, many in sorted(classes.items())},
        "newest": max(times, default=ABSENT),
        "oldest": min(times, default=ABSENT),
        "oldest_outside": min((when for each, when in outside if _size(each) >= SMALL), default=ABSENT),
        "oldest_small_outside": min((when for each, when in outside if _size(each) < SMALL), default=ABSENT),
        "restoring": sum(each is True for each in running),
        "restored": sum(each is False for each in running),
    }


def _stored(item: Document) -> str:
    when = moment(item.get("LastModified"))
    if not isinstance(when, str):
        raise TypeError("no time")
    return when


def _size(item: Document) -> int:
    size = number(item.get("Size"))
    if not isinstance(size, int):
        raise TypeError("no size")
    return size


def _ruled(reply: Reply | None, prefix: str, head: Mapping[str, Cell]) -> dict[str, Cell]:
    if reply is None:
        return dict.fromkeys(_RULED, _lost(head))
    rules = read_rules(reply)
    if isinstance(rules, Gap):
        return dict.fromkeys(_RULED, rules)
    live = [each for each in rules if each["enabled"] is True]
    # A rule for a longer prefix is for a part of the archive: it removes from it, but does not move all of it.
    touching = [each for each in live if _touches(str(each["prefix"]), prefix)]
    moving = [
        each
        for each in touching
        if prefix.startswith(str(each["prefix"]))
        and not each["tags"]
        and each["smaller_than"] is ABSENT
        and each["glacier_days"] is not ABSENT
    ]
    dated = any(each["expiration_date"] is not ABSENT for each in touching)
    return {
        "glacier_days": least(each["glacier_days"] for each in moving),
        "glacier_from": least(each["glacier_from"] for each in moving),
        "expiration_days": 0 if dated else least(each["expiration_days"] for each in touching),
        "noncurrent_days": least(each["noncurrent_days"] for each in touching),
    }


def _touches(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
