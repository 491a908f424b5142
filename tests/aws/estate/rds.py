"""Databases and file systems: weak ones that are plain and open, hardened ones."""

from __future__ import annotations

from typing import Any

from tests.aws.bench import Maker

STUBBED: dict[str, str] = {"rds_cluster_in_several_zones": "moto keeps clusters in one zone"}
UNUSUAL: dict[str, tuple[str, str]] = {
    "rds_tls_required": ("fail", "fail"),  # moto forgets what groups of clusters set
}
STILL: dict[tuple[str, str], str] = {}
_LOGIN = {"MasterUsername": "owner", "MasterUserPassword": "only-on-the-bench"}


def weak(client: Maker) -> None:
    """Make a plain instance and cluster, with snapshots that everyone may have."""
    rds = client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="weak",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        BackupRetentionPeriod=0,
        PubliclyAccessible=True,
        AutoMinorVersionUpgrade=False,
        **_LOGIN,
    )
    _cluster_group(rds, "weak-c")
    rds.create_db_cluster(
        DBClusterIdentifier="weak",
        Engine="aurora-mysql",
        BackupRetentionPeriod=1,
        DBClusterParameterGroupName="weak-c",
        **_LOGIN,
    )
    rds.create_db_snapshot(DBInstanceIdentifier="weak", DBSnapshotIdentifier="weak-1")
    rds.create_db_cluster_snapshot(DBClusterIdentifier="weak", DBClusterSnapshotIdentifier="weak-c")
    rds.modify_db_snapshot_attribute(
        DBSnapshotIdentifier="weak-1", AttributeName="restore", ValuesToAdd=["all", "999999999999"]
    )
    client("efs").create_file_system(CreationToken="weak", Encrypted=False)


def hardened(client: Maker) -> None:
    """Make an instance and a cluster with all that can be switched on."""
    rds, key = client("rds"), client("kms").create_key()["KeyMetadata"]["Arn"]
    _groups(rds)
    more: dict[str, Any] = {
        "StorageEncrypted": True,
        "KmsKeyId": key,
        "BackupRetentionPeriod": 35,
        "DeletionProtection": True,
        "CopyTagsToSnapshot": True,
        "EnableIAMDatabaseAuthentication": True,
        **_LOGIN,
    }
    rds.create_db_instance(
        DBInstanceIdentifier="hard",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        PubliclyAccessible=False,
        AutoMinorVersionUpgrade=True,
        MultiAZ=True,
        DBParameterGroupName="hard",
        EnableCloudwatchLogsExports=["postgresql"],
        **more,
    )
    rds.create_db_cluster(
        DBClusterIdentifier="hard",
        Engine="aurora-mysql",
        EnableCloudwatchLogsExports=["audit"],
        DBClusterParameterGroupName="hard-c",
        **more,
    )
    rds.create_db_snapshot(DBInstanceIdentifier="hard", DBSnapshotIdentifier="hard-1")
    rds.create_db_cluster_snapshot(DBClusterIdentifier="hard", DBClusterSnapshotIdentifier="hard-c")
    efs = client("efs")
    efs.create_file_system(CreationToken="hard", Encrypted=True, KmsKeyId=key, Backup=True)


def _groups(rds: Any) -> None:
    """Make groups of parameters that demand TLS."""
    rds.create_db_parameter_group(
        DBParameterGroupName="hard", DBParameterGroupFamily="postgres16", Description="demands TLS"
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName="hard",
        Parameters=[{"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}],
    )
    _cluster_group(rds, "hard-c")


def _cluster_group(rds: Any, name: str) -> None:
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName=name, DBParameterGroupFamily="aurora-mysql8.0", Description="of a cluster"
    )
