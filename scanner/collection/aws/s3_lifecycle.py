"""Collects what becomes of objects in S3 buckets: lifecycle rules, replication, inventory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scanner.collection.aws.buckets import BUCKET_LOCATION, LIST_BUCKETS, Bucket, buckets, per_bucket
from scanner.collection.aws.session import (
    Session,
    cell,
    document,
    documents,
    evidence,
    gap_of,
    moment,
    number,
    tags,
    text,
    worst,
)
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation, Reply, Value

LIFECYCLE = Operation(
    "s3",
    "GetBucketLifecycleConfiguration",
    "s3:GetLifecycleConfiguration",
    absent=("NoSuchLifecycleConfiguration",),
    per="bucket",
)
REPLICATION = Operation(
    "s3",
    "GetBucketReplication",
    "s3:GetReplicationConfiguration",
    absent=("ReplicationConfigurationNotFoundError",),
    per="bucket",
)
INVENTORY = Operation(
    "s3",
    "ListBucketInventoryConfigurations",
    "s3:GetInventoryConfiguration",
    key="InventoryConfigurationList",
    lacking=True,
    per="bucket",
)

_LISTING = (LIST_BUCKETS, BUCKET_LOCATION)
FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.s3_inventory": (*_LISTING, INVENTORY),
    "aws.s3_lifecycle": (*_LISTING, LIFECYCLE),
    "aws.s3_replication": (*_LISTING, REPLICATION),
    "aws.s3_retention": (*_LISTING, LIFECYCLE),
}
SMALL = 128 * 1024
"""Bytes below which S3 moves objects to no other class, unless a rule names a size itself."""
_FREQUENCY = {"Daily": "daily", "Weekly": "weekly"}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each bucket; a bucket without lifecycle rules has a row of `aws.s3_retention`, none of `aws.s3_lifecycle`."""
    read = {"aws.s3_inventory": _inventory, "aws.s3_replication": _replication, "aws.s3_retention": _retention}
    return [
        _rules(query, session)
        if query.fact == "aws.s3_lifecycle"
        else per_bucket(query, session, FACTS[query.fact][len(_LISTING) :], read[query.fact])
        for query in queries
    ]


def _rules(query: Query, session: Session) -> Evidence:
    """Give a row per lifecycle rule; a bucket that did not answer makes the list incomplete."""
    listed, gap = buckets(session)
    calls = {
        bucket.name: Call.of(LIFECYCLE, bucket.region, {"Bucket": bucket.name}) for bucket in listed if not bucket.gap
    }
    replies = session.ask_all(calls.values())
    rows: list[Row] = []
    gaps = [gap]
    for bucket in listed:
        found = bucket.gap or read_rules(replies[calls[bucket.name]])
        if isinstance(found, Gap):
            gaps.append(Gap(found.kind, f"{bucket.name}: {found.reason}", found.needs))
            continue
        rows += [{"arn": bucket.arn, "bucket": bucket.name, "region": bucket.region, **each} for each in found]
    return evidence(query, rows, worst(*gaps), session, FACTS[query.fact])


def read_rules(reply: Reply) -> list[dict[str, Cell]] | Gap:
    """Read the lifecycle rules of one bucket, or say why they are not known."""
    gap = gap_of(reply)
    if gap is not None:
        return gap
    if reply.missing:
        return []
    rules = reply.document.get("Rules")
    if not isinstance(rules, list) or not all(isinstance(each, dict) for each in rules):
        return error(f"{LIFECYCLE}: the rules cannot be read")
    small = text(reply.document.get("TransitionDefaultMinimumObjectSize")) != "varies_by_storage_class"
    return [_rule(each, SMALL if small else 0) for each in documents(rules)]


