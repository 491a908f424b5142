"""The modules that declare facts of AWS accounts."""

from __future__ import annotations

from scanner.facts.aws import (
    account,
    backup,
    backup_history,
    cloudtrail,
    config,
    ebs,
    ec2,
    efs,
    iam,
    iam_credentials,
    iam_policies,
    kms,
    monitoring,
    network,
    rds,
    s3,
    s3_access,
    s3_archive,
    s3_exposure,
    s3_lifecycle,
)

MODULES = (
    account,
    cloudtrail,
    monitoring,
    config,
    iam,
    iam_credentials,
    iam_policies,
    kms,
    s3,
    s3_access,
    s3_lifecycle,
    s3_exposure,
    ebs,
    ec2,
    network,
    rds,
    efs,
    backup,
    backup_history,
    s3_archive,
)
