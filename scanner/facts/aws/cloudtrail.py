"""Facts about trails of CloudTrail."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, iam
from scanner.model.fact import BOOL, TEXT, TIME, FactSpec, Field, Input, Shape

_TRAIL = (ARN, REGION, Field("name", TEXT, "Name of the trail."))

SPECS = (
    FactSpec(
        name="aws.cloudtrail",
        says="A trail that records what happens in the account, one of the organization included.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(
            iam("cloudtrail:DescribeTrails", "lists the trails that are seen in a region"),
            iam("cloudtrail:GetTrailStatus", "tells whether a trail records now"),
            iam("cloudtrail:GetEventSelectors", "tells what a trail records"),
        ),
        fields=(
            *_TRAIL,
            Field("multi_region", BOOL, "True where it records all regions."),
            Field("organization", BOOL, "True where it records all accounts of the organization."),
            Field("validation", BOOL, "True where digests prove that no log file was changed or removed."),
            Field("key", TEXT, "KMS key of its log files; absent where S3 encrypts them by keys of its own."),
            Field("bucket", TEXT, "Name of the bucket that takes the log files."),
            Field("log_group", TEXT, "ARN of the log group that takes the events too; absent without one."),
            Field("logging", BOOL, "True where it records now."),
            Field("delivery_error", TEXT, "Why the last log file did not reach the bucket; absent when it did."),
            Field("delivered", TIME, "When the last log file reached the bucket; absent when none did."),
            Field("events_delivered", TIME, "When the last events reached the log group; absent when none did."),
            Field("management_reads", BOOL, "True where it records all calls that read settings."),
            Field("management_writes", BOOL, "True where it records all calls that change settings."),
            Field("object_reads", BOOL, "True where it records reads of all objects in all buckets of S3."),
            Field(
                "object_writes", BOOL, "True where it records writes and removals of all objects in all buckets of S3."
            ),
        ),
        example={
            "arn": "arn:aws:cloudtrail:eu-central-1:123456789012:trail/all",
            "multi_region": True,
            "logging": True,
            "management_reads": True,
            "management_writes": True,
        },
    ),
    FactSpec(
        name="aws.cloudtrail_bucket",
        says="The bucket that takes a trail's log files: who reaches it, and whether its use is recorded.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        inputs=(
            Input("aws.cloudtrail"),
            Input("aws.s3_exposure"),
            Input("aws.s3_logging"),
            Input("aws.s3_object_lock"),
        ),
        fields=(
            *_TRAIL,
            Field("bucket", TEXT, "Name of the bucket."),
            Field("public", BOOL, "True where strangers reach it; unknown for a bucket of another account."),
            Field("logged", BOOL, "True where it keeps an access log; unknown for a bucket of another account."),
            Field("locked", BOOL, "True where it locks objects by default; unknown for a bucket of another account."),
        ),
        example={
            "arn": "arn:aws:cloudtrail:eu-central-1:123456789012:trail/all",
            "bucket": "logs",
            "public": False,
            "logged": True,
            "locked": True,
        },
    ),
)
