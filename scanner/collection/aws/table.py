"""Which module collects which fact of AWS accounts."""

from __future__ import annotations

from collections.abc import Mapping

_ROOM = "scanner.collection.aws"

COLLECTORS: Mapping[str, str] = {
    "aws.account": f"{_ROOM}.account",
    "aws.backup_copy_job": f"{_ROOM}.backup_history",
    "aws.backup_job": f"{_ROOM}.backup_history",
    "aws.backup_plan": f"{_ROOM}.backup",
    "aws.backup_point": f"{_ROOM}.backup_history",
    "aws.backup_resource": f"{_ROOM}.backup",
    "aws.backup_restore_job": f"{_ROOM}.backup_history",
    "aws.backup_restore_plan": f"{_ROOM}.backup_history",
    "aws.backup_selection": f"{_ROOM}.backup",
    "aws.backup_vault": f"{_ROOM}.backup",
    "aws.ebs_default": f"{_ROOM}.ebs",
    "aws.ebs_public_snapshot": f"{_ROOM}.ebs",
    "aws.ebs_snapshot": f"{_ROOM}.ebs",
    "aws.ebs_snapshot_block": f"{_ROOM}.ebs",
    "aws.ebs_volume": f"{_ROOM}.ebs",
    "aws.ec2_image": f"{_ROOM}.ec2",
    "aws.ec2_image_block": f"{_ROOM}.ec2",
    "aws.ec2_instance": f"{_ROOM}.ec2",
    "aws.ec2_metadata_default": f"{_ROOM}.ec2",
    "aws.efs": f"{_ROOM}.efs",
    "aws.efs_backup": f"{_ROOM}.efs",
    "aws.network_acl_open": f"{_ROOM}.network",
    "aws.rds_cluster": f"{_ROOM}.rds",
    "aws.rds_instance": f"{_ROOM}.rds",
    "aws.rds_snapshot": f"{_ROOM}.rds_snapshots",
    "aws.rds_snapshot_sharing": f"{_ROOM}.rds_snapshots",
    "aws.rds_tls": f"{_ROOM}.rds_tls",
    "aws.s3_account": f"{_ROOM}.s3_access",
    "aws.s3_acl": f"{_ROOM}.s3_access",
    "aws.s3_archive": f"{_ROOM}.s3_archive",
    "aws.s3_archive_rules": f"{_ROOM}.s3_archive",
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
    "aws.security_group": f"{_ROOM}.network",
    "aws.security_group_open": f"{_ROOM}.network",
    "aws.vpc": f"{_ROOM}.network",
}
"""Fact > module, imported on demand."""
