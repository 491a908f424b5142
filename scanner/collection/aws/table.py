"""Which module collects which fact of AWS accounts."""

from __future__ import annotations

from collections.abc import Mapping

_ROOM = "scanner.collection.aws"

COLLECTORS: Mapping[str, str] = {
    "aws.account": f"{_ROOM}.account",
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
