"""Facts about file systems of EFS."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, TAGS, iam, resources
from scanner.model.fact import BOOL, TEXT, Field

_LIST = iam("elasticfilesystem:DescribeFileSystems", "lists the file systems")

SPECS = (
    resources(
        name="aws.efs",
        says="A file system of EFS.",
        needs=(_LIST,),
        fields=(
            ARN,
            REGION,
            Field("id", TEXT, "Id of the file system."),
            Field("encrypted", BOOL, "True when its data are encrypted."),
            Field("key", TEXT, "ARN of the KMS key; absent without encryption."),
            TAGS,
        ),
        example={"arn": "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1", "encrypted": True},
    ),
    resources(
        name="aws.efs_backup",
        tagged=("aws.efs",),
        says="Whether a file system is backed up by itself.",
        needs=(_LIST, iam("elasticfilesystem:DescribeBackupPolicy", "the policy stands at the file system")),
        fields=(
            ARN,
            REGION,
            Field("id", TEXT, "Id of the file system."),
            Field("enabled", BOOL, "True when AWS Backup takes it every day."),
        ),
        example={"arn": "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1", "enabled": True},
    ),
)
