"""Alarms on the log of a trail: none in the weak estate, in the hardened one a filter, an alarm and a subscriber each."""

from __future__ import annotations

from scanner.derivation.aws.watched import EVENTS
from tests.aws.bench import ACCOUNTS, HOME, REGIONS, Maker

LAST = True
"""It needs the trail."""
_PATTERNS = {
    "refused_calls": '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    "sign_in_without_mfa": '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }',
    "root_use": (
        '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
    ),
    "failed_sign_in": '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
}
STILL: dict[tuple[str, str], str] = {}


def weak(client: Maker) -> None:
    """Ring for the root user, but in one region alone and to nobody."""
    topic = _logged(client, "weak", "weak")
    _watch(client, "root_use", "weak", topic)


def hardened(client: Maker) -> None:
    """Watch everything, and switch Security Hub on."""
    for region in REGIONS.split(","):
        client("securityhub", region).enable_security_hub()
    topic = _logged(client, "hardened", "all")
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="security@example.org")
    for subject in EVENTS:
        _watch(client, subject, "all", topic)


def _logged(client: Maker, estate: str, trail: str) -> str:
    """Have a trail write into a log group, and make a topic."""
    client("logs").create_log_group(logGroupName=trail)
    account = ACCOUNTS[estate]
    client("cloudtrail").update_trail(
        Name=trail,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{HOME}:{account}:log-group:{trail}:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{account}:role/trail",
    )
    topic: str = client("sns").create_topic(Name="alarms")["TopicArn"]
    return topic


def _watch(client: Maker, subject: str, group: str, topic: str) -> None:
    """Make a filter and an alarm."""
    client("logs").put_metric_filter(
        logGroupName=group,
        filterName=subject,
        filterPattern=_PATTERNS.get(subject) or _calls(subject),
        metricTransformations=[{"metricName": subject, "metricNamespace": "Trail", "metricValue": "1"}],
    )
    client("cloudwatch").put_metric_alarm(
        AlarmName=subject,
        Namespace="Trail",
        MetricName=subject,
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[topic],
    )


def _calls(subject: str) -> str:
    """Give a pattern that names the calls of a subject."""
    events = EVENTS[subject]
    service = next(iter(events.values()))["eventSource"]
    names = " || ".join(f"($.eventName = {name})" for name in events)
    return f"{{ ($.eventSource = {service}) && ({names}) }}"