def _rule(found: Document, small: int) -> dict[str, Cell]:
    filtered = document(found.get("Filter"))
    joined = {**filtered, **document(filtered.get("And"))}
    prefix = text(found.get("Prefix")) or text(joined.get("Prefix"))
    tagged = tags([*documents(filtered.get("Tag")), *documents(document(filtered.get("And")).get("Tags"))])
    least, most = number(joined.get("ObjectSizeGreaterThan")), number(joined.get("ObjectSizeLessThan"))
    moves = {text(each.get("StorageClass")): each.get("Days") for each in documents(found.get("Transitions"))}
    expiry, old = document(found.get("Expiration")), document(found.get("NoncurrentVersionExpiration"))
    return {
        "rule": text(found.get("ID")) or "without a name",
        "enabled": found.get("Status") == "Enabled",
        "prefix": prefix,
        "tags": tagged,
        "larger_than": least,
        "smaller_than": most,
        "whole": not prefix and not tagged and most is ABSENT,
        "transitions": sorted(f"{name}: {_days(days)}" for name, days in moves.items()),
        "glacier_days": number(moves.get("GLACIER")),
        "glacier_from": least if least is not ABSENT else small,
        "expiration_days": number(expiry.get("Days")),
        "expiration_date": moment(expiry.get("Date")),
        "noncurrent_days": number(old.get("NoncurrentDays")),
        "abort_days": number(document(found.get("AbortIncompleteMultipartUpload")).get("DaysAfterInitiation")),
    }


def _days(days: Value) -> str:
    return f"{days} days" if isinstance(days, int) else "on a date"


def _retention(_bucket: Bucket, replies: Mapping[Operation, Reply]) -> Row:
    """Sum up the rules in force: the shortest wins where several speak of an object."""
    rules = read_rules(replies[LIFECYCLE])
    names = ("rules", "glacier_days", "glacier_from", "expiration_days", "noncurrent_days", "abort_days")
    if isinstance(rules, Gap):
        return dict.fromkeys(names, rules)
    live = [each for each in rules if each["enabled"] is True]
    whole = [each for each in live if each["whole"] is True]
    moving = [each for each in whole if each["glacier_days"] is not ABSENT]
    dated = [each for each in live if each["expiration_date"] is not ABSENT]
    return {
        "rules": len(live),
        "glacier_days": least(each["glacier_days"] for each in moving),
        "glacier_from": least(each["glacier_from"] for each in moving),
        "expiration_days": 0 if dated else least(each["expiration_days"] for each in live),
        "noncurrent_days": least(each["noncurrent_days"] for each in live),
        "abort_days": least(each["abort_days"] for each in whole if each["larger_than"] is ABSENT),
    }


def least(cells: Iterable[Cell]) -> Cell:
    """Give the least of numbers, ABSENT for none; a gap among them is the answer."""
    known = [each for each in cells if each is not ABSENT]
    gap = next((each for each in known if isinstance(each, Gap)), None)
    return gap or min((each for each in known if isinstance(each, int)), default=ABSENT)


def _replication(bucket: Bucket, replies: Mapping[Operation, Reply]) -> Row:
    reply = replies[REPLICATION]

    def live(page: Document) -> list[dict[str, Value]]:
        rules = document(page.get("ReplicationConfiguration")).get("Rules")
        if not isinstance(rules, list):
            raise TypeError("no list of rules")
        return [each for each in documents(rules) if each.get("Status") == "Enabled"]

    def targets(page: Document) -> list[str]:
        return sorted({text(document(each.get("Destination")).get("Bucket")) for each in live(page)})

    def whole(page: Document) -> bool:
        return any(_unfiltered(each) for each in live(page))

    return {
        "enabled": cell(reply, lambda page: bool(live(page)), none=False),
        "whole": cell(reply, whole, none=False),
        "destinations": cell(reply, targets, none=[]),
        "elsewhere": cell(reply, lambda page: any(each != bucket.arn for each in targets(page)), none=False),
    }


def _unfiltered(rule: Document) -> bool:
    filtered = document(rule.get("Filter"))
    return not (text(rule.get("Prefix")) or text(filtered.get("Prefix")) or filtered.get("Tag") or filtered.get("And"))


def _inventory(_bucket: Bucket, replies: Mapping[Operation, Reply]) -> Row:
    reply = replies[INVENTORY]
    live = [each for each in reply.items if each.get("IsEnabled") is True]
    gap = gap_of(reply)
    whole = [each for each in live if not document(each.get("Filter")).get("Prefix")]
    often = {_FREQUENCY.get(text(document(each.get("Schedule")).get("Frequency")), "") for each in whole} - {""}
    places = {
        text(document(document(each.get("Destination")).get("S3BucketDestination")).get("Bucket")) for each in live
    }
    return {
        "enabled": gap if gap is not None else bool(whole),
        "frequency": gap if gap is not None else "daily" if "daily" in often else next(iter(often), ABSENT),
        "destinations": gap if gap is not None else sorted(places - {""}),
    }
