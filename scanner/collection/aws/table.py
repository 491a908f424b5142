"""Which module collects which fact of AWS accounts."""

from __future__ import annotations

from collections.abc import Mapping

_ROOM = "scanner.collection.aws"

COLLECTORS: Mapping[str, str] = {
    "aws.access_analyzer": f"{_ROOM}.iam",
    "aws.account": f"{_ROOM}.account",
    "aws.cloudtrail": f"{_ROOM}.cloudtrail",
    "aws.config_recorder": f"{_ROOM}.config",
    "aws.iam_access_key": f"{_ROOM}.iam_credentials",
    "aws.iam_password_policy": f"{_ROOM}.iam",
    "aws.iam_policy": f"{_ROOM}.iam_policies",
    "aws.iam_principal": f"{_ROOM}.iam_policies",
    "aws.iam_role": f"{_ROOM}.iam_policies",
    "aws.iam_root": f"{_ROOM}.iam",
    "aws.iam_root_use": f"{_ROOM}.iam_credentials",
    "aws.iam_server_certificate": f"{_ROOM}.iam",
    "aws.iam_user": f"{_ROOM}.iam_credentials",
    "aws.kms_alias": f"{_ROOM}.kms",
    "aws.kms_key": f"{_ROOM}.kms",
    "aws.kms_policy": f"{_ROOM}.kms",
    "aws.kms_rotation": f"{_ROOM}.kms",
    "aws.s3_account": f"{_ROOM}.s3_access",
    "aws.s3_acl": f"{_ROOM}.s3_access",
    "aws.s3_bucket": f"{_ROOM}.s3",
    "aws.s3_encryption": f"{_ROOM}.s3",
    "aws.s3_inventory": f"{_ROOM}.s3_lifecycle",
    "aws.s3_lifecycle": f"{_ROOM}.s3_lifecycle",
    "aws.s3_logging": f"{_ROOM}.s3",
    "aws.s3_object_lock": f"{_ROOM}.s3",
    "aws.s3_policy": f"{_ROOM}.s3_access",
    "aws.s3_public_block": f"{_ROOM}.s3_access",
    "aws.s3_replication": f"{_ROOM}.s3_lifecycle",
    "aws.s3_retention": f"{_ROOM}.s3_lifecycle",
    "aws.s3_versioning": f"{_ROOM}.s3",
}
"""Fact > module, imported on demand."""
