"""Collects access points of S3: doors to buckets with policies and blocks of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.buckets import BUCKET_LOCATION, LIST_BUCKETS, buckets
from scanner.collection.aws.policies import foreign, open_actions, read
from scanner.collection.aws.s3_access import ACCOUNT_BLOCK, SWITCHES, either, is_public, switches
from scanner.collection.aws.session import (
    Listed,
    Session,
    choice,
    evidence,
    gap_of,
    text,
    word,
    worst,
)
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation, Reply

_NO_POLICY = ("NoSuchAccessPointPolicy",)
LIST = Operation(
    "s3control", "ListAccessPoints", "s3:ListAccessPoints", key="AccessPointList", lacking=True, per="region"
)
POINT = Operation("s3control", "GetAccessPoint", "s3:GetAccessPoint", per="access point")
POLICY = Operation(
    "s3control", "GetAccessPointPolicy", "s3:GetAccessPointPolicy", absent=_NO_POLICY, per="access point"
)
STATUS = Operation(
    "s3control", "GetAccessPointPolicyStatus", "s3:GetAccessPointPolicyStatus", absent=_NO_POLICY, per="access point"
)
FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.s3_access_point": (LIST, LIST_BUCKETS, BUCKET_LOCATION, POINT, POLICY, STATUS, ACCOUNT_BLOCK),
}
_ORIGINS: Mapping[str, Cell] = {"Internet": "internet", "VPC": "vpc"}
_ASKED = (POINT, POLICY, STATUS)


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """List the access points of each region of the visit and of each region with a bucket, and ask each of them."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    found = _listed(session)
    gaps: list[Gap | None] = [found.gap]
    points: dict[str, tuple[str, Document]] = {}
    for region, item in found.items:
        arn, name = text(item.get("AccessPointArn")), text(item.get("Name"))
        if arn and name:
            points.setdefault(arn, (region, item))
        else:
            gaps.append(error(f"{LIST}: {region}: an access point has no ARN or no name"))
    calls = {
        (arn, operation): Call.of(operation, region, {"AccountId": session.account, "Name": text(item.get("Name"))})
        for arn, (region, item) in points.items()
        for operation in _ASKED
    }
    replies = session.ask_all(calls.values())
    account = switches(session.ask(ACCOUNT_BLOCK, {"AccountId": session.account}))
    rows = [
        _row(arn, region, item, {each: replies[calls[arn, each]] for each in _ASKED}, account, session.account)
        for arn, (region, item) in points.items()
    ]
    return evidence(query, rows, worst(*gaps), session, FACTS[query.fact])


def _listed(session: Session) -> Listed:
    """List them wherever a bucket may be: an access point lies where its bucket does."""
    names, gap = session.regions()
    owned, lost = buckets(session)
    gaps = [gap, lost, *(bucket.gap for bucket in owned)]
    regions = sorted({*names, *(bucket.region for bucket in owned if bucket.gap is None)})
    calls = {Call.of(LIST, name, {"AccountId": session.account}): name for name in regions}
    replies = session.ask_all(calls)
    items = tuple((calls[call], each) for call, reply in replies.items() for each in reply.items)
    gaps += [gap_of(reply, call.region) for call, reply in replies.items()]
    return Listed(items, worst(*gaps))


def _row(
    arn: str,
    region: str,
    item: Document,
    replies: Mapping[Operation, Reply],
    account: Mapping[str, Cell],
    number: str,
) -> Row:
    own = switches(replies[POINT])
    policy = read(replies[POLICY])
    return {
        "arn": arn,
        "region": region,
        "name": text(item.get("Name")),
        "bucket": word(item.get("Bucket")),
        "origin": choice(item.get("NetworkOrigin"), _ORIGINS, none=error("the API did not say who reaches it")),
        **{name: either(own[name], account[name]) for name in SWITCHES},
        "public": is_public(replies[STATUS]),
        "public_actions": policy if isinstance(policy, Gap) else open_actions(policy),
        "foreign_accounts": policy if isinstance(policy, Gap) else foreign(policy, number),
    }
