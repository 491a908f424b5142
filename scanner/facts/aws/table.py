"""The modules that declare facts of AWS accounts."""

from __future__ import annotations

from scanner.facts.aws import (
    account,
    cloudtrail,
    config,
    iam,
    iam_credentials,
    iam_policies,
    kms,
    s3,
    s3_access,
    s3_exposure,
    s3_lifecycle,
)

MODULES = (
    account,
    cloudtrail,
    config,
    iam,
    iam_credentials,
    iam_policies,
    kms,
    s3,
    s3_access,
    s3_lifecycle,
    s3_exposure,
)
