"""Collects what is made of the log groups of trails: metric filters, alarms on them, and whom these tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scanner.collection.aws.cloudtrail import TRAILS
from scanner.collection.aws.listing import per_region, strict, strict_texts
from scanner.collection.aws.session import Session, evidence, flag, gap_of, text, word, worst
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown
from scanner.transport.cloud import Call, Document, Operation

FILTERS = Operation(
    "logs",
    "DescribeMetricFilters",
    "logs:DescribeMetricFilters",
    key="metricFilters",
    absent=("ResourceNotFoundException",),
    lacking=True,
    per="log group of a trail",
)
ALARMS = Operation(
    "cloudwatch",
    "DescribeAlarms",
    "cloudwatch:DescribeAlarms",
    key="MetricAlarms",
    lacking=True,
    per="region with such a log group",
)
SUBSCRIPTIONS = Operation(
    "sns",
    "ListSubscriptionsByTopic",
    "sns:ListSubscriptionsByTopic",
    key="Subscriptions",
    absent=("NotFound", "NotFoundException"),
    lacking=True,
    per="topic that such an alarm tells",
)
HUB = Operation(
    "securityhub",
    "DescribeHub",
    "securityhub:DescribeHub",
    absent=("InvalidAccessException", "ResourceNotFoundException"),
    per="region",
)
FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.security_hub": (HUB,),
    "aws.trail_alarm": (TRAILS, FILTERS, ALARMS),
    "aws.trail_filter": (TRAILS, FILTERS),
    "aws.trail_topic": (TRAILS, FILTERS, ALARMS, SUBSCRIPTIONS),
}
_SUMS = ("Sum", "SampleCount", "Maximum")
"""Statistics in which a single event shows by itself."""
Found = tuple[list[Row], Gap | None]


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Follow the log groups of trails to filters, alarms and topics; equal calls are made once."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    if query.fact == "aws.security_hub":
        return _hubs(query, session)
    rows, gap = {"aws.trail_filter": _filters, "aws.trail_alarm": _alarms, "aws.trail_topic": _topics}[query.fact](
        session
    )
    return evidence(query, rows, gap, session, FACTS[query.fact])


def _hubs(query: Query, session: Session) -> Evidence:
    """Ask each region; that Security Hub is off is told by an error of its own."""
    unsaid = error(f"{HUB}: it does not say which hub answers")
    found = per_region(query, session, HUB, {"on": lambda page: bool(text(page.get("HubArn"))) or unsaid})
    rows = tuple({**row, "on": False if row["on"] is ABSENT else row["on"]} for row in found.rows)
    return Evidence(query, rows, found.gap, found.provenance)


def _groups(session: Session) -> tuple[dict[str, tuple[str, str]], Gap | None]:
    """Give the log groups of trails: ARN > region and name. Those of another account are a gap: nobody may ask there."""
    listed = session.list_everywhere(TRAILS)
    gaps: list[Gap | None] = [listed.gap]
    found: dict[str, tuple[str, str]] = {}
    for _, item in listed.items:
        arn = text(item.get("CloudWatchLogsLogGroupArn")).removesuffix(":*")
        parts = arn.split(":", 6)
        if not arn:
            continue
        if len(parts) != 7 or parts[5] != "log-group":
            gaps.append(error(f"{TRAILS}: the log group of a trail cannot be read"))
        elif parts[4] != session.account:
            gaps.append(unknown(f"the log group {arn} lies in another account (ask there)"))
        else:
            found[arn] = parts[3], parts[6]
    return found, worst(*gaps)


def _filters(session: Session) -> Found:
    groups, gap = _groups(session)
    calls = {arn: Call.of(FILTERS, region, {"logGroupName": name}) for arn, (region, name) in groups.items()}
    replies = session.ask_all(calls.values())
    gaps: list[Gap | None] = [gap]
    rows: list[Row] = []
    for arn, (region, name) in groups.items():
        reply = replies[calls[arn]]
        gaps.append(gap_of(reply, name))
        for item in reply.items:
            try:
                rows += _metrics(arn, region, item)
            except TypeError:
                gaps.append(error(f"{name}: a metric filter cannot be read"))
    return rows, worst(*gaps)


def _metrics(arn: str, region: str, item: Document) -> Iterator[Row]:
    """Give a row for each metric that a filter makes; raises TypeError for one that cannot be read."""
    name, pattern = item.get("filterName"), item.get("filterPattern", "")
    if not isinstance(name, str) or not name or not isinstance(pattern, str):
        raise TypeError("no filter")
    narrowed = bool(item.get("fieldSelectionCriteria")) or item.get("applyOnTransformedLogs") is True
    for each in strict(item.get("metricTransformations")):
        yield {
            "arn": arn,
            "region": region,
            "name": name,
            "pattern": pattern,
            "namespace": word(each.get("metricNamespace")),
            "metric": text(each.get("metricName")),
            "value": word(each.get("metricValue")),
            "plain": not narrowed and not each.get("dimensions"),
        }


def _alarms(session: Session) -> Found:
    filters, gap = _filters(session)
    wanted = {(row["region"], row["namespace"], row["metric"]) for row in filters}
    regions = sorted({str(row["region"]) for row in filters})
    calls = {name: Call.of(ALARMS, name) for name in regions}
    replies = session.ask_all(calls.values())
    gaps: list[Gap | None] = [gap, *(gap_of(replies[call], name) for name, call in calls.items())]
    rows: dict[str, Row] = {}
    for region, call in calls.items():
        for item in replies[call].items:
            if (region, item.get("Namespace"), item.get("MetricName")) not in wanted:
                continue
            arn = text(item.get("AlarmArn"))
            if arn:
                rows[arn] = _alarm(arn, region, item)
            else:
                gaps.append(error(f"{region}: an alarm without an ARN was listed"))
    return list(rows.values()), worst(*gaps)


def _alarm(arn: str, region: str, item: Document) -> Row:
    try:
        topics: Cell = [each for each in strict_texts(item.get("AlarmActions")) if each.split(":")[2:3] == ["sns"]]
    except TypeError:
        topics = error(f"{ALARMS}: the actions cannot be read")
    return {
        "arn": arn,
        "region": region,
        "name": word(item.get("AlarmName")),
        "namespace": word(item.get("Namespace")),
        "metric": word(item.get("MetricName")),
        "events": _threshold(item),
        "on": flag(item.get("ActionsEnabled"), none=error(f"{ALARMS}: it does not say whether the alarm acts")),
        "topics": topics,
    }


def _threshold(item: Document) -> Cell:
    """Give from how many events on a single period makes the alarm ring, one event being worth 1; ABSENT for none that tells."""
    threshold, comparison = item.get("Threshold"), item.get("ComparisonOperator")
    periods = item.get("DatapointsToAlarm", item.get("EvaluationPeriods"))
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or abs(threshold) > 1e9:
        return ABSENT
    if periods != 1 or item.get("Statistic") not in _SUMS or item.get("Dimensions"):
        return ABSENT
    least = int(threshold) if threshold == int(threshold) else int(threshold) + 1
    if comparison == "GreaterThanThreshold":
        events = int(threshold // 1) + 1
    elif comparison == "GreaterThanOrEqualToThreshold":
        events = least
    else:
        return ABSENT
    # A maximum never grows beyond what one event is worth.
    return max(events, 1) if item.get("Statistic") != "Maximum" or events <= 1 else ABSENT


def _topics(session: Session) -> Found:
    alarms, gap = _alarms(session)
    wanted = {
        topic: str(row["region"])
        for row in alarms
        if isinstance(row["topics"], list)
        for topic in map(str, row["topics"])
    }
    calls = {topic: Call.of(SUBSCRIPTIONS, region, {"TopicArn": topic}) for topic, region in wanted.items()}
    replies = session.ask_all(calls.values())
    rows: list[Row] = []
    for topic, region in wanted.items():
        reply = replies[calls[topic]]
        lost = gap_of(reply)
        known = sum(text(each.get("SubscriptionArn")).startswith("arn:") for each in reply.items)
        # Known subscriptions suffice, wherever the list ends.
        rows.append({"arn": topic, "region": region, "confirmed": lost if lost is not None and not known else known})
    return rows, gap
