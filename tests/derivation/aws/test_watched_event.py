"""Of which events somebody is told: patterns read as they are, ways followed to their end, doubts never for comfort."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.content import folder
from scanner.derivation.aws.filter_patterns import UnreadableError, matcher
from scanner.derivation.aws.watched import EVENTS
from scanner.derivation.table import derive
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown
from scanner.model.outcome import Outcome

CALL = EVENTS["keys"]["DisableKey"]
GROUP = "arn:aws:logs:eu-central-1:1:log-group:trail"
TOPIC = "arn:aws:sns:eu-central-1:1:alarms"
KEYS = "{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }"
DENIED = unknown("denied", "logs:DescribeMetricFilters")


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("", True),
        ("{ $.eventName = DisableKey }", True),
        ('{$.eventName="DisableKey"}', True),
        ('{ $.eventName = "Disable*" }', True),
        ('{ $.eventName = "disablekey" }', False),
        ("{ $.eventName != DisableKey }", False),
        ("{ $.eventName = Other || $.eventName = DisableKey }", True),
        ("{ $.eventName = Other && $.eventName = DisableKey || $.eventName = DisableKey }", True),
        ("{ $.eventName = DisableKey && ($.eventName = Other || $.eventSource = kms.amazonaws.com) }", True),
        ("{ $.errorCode NOT EXISTS }", True),
        ("{ $.errorCode EXISTS }", False),
        ('{ $.errorCode = "*" }', False),
        ('{ ($.eventName = DisableKey) && ($.sourceIPAddress != "delivery.logs.amazonaws.com") }', True),
        # What events may tell otherwise narrows the filter: it is not known to match.
        ('{ $.eventName = DisableKey && $.userIdentity.arn != "arn:aws:iam::1:role/deploy" }', None),
        ("{ $.eventName = DisableKey && $.requestParameters.keyId EXISTS }", None),
        ("{ $.eventName = Other && $.userIdentity.arn = x }", False),
        ("{ $.eventName = DisableKey || $.userIdentity.arn = x }", True),
        ('{ $.errorCode != "AccessDenied" }', None),
    ],
)
def test_patterns(pattern: str, matches: bool | None) -> None:
    assert matcher(pattern)(CALL) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "DisableKey",
        "?DisableKey ?Other",
        "[ip, user, ...]",
        "{ $.eventName = %Disable.*% }",
        "{ $.eventName }",
        "{ $.eventName = }",
        "{ ($.eventName = DisableKey }",
        "{ $.eventName = DisableKey ) }",
        "{ $.size > 3 }",
        "{ $.eventName IS NULL }",
        "{ eventName = DisableKey }",
        "{ $.a NOT b }",
        "{}",
        "{ " + "(" * 100 + "$.a = b" + ")" * 100 + " }",
        "{ $.a = " + "b" * 2000 + " }",
    ],
)
def test_what_is_no_condition_on_fields_is_not_read(pattern: str) -> None:
    with pytest.raises(UnreadableError):
        matcher(pattern)


@given(st.text(alphabet='{}()$.&|=!<>"%*ab EXISTNO', max_size=60))
def test_odd_patterns_never_raise_otherwise(pattern: str) -> None:
    with contextlib.suppress(UnreadableError):
        assert matcher(pattern)(CALL) in (True, False, None)


def _trail(**more: Any) -> Row:
    usual = {"log_group": f"{GROUP}:*", "multi_region": True, "logging": True}
    return {"arn": "t", **usual, "management_reads": True, "management_writes": True, **more}


def _filter(**more: Any) -> Row:
    usual = {"arn": GROUP, "region": "eu-central-1", "name": "keys", "pattern": KEYS}
    return {**usual, "namespace": "Trail", "metric": "keys", "value": "1", "plain": True, **more}


def _alarm(**more: Any) -> Row:
    usual = {"arn": "a", "region": "eu-central-1", "name": "keys", "namespace": "Trail", "metric": "keys"}
    return {**usual, "events": 1, "on": True, "topics": [TOPIC], **more}


def _watched(
    subject: str = "keys",
    trails: list[Row] | None = None,
    filters: list[Row] | None = None,
    alarms: list[Row] | None = None,
    confirmed: Any = 1,
    gaps: dict[str, Gap] | None = None,
) -> Row:
    rows = {
        "aws.cloudtrail": [_trail()] if trails is None else trails,
        "aws.trail_filter": [_filter()] if filters is None else filters,
        "aws.trail_alarm": [_alarm()] if alarms is None else alarms,
        "aws.trail_topic": [{"arn": TOPIC, "region": "eu-central-1", "confirmed": confirmed}],
    }
    inputs = {
        Query.of(name): Evidence(Query.of(name), tuple(each), (gaps or {}).get(name)) for name, each in rows.items()
    }
    found = derive(Query.of("aws.watched_event"), inputs, "2026-11-20T02:00:00Z")
    assert [row["subject"] for row in found.rows] == list(EVENTS)
    return next(row for row in found.rows if row["subject"] == subject)


def test_events_are_followed_from_the_trail_to_a_subscriber() -> None:
    row = _watched()
    assert (row["watched"], row["events"], row["missing"], row["alarms"]) == (True, 1, [], ["keys"])
    other = _watched("vpcs")
    assert (other["watched"], other["events"], other["alarms"]) == (False, ABSENT, [])


@pytest.mark.parametrize(
    "changed",
    [
        {"trails": []},
        {"trails": [_trail(multi_region=False)]},
        {"trails": [_trail(logging=False)]},
        {"trails": [_trail(management_writes=False)]},
        {"trails": [_trail(log_group=ABSENT)]},
        {"trails": [_trail(log_group="arn:aws:logs:eu-central-1:1:log-group:other:*")]},
        {"filters": []},
        {"filters": [_filter(pattern="{ $.eventName = DisableKey }")]},
        {"filters": [_filter(plain=False)]},
        {"filters": [_filter(metric="other")]},
        {"filters": [_filter(region="us-east-1")]},
        {"alarms": []},
        {"alarms": [_alarm(on=False)]},
        {"alarms": [_alarm(topics=[])]},
        {"alarms": [_alarm(events=ABSENT)]},
        {"confirmed": 0},
    ],
    ids=str,
)
def test_a_way_that_breaks_off_tells_nobody(changed: dict[str, Any]) -> None:
    assert _watched(**changed)["watched"] is False


@pytest.mark.parametrize(
    "changed",
    [
        {"gaps": {"aws.cloudtrail": DENIED}, "trails": []},
        {"gaps": {"aws.trail_filter": DENIED}, "filters": []},
        {"gaps": {"aws.trail_alarm": DENIED}, "alarms": []},
        {"gaps": {"aws.trail_topic": DENIED}, "confirmed": 0},
        {"trails": [_trail(logging=DENIED)]},
        {"alarms": [_alarm(on=DENIED)]},
        {"alarms": [_alarm(topics=DENIED)]},
        {"filters": [_filter(pattern=DENIED)]},
        {"confirmed": DENIED},
    ],
    ids=str,
)
def test_what_is_hidden_is_not_known(changed: dict[str, Any]) -> None:
    row = _watched(**changed)
    assert row["watched"] == DENIED
    assert row["events"] == DENIED


def test_what_is_known_suffices() -> None:
    gaps = {f"aws.{name}": DENIED for name in ("cloudtrail", "trail_filter", "trail_alarm", "trail_topic")}
    assert _watched(gaps=gaps)["watched"] is True


@pytest.mark.parametrize(
    "changed", [{"pattern": "[a, b]"}, {"pattern": "DisableKey"}, {"value": "$.x"}, {"value": "0"}]
)
def test_what_cannot_be_read_as_covering_never_passes(changed: dict[str, str]) -> None:
    row = _watched(filters=[_filter(**changed)])
    assert isinstance(row["watched"], Gap)
    assert row["watched"].kind is Outcome.ERROR
    lost = _watched(filters=[_filter(name="other", metric="nobody", **changed), _filter(pattern="{ $.a = b }")])
    assert lost["watched"] is False


def test_several_filters_cover_together_and_the_laziest_alarm_counts() -> None:
    halves = [
        _filter(name=name, metric=name, pattern=f"{{ $.eventName = {name} }}")
        for name in ("DisableKey", "ScheduleKeyDeletion")
    ]
    rings = [_alarm(name="x", metric="DisableKey"), _alarm(name="y", metric="ScheduleKeyDeletion", events=5)]
    row = _watched(filters=halves, alarms=rings)
    assert (row["watched"], row["events"], row["alarms"]) == (True, 5, ["x", "y"])
    row = _watched(filters=halves[:1], alarms=rings)
    assert (row["watched"], row["missing"]) == (False, ["ScheduleKeyDeletion"])


def test_an_error_weighs_more_than_a_denial() -> None:
    lost = error("throttled")
    row = _watched(filters=[], gaps={"aws.trail_filter": DENIED, "aws.trail_topic": lost})
    assert row["watched"] == lost


def test_the_patterns_of_the_remediations_cover_their_subject() -> None:
    shipped = folder("rules")
    seen = set()
    for subject in EVENTS:
        pattern = KINDS[subject]
        text = (shipped / "aws" / "monitoring" / pattern).read_text(encoding="utf-8")
        assert f"subject: {subject}}}" in text
        told = text[text.index("{ (") : text.index("\n  aws logs put-metric-filter")]
        matches = matcher(" ".join(told.split()))
        assert [name for name, event in EVENTS[subject].items() if matches(event) is not True] == [], subject
        seen.add(pattern)
    assert len(seen) == len(EVENTS)


KINDS = {
    "refused_calls": "refused_calls_watched.yaml",
    "sign_in_without_mfa": "sign_in_without_mfa_watched.yaml",
    "root_use": "root_use_watched.yaml",
    "iam_policies": "iam_policy_changes_watched.yaml",
    "trails": "trail_changes_watched.yaml",
    "failed_sign_in": "failed_sign_in_watched.yaml",
    "keys": "key_loss_watched.yaml",
    "bucket_policies": "bucket_policy_changes_watched.yaml",
    "config": "config_changes_watched.yaml",
    "security_groups": "security_group_changes_watched.yaml",
    "network_acls": "network_acl_changes_watched.yaml",
    "gateways": "gateway_changes_watched.yaml",
    "route_tables": "route_table_changes_watched.yaml",
    "vpcs": "vpc_changes_watched.yaml",
    "organization": "organization_changes_watched.yaml",
}
