"""The buckets of an account, and what each of them is asked in its own region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scanner.collection.aws.session import Session, evidence, gap_of, text, worst
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Operation, Reply, Value

LIST_BUCKETS = Operation("s3", "ListBuckets", "s3:ListAllMyBuckets", key="Buckets", lacking=True)
BUCKET_LOCATION = Operation(
    "s3", "GetBucketLocation", "s3:GetBucketLocation", per="bucket that is listed without region"
)
_ODD_PLACES = {"": "us-east-1", "EU": "eu-west-1"}
"""What S3 calls two regions for reasons of age."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket: its name, ARN and region, or why the region is not known."""

    name: str
    arn: str
    region: str
    created: str
    place: Reply | None = None
    """The reply to the question for the region, where it had to be asked."""

    @property
    def gap(self) -> Gap | None:
        """Why the region is not known; None when it is."""
        return gap_of(self.place) if self.place is not None else None


def buckets(session: Session) -> tuple[list[Bucket], Gap | None]:
    """Give all buckets of the account, whatever their regions, and why some may be missing.

    S3 tells the region beside the name; where it does not, each bucket is asked for it.
    """
    reply = session.ask(LIST_BUCKETS, {"MaxBuckets": 1000})
    found = {text(each.get("Name")): each for each in reply.items}
    gap = gap_of(reply)
    if "" in found:
        gap = worst(gap, error(f"{LIST_BUCKETS}: a bucket has no name"))
    named = {name: each for name, each in found.items() if name}
    lost = [name for name, each in named.items() if not text(each.get("BucketRegion"))]
    calls = {name: Call.of(BUCKET_LOCATION, session.home, {"Bucket": name}) for name in lost}
    places = session.ask_all(calls.values())
    listed = [
        _bucket(session, each, name, places.get(calls[name]) if name in calls else None) for name, each in named.items()
    ]
    return listed, gap


def _bucket(session: Session, found: Mapping[str, Value], name: str, place: Reply | None) -> Bucket:
    region = text(found.get("BucketRegion"))
    if place is not None:
        said = text(place.document.get("LocationConstraint"))
        region = _ODD_PLACES.get(said, said)
    arn = f"arn:{session.partition}:s3:::{name}"
    return Bucket(name, arn, region, text(found.get("CreationDate")), place)


Read = Callable[[Bucket, Mapping[Operation, Reply]], Row]
"""Makes the cells of one bucket from the replies to the operations asked of it."""


def per_bucket(query: Query, session: Session, operations: tuple[Operation, ...], read: Read) -> Evidence:
    """Give a row per bucket, from calls in the bucket's own region; a bucket without a known region has gaps."""
    listed, gap = buckets(session)
    calls = {
        (bucket.name, operation): Call.of(operation, bucket.region, {"Bucket": bucket.name})
        for bucket in listed
        if bucket.gap is None
        for operation in operations
    }
    replies = session.ask_all(calls.values())
    rows: list[Row] = []
    for bucket in listed:
        own = {each: _reply(bucket, each, calls, replies) for each in operations}
        where: dict[str, Cell] = {
            "arn": bucket.arn,
            "name": bucket.name,
            "region": bucket.gap if bucket.gap is not None else bucket.region,
        }
        rows.append({**where, **read(bucket, own)})
    return evidence(query, rows, gap, session, (LIST_BUCKETS, *operations))


def _reply(
    bucket: Bucket, operation: Operation, calls: Mapping[tuple[str, Operation], Call], replies: Mapping[Call, Reply]
) -> Reply:
    """Give a bucket's reply to an operation; without a region it is that to the question for the region."""
    call = calls.get((bucket.name, operation))
    if call is not None:
        return replies[call]
    return bucket.place or Reply(Call.of(operation, "", {"Bucket": bucket.name}), cut="it was not asked")
