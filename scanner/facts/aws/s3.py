"""Facts about S3 buckets, each answered by one call per bucket."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, iam
from scanner.model.fact import BOOL, INT, MAP, TEXT, TIME, FactSpec, Field, Shape, enum

LIST = (
    iam("s3:ListAllMyBuckets", "lists the buckets"),
    iam("s3:GetBucketLocation", "tells a bucket's region where the list does not"),
)
BUCKET = (ARN, Field("name", TEXT, "Name of the bucket."), REGION)

SPECS = (
    FactSpec(
        name="aws.s3_bucket",
        says="A bucket of the account, whatever its region.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*LIST, iam("s3:GetBucketTagging", "tags stand at the bucket")),
        fields=(
            *BUCKET,
            Field("created", TIME, "When it was made; absent where the API did not say."),
            Field("tags", MAP, "Tags of the bucket."),
        ),
        example={"arn": "arn:aws:s3:::logs", "name": "logs", "region": "eu-central-1", "tags": {"env": "prod"}},
    ),
    FactSpec(
        name="aws.s3_encryption",
        tagged=("aws.s3_bucket",),
        says="How a bucket encrypts new objects by default; those that lie there may have been encrypted otherwise.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*LIST, iam("s3:GetEncryptionConfiguration", "the default encryption stands at the bucket")),
        fields=(
            *BUCKET,
            Field("algorithm", TEXT, "`AES256` for keys of S3, `aws:kms` or `aws:kms:dsse` for keys of KMS."),
            Field(
                "key", TEXT, "Id, ARN or alias of the KMS key; absent for keys of S3 and for the default key of KMS."
            ),
            Field("bucket_key", BOOL, "True where S3 derives a key for the bucket, which saves calls to KMS."),
        ),
        example={"arn": "arn:aws:s3:::logs", "algorithm": "aws:kms", "bucket_key": True},
    ),
    FactSpec(
        name="aws.s3_versioning",
        tagged=("aws.s3_bucket",),
        says="Whether a bucket keeps old versions, and what it takes to remove one.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*LIST, iam("s3:GetBucketVersioning", "versioning stands at the bucket")),
        fields=(
            *BUCKET,
            Field("status", enum("enabled", "suspended", "off"), "`off` when it was never switched on."),
            Field("mfa_delete", BOOL, "True where removing a version takes a second factor."),
        ),
        example={"arn": "arn:aws:s3:::logs", "status": "enabled", "mfa_delete": False},
    ),
    FactSpec(
        name="aws.s3_object_lock",
        tagged=("aws.s3_bucket",),
        says="Whether objects of a bucket are locked against removal, and for how long by default.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*LIST, iam("s3:GetBucketObjectLockConfiguration", "the lock stands at the bucket")),
        fields=(
            *BUCKET,
            Field("enabled", BOOL, "True where object lock is switched on; without a default only uploaders lock."),
            Field("mode", enum("governance", "compliance"), "Mode of the default retention; absent without one."),
            Field("days", INT, "Days of the default retention, a year as 365; absent without one."),
        ),
        example={"arn": "arn:aws:s3:::archive", "enabled": True, "mode": "compliance", "days": 365},
    ),
    FactSpec(
        name="aws.s3_logging",
        tagged=("aws.s3_bucket",),
        says="Where a bucket writes its access log.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*LIST, iam("s3:GetBucketLogging", "the target of the log stands at the bucket")),
        fields=(
            *BUCKET,
            Field("enabled", BOOL, "True where an access log is written."),
            Field("target", TEXT, "Name of the bucket that takes the log; absent without one."),
            Field("prefix", TEXT, "Prefix of the log's objects; absent without one."),
        ),
        example={"arn": "arn:aws:s3:::data", "enabled": True, "target": "logs"},
    ),
)
