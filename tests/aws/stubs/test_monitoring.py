"""Filters, alarms and topics as AWS tells of them and moto does not, and Security Hub."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collection.aws.visit import collect
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from scanner.transport.sql import Failure
from tests.aws.bench import LIMITS, Recorder, Replayed
from tests.collection.parity import check

GROUP = "arn:aws:logs:eu-west-1:1:log-group:trail"
TOPIC = "arn:aws:sns:eu-west-1:1:alarms"
DENIED = Failure("AccessDeniedException", "AccessDeniedException: no", denied=True)


def _trails(*groups: str) -> dict[str, Any]:
    return {"trailList": [{"TrailARN": f"arn:t/{each}", "CloudWatchLogsLogGroupArn": f"{each}:*"} for each in groups]}


def _filters(**more: Any) -> dict[str, Any]:
    metric = {"metricName": "root", "metricNamespace": "Trail", "metricValue": "1"}
    return {"metricFilters": [{"filterName": "root", "filterPattern": "", "metricTransformations": [metric], **more}]}


def _alarms(**more: Any) -> dict[str, Any]:
    usual = {
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:1:alarm:root",
        "AlarmName": "root",
        "Namespace": "Trail",
        "MetricName": "root",
        "Statistic": "Sum",
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC, "arn:aws:lambda:eu-west-1:1:function:x"],
    }
    return {"MetricAlarms": [{name: each for name, each in {**usual, **more}.items() if each is not None}]}


TOLD: dict[str, Any] = {
    "sts:GetCallerIdentity": {"Account": "1", "Arn": "arn:aws:iam::1:user/x", "UserId": "x"},
    "cloudtrail:DescribeTrails": _trails(GROUP),
    "logs:DescribeMetricFilters": _filters(),
    "cloudwatch:DescribeAlarms": _alarms(),
    "sns:ListSubscriptionsByTopic": {
        "Subscriptions": [
            {"SubscriptionArn": f"{TOPIC}:1", "Endpoint": "security@example.org"},
            {"SubscriptionArn": "PendingConfirmation"},
        ]
    },
    "securityhub:DescribeHub": {"HubArn": "arn:aws:securityhub:eu-central-1:1:hub/default"},
}


def _ask(fact: str, **told: Any) -> tuple[Evidence, Recorder]:
    given = {**TOLD, **{name.replace("__", ":"): answer for name, answer in told.items()}}
    recorder = Recorder(Replayed({}, {"regions": "eu-central-1"}, told=given))
    (found,) = collect([Query.of(fact)], recorder, LIMITS).evidence
    check(found)
    return found, recorder


def test_the_log_groups_of_trails_are_asked_where_they_lie() -> None:
    found, recorder = _ask("aws.trail_topic")
    places = {(call.operation.name, call.region) for call in recorder.replies}
    assert {("DescribeMetricFilters", "eu-west-1"), ("DescribeAlarms", "eu-west-1")} < places
    assert (found.rows[0]["arn"], found.rows[0]["confirmed"]) == (TOPIC, 1)
    assert "security@" not in str(found)
    (row,) = _ask("aws.trail_filter")[0].rows
    assert (row["arn"], row["name"], row["metric"], row["plain"]) == (GROUP, "root", "root", True)


def test_a_trail_and_a_topic_take_five_calls_and_one_per_region() -> None:
    told = {
        **TOLD,
        "cloudtrail:GetTrailStatus": {"IsLogging": True},
        "cloudtrail:GetEventSelectors": {"EventSelectors": []},
    }
    recorder = Recorder(Replayed({}, {"regions": "eu-central-1,us-east-1"}, told=told))
    facts = ("aws.cloudtrail", "aws.trail_filter", "aws.trail_alarm", "aws.trail_topic")
    collect([Query.of(fact) for fact in facts], recorder, LIMITS)
    assert len(recorder.replies) == 1 + 2 + 5  # who we are, the regions, the rest


@pytest.mark.parametrize(
    "more",
    [
        {"applyOnTransformedLogs": True},
        {"fieldSelectionCriteria": '@aws.account = "2"'},
        {
            "metricTransformations": [
                {"metricName": "root", "metricNamespace": "T", "metricValue": "1", "dimensions": {"a": "$.a"}}
            ]
        },
    ],
)
def test_filters_that_take_less_than_the_log_are_not_plain(more: dict[str, Any]) -> None:
    assert _ask("aws.trail_filter", logs__DescribeMetricFilters=_filters(**more))[0].rows[0]["plain"] is False


@pytest.mark.parametrize(
    ("more", "events"),
    [
        ({}, 1),
        ({"Threshold": 0.0, "ComparisonOperator": "GreaterThanThreshold"}, 1),
        ({"Threshold": 4.5}, 5),
        ({"Threshold": 4.0, "ComparisonOperator": "GreaterThanThreshold"}, 5),
        ({"Statistic": "Maximum"}, 1),
        ({"Statistic": "Maximum", "Threshold": 2.0}, ABSENT),
        ({"Statistic": "Average"}, ABSENT),
        ({"Statistic": None}, ABSENT),
        ({"Threshold": None}, ABSENT),
        ({"ComparisonOperator": "LessThanThreshold"}, ABSENT),
        ({"EvaluationPeriods": 3}, ABSENT),
        ({"EvaluationPeriods": 3, "DatapointsToAlarm": 1}, 1),
        ({"Dimensions": [{"Name": "a", "Value": "b"}]}, ABSENT),
    ],
)
def test_from_how_many_events_on_an_alarm_rings(more: dict[str, Any], events: Any) -> None:
    (row,) = _ask("aws.trail_alarm", cloudwatch__DescribeAlarms=_alarms(**more))[0].rows
    assert row["events"] == events
    assert row["topics"] == [TOPIC]


def test_alarms_on_other_metrics_are_none_of_ours() -> None:
    found, _ = _ask("aws.trail_alarm", cloudwatch__DescribeAlarms=_alarms(MetricName="cpu"))
    assert (found.rows, found.gap) == ((), None)


def test_a_log_group_of_another_account_is_unknown_here() -> None:
    other = "arn:aws:logs:eu-west-1:2:log-group:trail"
    found, _ = _ask("aws.trail_filter", cloudtrail__DescribeTrails=_trails(GROUP, other))
    assert len(found.rows) == 1
    assert found.gap is not None
    assert (found.gap.kind, "another account" in found.gap.reason) == (Outcome.UNKNOWN, True)


@pytest.mark.parametrize("fact", ["aws.trail_filter", "aws.trail_alarm", "aws.trail_topic"])
def test_denied_filters_are_missed_by_all_that_follows(fact: str) -> None:
    found, _ = _ask(fact, logs__DescribeMetricFilters=DENIED)
    assert found.gap is not None
    assert found.gap.needs == "logs:DescribeMetricFilters"


def test_topics_that_are_gone_or_closed() -> None:
    gone = Failure("NotFound", "Topic does not exist")
    assert _ask("aws.trail_topic", sns__ListSubscriptionsByTopic=gone)[0].rows[0]["confirmed"] == 0
    closed = _ask("aws.trail_topic", sns__ListSubscriptionsByTopic=DENIED)[0].rows[0]["confirmed"]
    assert isinstance(closed, Gap)
    assert closed.needs == "sns:ListSubscriptionsByTopic"


@pytest.mark.parametrize("code", ["InvalidAccessException", "ResourceNotFoundException"])
def test_security_hub(code: str) -> None:
    assert _ask("aws.security_hub")[0].rows[0]["on"] is True
    off = Failure(code, "Account 1 is not subscribed to AWS Security Hub")
    assert _ask("aws.security_hub", securityhub__DescribeHub=off)[0].rows[0]["on"] is False
    denied = _ask("aws.security_hub", securityhub__DescribeHub=DENIED)[0].rows[0]["on"]
    assert isinstance(denied, Gap)
    assert isinstance(_ask("aws.security_hub", securityhub__DescribeHub={})[0].rows[0]["on"], Gap)
