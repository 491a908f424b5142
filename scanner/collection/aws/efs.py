"""Collects file systems of EFS: encryption and backup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.listing import field_arn, listed, must
from scanner.collection.aws.session import Session, cell, choice, document, flag, tags, text, word
from scanner.model.evidence import Cell, Evidence, Query
from scanner.transport.cloud import Call, Document, Operation

SYSTEMS = Operation(
    "efs", "DescribeFileSystems", "elasticfilesystem:DescribeFileSystems", key="FileSystems", per="region"
)
BACKUP = Operation(
    "efs",
    "DescribeBackupPolicy",
    "elasticfilesystem:DescribeBackupPolicy",
    absent=("PolicyNotFound",),
    per="file system",
)

FACTS: Mapping[str, tuple[Operation, ...]] = {"aws.efs": (SYSTEMS,), "aws.efs_backup": (SYSTEMS, BACKUP)}
_STATES = {"ENABLED": True, "ENABLING": True, "DISABLED": False, "DISABLING": False}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each region for its file systems, and each of them for its backup."""
    return [
        _backups(query, session) if query.fact == "aws.efs_backup" else _systems(query, session) for query in queries
    ]


def _systems(query: Query, session: Session) -> Evidence:
    found = session.list_everywhere(SYSTEMS)
    return listed(query, session, found, field_arn("FileSystemArn"), _system, FACTS[query.fact])


def _system(item: Document, region: str) -> dict[str, Cell]:
    del region
    return {
        "id": text(item.get("FileSystemId")),
        "encrypted": must(flag(item.get("Encrypted"))),
        "key": word(item.get("KmsKeyId")),
        "tags": tags(item.get("Tags")),
    }


def _backups(query: Query, session: Session) -> Evidence:
    found = session.list_everywhere(SYSTEMS)

    def call(item: Document, region: str) -> Call:
        return Call.of(BACKUP, region, {"FileSystemId": text(item.get("FileSystemId"))})

    replies = session.ask_all([call(item, region) for region, item in found.items])

    def row(item: Document, region: str) -> dict[str, Cell]:
        reply = replies[call(item, region)]
        return {
            "id": text(item.get("FileSystemId")),
            "enabled": cell(
                reply, lambda page: must(choice(document(page.get("BackupPolicy")).get("Status"), _STATES)), none=False
            ),
        }

    return listed(query, session, found, field_arn("FileSystemArn"), row, FACTS[query.fact])
