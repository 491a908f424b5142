"""Collects trails of CloudTrail: where they record, what, and whether they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.selectors import covered
from scanner.collection.aws.session import Session, cell, flag, moment, text, word, worst
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation, Reply

TRAILS = Operation("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails", key="trailList", per="region")
STATUS = Operation("cloudtrail", "GetTrailStatus", "cloudtrail:GetTrailStatus", per="trail")
SELECTORS = Operation("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors", per="trail")
FACTS: Mapping[str, tuple[Operation, ...]] = {"aws.cloudtrail": (TRAILS, STATUS, SELECTORS)}
_EVENTS = ("management_reads", "management_writes", "object_reads", "object_writes")


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """List the trails that each region sees, and ask each one once, where it is at home."""
    # Shadows of trails elsewhere are listed too: a trail of the organization may be nothing else in this account.
    listed = session.list_everywhere(TRAILS)
    gap = listed.gap
    trails: dict[str, tuple[str, Document]] = {}
    for region, item in listed.items:
        arn = text(item.get("TrailARN"))
        if arn.startswith("arn:"):
            trails.setdefault(arn, (text(item.get("HomeRegion")) or region, item))
        else:
            gap = worst(gap, error(f"{TRAILS}: {region}: a trail has no ARN"))
    status = {arn: Call.of(STATUS, home, {"Name": arn}) for arn, (home, _) in trails.items()}
    selectors = {arn: Call.of(SELECTORS, home, {"TrailName": arn}) for arn, (home, _) in trails.items()}
    replies = session.ask_all([*status.values(), *selectors.values()])
    rows = tuple(
        {
            "arn": arn,
            "region": home,
            **_described(item),
            **_status(replies[status[arn]]),
            **_recorded(replies[selectors[arn]], session.partition),
        }
        for arn, (home, item) in trails.items()
    )
    return [Evidence(each, rows, gap, session.provenance(FACTS[each.fact])) for each in queries]


def _described(item: Document) -> Row:
    return {
        "name": word(item.get("Name")),
        "multi_region": flag(item.get("IsMultiRegionTrail"), none=False),
        "organization": flag(item.get("IsOrganizationTrail"), none=False),
        "validation": flag(item.get("LogFileValidationEnabled"), none=False),
        "key": word(item.get("KmsKeyId")),
        "bucket": word(item.get("S3BucketName")),
        "log_group": word(item.get("CloudWatchLogsLogGroupArn")),
    }


def _status(reply: Reply) -> Row:
    unsaid = error(f"{STATUS}: it does not say whether the trail records")
    return {
        "logging": cell(reply, lambda page: flag(page.get("IsLogging"), none=unsaid)),
        "delivery_error": cell(reply, lambda page: word(page.get("LatestDeliveryError"))),
        "delivered": cell(reply, lambda page: moment(page.get("LatestDeliveryTime"))),
        "events_delivered": cell(reply, lambda page: moment(page.get("LatestCloudWatchLogsDeliveryTime"))),
    }


def _recorded(reply: Reply, partition: str) -> Row:
    def read(name: str) -> Cell:
        return cell(reply, lambda page: name in covered(page, partition), none=ABSENT)

    return {name: read(name) for name in _EVENTS}
