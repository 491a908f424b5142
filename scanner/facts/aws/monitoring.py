"""Facts about alarms on what CloudTrail writes into log groups, and about Security Hub."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, iam, resources
from scanner.model.fact import BOOL, INT, TEXT, TEXTS, FactSpec, Field, Input, Shape

_TRAILS = iam("cloudtrail:DescribeTrails", "names the log groups of trails")
_FILTERS = iam("logs:DescribeMetricFilters", "tells what metrics are made of such a log group")
_ALARMS = iam("cloudwatch:DescribeAlarms", "lists the alarms where such log groups lie")
_METRIC = (
    Field("namespace", TEXT, "Namespace of the metric."),
    Field("metric", TEXT, "Name of the metric."),
)
_UNUSED = "rules look at `aws.watched_event`, which follows events from the trail to whom they are told"

SPECS = (
    resources(
        name="aws.trail_filter",
        says="A metric filter on the log group of a trail.",
        needs=(_TRAILS, _FILTERS),
        fields=(
            Field("arn", TEXT, "ARN of the log group."),
            REGION,
            Field("name", TEXT, "Name of the filter."),
            Field("pattern", TEXT, "Its pattern; an empty one takes every event."),
            *_METRIC,
            Field("value", TEXT, "What one event adds to the metric."),
            Field("plain", BOOL, "True where the metric has no dimensions, and the filter takes the log as it is."),
        ),
        example={"arn": "arn:aws:logs:eu-central-1:123456789012:log-group:trail", "name": "root", "pattern": ""},
        keys=("arn", "name", "metric"),
        unused=_UNUSED,
    ),
    resources(
        name="aws.trail_alarm",
        says="An alarm on a metric that is made of the log group of a trail.",
        needs=(_TRAILS, _FILTERS, _ALARMS),
        fields=(
            ARN,
            REGION,
            Field("name", TEXT, "Name of the alarm."),
            *_METRIC,
            Field("events", INT, "Events within a period by which it rings; absent where that cannot be told."),
            Field("on", BOOL, "True where it acts when it rings."),
            Field("topics", TEXTS, "ARNs of the topics of SNS that it tells."),
        ),
        example={"arn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:root", "metric": "root", "on": True},
        unused=_UNUSED,
    ),
    resources(
        name="aws.trail_topic",
        says="A topic of SNS that such an alarm tells.",
        needs=(
            _TRAILS,
            _FILTERS,
            _ALARMS,
            iam("sns:ListSubscriptionsByTopic", "tells who is subscribed to the topic"),
        ),
        fields=(
            ARN,
            REGION,
            Field("confirmed", INT, "Subscriptions that were confirmed; 0 where the topic is gone."),
        ),
        example={"arn": "arn:aws:sns:eu-central-1:123456789012:alarms", "confirmed": 1},
        unused=_UNUSED,
    ),
    FactSpec(
        name="aws.watched_event",
        says="Events of a subject that somebody is told of: written by a trail of all regions into a log group, taken by a filter, counted by an alarm, and told to a topic with a confirmed subscription.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("subject",),
        inputs=(
            Input("aws.cloudtrail"),
            Input("aws.trail_filter"),
            Input("aws.trail_alarm"),
            Input("aws.trail_topic"),
        ),
        fields=(
            Field("subject", TEXT, "Subject such as `root_use`; the rule of each names its events."),
            Field("watched", BOOL, "True when all of its events lead to somebody who is told."),
            Field("missing", TEXTS, "Its events that do not, as far as filters can be read."),
            Field("events", INT, "Events within a period until the alarm rings; absent where one leads to none."),
            Field("alarms", TEXTS, "Names of the alarms that they lead to."),
        ),
        example={"subject": "root_use", "watched": True, "missing": [], "events": 1, "alarms": ["root"]},
        shows=("missing",),
    ),
    resources(
        name="aws.security_hub",
        says="Whether Security Hub is switched on, in each region.",
        needs=(iam("securityhub:DescribeHub", "tells whether it is switched on"),),
        fields=(REGION, Field("on", BOOL, "True when it is switched on.")),
        example={"region": "eu-central-1", "on": True},
        keys=("region",),
    ),
)
