"""Facts about what becomes of objects in S3 buckets."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, iam
from scanner.facts.aws.s3 import BUCKET, LIST
from scanner.model.fact import BOOL, INT, MAP, SIZE, TEXT, TEXTS, TIME, FactSpec, Field, Shape, enum

_LIFECYCLE = iam("s3:GetLifecycleConfiguration", "the rules stand at the bucket")

SPECS = (
    FactSpec(
        name="aws.s3_lifecycle",
        tagged=("aws.s3_bucket",),
        says="A lifecycle rule of a bucket; a bucket without rules has no row here, but one in `aws.s3_retention`.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn", "rule"),
        needs=(*LIST, _LIFECYCLE),
        unused="rules look at `aws.s3_retention`, which sums the rules up; a site's own rules may look at single ones",
        fields=(
            ARN,
            Field("bucket", TEXT, "Name of the bucket."),
            REGION,
            Field("rule", TEXT, "Name of the rule."),
            Field("enabled", BOOL, "True while the rule is in force."),
            Field("prefix", TEXT, "Prefix of the keys that it is for; empty for all."),
            Field("tags", MAP, "Tags that objects must bear; empty for all."),
            Field("larger_than", SIZE, "Only objects larger than this; absent without a bound."),
            Field("smaller_than", SIZE, "Only objects smaller than this; absent without a bound."),
            Field("whole", BOOL, "True for a rule without prefix, tags and upper bound of the size."),
            Field("transitions", TEXTS, "Classes that objects move to, such as `GLACIER: 30 days`."),
            Field("glacier_days", INT, "Days until objects move to the class GLACIER; absent when they do not."),
            Field(
                "glacier_from", SIZE, "Objects of this size and less stay where they are; 131072 unless said otherwise."
            ),
            Field("expiration_days", INT, "Days until objects are removed; absent when they are not."),
            Field("expiration_date", TIME, "Day on which objects are removed; absent without one."),
            Field("noncurrent_days", INT, "Days until old versions are removed; absent when they are not."),
            Field("abort_days", INT, "Days until unfinished uploads are removed; absent when they are not."),
        ),
        example={"arn": "arn:aws:s3:::archive", "rule": "off-site", "enabled": True, "glacier_days": 1},
    ),
    FactSpec(
        name="aws.s3_retention",
        tagged=("aws.s3_bucket",),
        says="The lifecycle rules of a bucket summed up: the shortest term wins. A bucket without rules has a row too.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*LIST, _LIFECYCLE),
        fields=(
            *BUCKET,
            Field("rules", INT, "Number of rules in force."),
            Field(
                "glacier_days",
                INT,
                "Days until all objects (see `glacier_from`) move to the class GLACIER; absent when they do not, or only some.",
            ),
            Field("glacier_from", SIZE, "Objects of this size and less never move; absent when none move."),
            Field(
                "expiration_days",
                INT,
                "Days until the first objects are removed, 0 where a date is set; absent when none are.",
            ),
            Field("noncurrent_days", INT, "Days until the first old versions are removed; absent when none are."),
            Field("abort_days", INT, "Days until all unfinished uploads are removed; absent when they are not."),
        ),
        example={"arn": "arn:aws:s3:::archive", "rules": 2, "glacier_days": 1, "abort_days": 7},
    ),
    FactSpec(
        name="aws.s3_replication",
        tagged=("aws.s3_bucket",),
        says="Whether a bucket copies its objects to another one.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*LIST, iam("s3:GetReplicationConfiguration", "the rules stand at the bucket")),
        fields=(
            *BUCKET,
            Field("enabled", BOOL, "True where some rule is in force."),
            Field("whole", BOOL, "True where a rule in force takes all objects."),
            Field("destinations", TEXTS, "ARNs of the buckets that take the copies."),
            Field("elsewhere", BOOL, "True where one of them is not the bucket itself."),
        ),
        example={"arn": "arn:aws:s3:::archive", "enabled": True, "whole": True},
    ),
    FactSpec(
        name="aws.s3_inventory",
        tagged=("aws.s3_bucket",),
        says="Whether S3 lists the objects of a bucket regularly.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*LIST, iam("s3:GetInventoryConfiguration", "the inventories stand at the bucket")),
        fields=(
            *BUCKET,
            Field("enabled", BOOL, "True where an inventory of the whole bucket is switched on."),
            Field("frequency", enum("daily", "weekly"), "How often it is made; absent when it is not."),
            Field("destinations", TEXTS, "ARNs of the buckets that take it."),
        ),
        example={"arn": "arn:aws:s3:::archive", "enabled": True, "frequency": "weekly"},
    ),
)
