"""Facts about databases of RDS: instances, clusters, TLS, snapshots."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, TAGS, iam, resources
from scanner.model.fact import BOOL, INT, TEXT, TEXTS, TIME, Field, enum

_INSTANCES = iam("rds:DescribeDBInstances", "lists the instances")
_CLUSTERS = iam("rds:DescribeDBClusters", "lists the clusters")
_SNAPSHOTS = iam("rds:DescribeDBSnapshots", "lists the snapshots of instances")
_CLUSTER_SNAPSHOTS = iam("rds:DescribeDBClusterSnapshots", "lists the snapshots of clusters")
_NAME = Field("name", TEXT, "Identifier in RDS.")
_COMMON = (
    ARN,
    REGION,
    _NAME,
    Field("engine", TEXT, "Engine, such as `postgres` or `aurora-mysql`."),
    Field("version", TEXT, "Version of the engine."),
    Field("encrypted", BOOL, "True when its storage is encrypted."),
    Field("key", TEXT, "ARN of the KMS key; absent without encryption."),
    Field("backup_days", INT, "Days for which automated backups are kept; 0 means that none are made."),
    Field("deletion_protection", BOOL, "True when it cannot be removed before that is lifted."),
    Field("multi_az", BOOL, "True when it stands in several zones."),
    Field("logs", TEXTS, "Logs that go to CloudWatch."),
    Field("copy_tags", BOOL, "True when snapshots get its tags."),
    Field("iam_authentication", BOOL, "True when users of IAM can sign in."),
    TAGS,
)

SPECS = (
    resources(
        name="aws.rds_instance",
        says="An instance of RDS, Aurora, Neptune or DocumentDB; members of a cluster too.",
        needs=(_INSTANCES,),
        fields=(
            *_COMMON,
            Field("cluster", TEXT, "Cluster that it belongs to; absent for one that stands alone."),
            Field("public", BOOL, "True when it has an address on the Internet."),
            Field("minor_upgrades", BOOL, "True when minor versions are installed by themselves."),
        ),
        example={"arn": "arn:aws:rds:eu-central-1:123456789012:db:app", "engine": "postgres", "encrypted": True},
    ),
    resources(
        name="aws.rds_cluster",
        says="A cluster of RDS, Aurora, Neptune or DocumentDB.",
        needs=(_CLUSTERS,),
        fields=_COMMON,
        example={
            "arn": "arn:aws:rds:eu-central-1:123456789012:cluster:app",
            "engine": "aurora-mysql",
            "encrypted": True,
        },
    ),
    resources(
        name="aws.rds_tls",
        tagged=(
            "aws.rds_instance",
            "aws.rds_cluster",
        ),
        says="Whether an instance that stands alone, or a cluster, refuses connections without TLS.",
        needs=(
            _INSTANCES,
            _CLUSTERS,
            iam("rds:DescribeDBParameters", "parameters of instances tell"),
            iam("rds:DescribeDBClusterParameters", "parameters of clusters tell"),
        ),
        fields=(
            ARN,
            REGION,
            _NAME,
            Field("engine", TEXT, "Engine."),
            Field("group", TEXT, "Its group of parameters."),
            Field("forced", BOOL, "True when the group demands TLS; an error for engines that set it elsewhere."),
            Field("applied", BOOL, "True when the parameters of the group are in force, with no restart pending."),
        ),
        example={
            "arn": "arn:aws:rds:eu-central-1:123456789012:db:app",
            "engine": "postgres",
            "forced": True,
            "applied": True,
        },
    ),
    resources(
        name="aws.rds_snapshot",
        says="A snapshot of an instance or a cluster, manual or automated.",
        needs=(_SNAPSHOTS, _CLUSTER_SNAPSHOTS),
        fields=(
            ARN,
            REGION,
            _NAME,
            Field("kind", enum("instance", "cluster"), "What it is a snapshot of."),
            Field("of", TEXT, "Identifier of the instance or cluster."),
            Field("manual", BOOL, "True when it was not made by RDS itself or AWS Backup."),
            Field("encrypted", BOOL, "True when its data are encrypted."),
            Field("created", TIME, "When it was made; absent while it is being made."),
            TAGS,
        ),
        example={"arn": "arn:aws:rds:eu-central-1:123456789012:snapshot:app-1", "kind": "instance", "encrypted": True},
    ),
    resources(
        name="aws.rds_snapshot_sharing",
        tagged=("aws.rds_snapshot",),
        says="With whom a snapshot is shared; automated ones cannot be, and have no row.",
        needs=(
            _SNAPSHOTS,
            _CLUSTER_SNAPSHOTS,
            iam("rds:DescribeDBSnapshotAttributes", "the sharing stands at the snapshot"),
            iam("rds:DescribeDBClusterSnapshotAttributes", "the sharing stands at the snapshot of a cluster"),
        ),
        fields=(
            ARN,
            REGION,
            _NAME,
            Field("kind", enum("instance", "cluster"), "What it is a snapshot of."),
            Field("public", BOOL, "True when everyone may restore it."),
            Field("accounts", TEXTS, "Other accounts that may restore it."),
        ),
        example={"arn": "arn:aws:rds:eu-central-1:123456789012:snapshot:app-1", "public": False, "accounts": []},
    ),
)
