"""Collects instances and clusters of RDS as their listings tell of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.listing import field_arn, guarded, listed, must, strict, strict_texts
from scanner.collection.aws.session import Session, flag, number, tags, text, word
from scanner.model.evidence import Cell, Evidence, Query
from scanner.transport.cloud import Document, Operation

INSTANCES = Operation("rds", "DescribeDBInstances", "rds:DescribeDBInstances", key="DBInstances", per="region")
CLUSTERS = Operation("rds", "DescribeDBClusters", "rds:DescribeDBClusters", key="DBClusters", per="region")

FACTS: Mapping[str, tuple[Operation, ...]] = {"aws.rds_cluster": (CLUSTERS,), "aws.rds_instance": (INSTANCES,)}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each region once per list."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    if query.fact == "aws.rds_cluster":
        found = session.list_everywhere(CLUSTERS)
        return listed(query, session, found, field_arn("DBClusterArn"), _cluster, (CLUSTERS,))
    found = session.list_everywhere(INSTANCES)
    return listed(query, session, found, field_arn("DBInstanceArn"), _instance, (INSTANCES,))


def _common(item: Document) -> dict[str, Cell]:
    return {
        "engine": must(word(item.get("Engine"))),
        "version": word(item.get("EngineVersion")),
        "encrypted": must(flag(item.get("StorageEncrypted"))),
        "key": word(item.get("KmsKeyId")),
        "backup_days": must(number(item.get("BackupRetentionPeriod"))),
        "deletion_protection": must(flag(item.get("DeletionProtection"))),
        "multi_az": must(flag(item.get("MultiAZ"))),
        "logs": guarded(lambda: strict_texts(item.get("EnabledCloudwatchLogsExports"))),
        "copy_tags": must(flag(item.get("CopyTagsToSnapshot"))),
        "iam_authentication": must(flag(item.get("IAMDatabaseAuthenticationEnabled"))),
        "tags": guarded(lambda: tags(list(strict(item.get("TagList"))))),
    }


def _cluster(item: Document, region: str) -> dict[str, Cell]:
    del region
    return {"name": text(item.get("DBClusterIdentifier")), **_common(item)}


def _instance(item: Document, region: str) -> dict[str, Cell]:
    del region
    return {
        "name": text(item.get("DBInstanceIdentifier")),
        **_common(item),
        "cluster": word(item.get("DBClusterIdentifier")),
        "public": must(flag(item.get("PubliclyAccessible"))),
        "minor_upgrades": must(flag(item.get("AutoMinorVersionUpgrade"))),
    }
