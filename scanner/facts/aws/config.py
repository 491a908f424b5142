"""Facts about what AWS Config records."""

from __future__ import annotations

from scanner.facts.aws.common import REGION, iam
from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="aws.config_recorder",
        says="What AWS Config records in a region; a region without a recorder has a row too.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("region",),
        needs=(
            iam("config:DescribeConfigurationRecorders", "tells what is recorded"),
            iam("config:DescribeConfigurationRecorderStatus", "tells whether it records now"),
            iam("config:DescribeDeliveryChannels", "tells where the records go"),
        ),
        fields=(
            REGION,
            Field("name", TEXT, "Name of the recorder; absent without one."),
            Field("present", BOOL, "True where there is a recorder of the account's own."),
            Field("recording", BOOL, "True where it records now."),
            Field(
                "status",
                enum("success", "failure", "pending", "none"),
                "How its last delivery ended; `none` without one.",
            ),
            Field("everything", BOOL, "True where it records all kinds of resources."),
            Field("global_resources", BOOL, "True where it records global resources such as those of IAM."),
            Field("excluded", TEXTS, "Kinds of resources that it leaves out, as far as they are named."),
            Field("role", TEXT, "ARN of the role that it works as; absent without one."),
            Field("channel", BOOL, "True where records are delivered somewhere."),
            Field("bucket", TEXT, "Name of the bucket that takes them; absent without one."),
        ),
        example={"region": "eu-central-1", "present": True, "recording": True, "everything": True, "channel": True},
    ),
)
