"""Trails and AWS Config as AWS tells of them and moto does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws.conftest import Visit
from tests.aws.stubs.test_s3 import outcome

_NOW = datetime.now(UTC)
_TRAIL = {
    "Name": "all",
    "S3BucketName": "hard-logs",
    "TrailARN": "arn:aws:cloudtrail:eu-central-1:222222222222:trail/all",
    "HomeRegion": "eu-central-1",
    "IsMultiRegionTrail": True,
    "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-central-1:222222222222:log-group:trail:*",
}


def test_delivery(visits: dict[str, Visit]) -> None:
    rule, operation = "cloudtrail_delivery_sound", "cloudtrail:GetTrailStatus"
    assert outcome(rule, visits["hardened"], operation, {"IsLogging": True, "LatestDeliveryTime": _NOW}) == "pass"
    refused = {"IsLogging": True, "LatestDeliveryError": "AccessDenied"}
    assert outcome(rule, visits["hardened"], operation, refused) == "fail"


def test_events_reach_the_log_group(visits: dict[str, Visit]) -> None:
    rule = "cloudtrail_events_reach_log_group"
    for when, expected in ((_NOW, "pass"), (_NOW - timedelta(days=40), "fail")):
        told = {
            "cloudtrail:DescribeTrails": {"trailList": [_TRAIL]},
            "cloudtrail:GetTrailStatus": {"IsLogging": True, "LatestCloudWatchLogsDeliveryTime": when},
        }
        assert outcome(rule, visits["hardened"], told=told) == expected
    assert outcome(rule, visits["hardened"], "cloudtrail:GetTrailStatus", {"IsLogging": True}) == "fail"


def test_a_trail_of_the_organization_is_asked_at_home(visits: dict[str, Visit]) -> None:
    """In an account of an organization its trail is a shadow: another account's ARN, another account's bucket."""
    trail = {**_TRAIL, "TrailARN": "arn:aws:cloudtrail:us-east-1:999999999999:trail/all", "HomeRegion": "us-east-1"}
    told: dict[str, Any] = {
        "cloudtrail:DescribeTrails": {
            "trailList": [{**trail, "S3BucketName": "elsewhere", "IsOrganizationTrail": True}]
        },
        "cloudtrail:GetTrailStatus": {"IsLogging": True},
        "cloudtrail:GetEventSelectors": {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]},
    }
    assert outcome("cloudtrail_all_regions_recorded", visits["hardened"], told=told) == "pass"
    assert outcome("cloudtrail_bucket_not_public", visits["hardened"], told=told) == "unknown"
    assert outcome("cloudtrail_object_reads_recorded", visits["hardened"], told=told) == "fail"


@pytest.mark.parametrize(
    ("status", "expected"), [("Success", "pass"), ("Pending", "pass"), ("Failure", "fail"), ("Odd", "error")]
)
def test_delivery_of_config(status: str, expected: str, visits: dict[str, Visit]) -> None:
    answer = {"ConfigurationRecordersStatus": [{"name": "default", "recording": True, "lastStatus": status}]}
    operation = "config:DescribeConfigurationRecorderStatus"
    assert outcome("config_delivery_sound", visits["hardened"], operation, answer) == expected


def test_recorders_of_services_do_not_count(visits: dict[str, Visit]) -> None:
    answer = {"ConfigurationRecorders": [{"name": "linked", "servicePrincipal": "example.amazonaws.com"}]}
    assert outcome("config_recorder_on", visits["hardened"], "config:DescribeConfigurationRecorders", answer) == "fail"
