"""Collects volumes and snapshots of EBS, and what regions set for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.listing import ec2_arn, guarded, listed, must, per_region, strict
from scanner.collection.aws.session import Session, choice, flag, moment, tags, text, word
from scanner.model.evidence import Cell, Evidence, Query
from scanner.transport.cloud import Document, Operation

DEFAULT = Operation("ec2", "GetEbsEncryptionByDefault", "ec2:GetEbsEncryptionByDefault", per="region")
BLOCK = Operation("ec2", "GetSnapshotBlockPublicAccessState", "ec2:GetSnapshotBlockPublicAccessState", per="region")
VOLUMES = Operation("ec2", "DescribeVolumes", "ec2:DescribeVolumes", key="Volumes", per="region")
SNAPSHOTS = Operation("ec2", "DescribeSnapshots", "ec2:DescribeSnapshots", key="Snapshots", per="region")

FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.ebs_default": (DEFAULT,),
    "aws.ebs_public_snapshot": (SNAPSHOTS,),
    "aws.ebs_snapshot": (SNAPSHOTS,),
    "aws.ebs_snapshot_block": (BLOCK,),
    "aws.ebs_volume": (VOLUMES,),
}
OWN = {"OwnerIds": ["self"], "MaxResults": 1000}
OPEN = {**OWN, "RestorableByUserIds": ["all"]}
_BLOCK = {"block-all-sharing": "all", "block-new-sharing": "new", "unblocked": "off"}
_STATES = {name: name for name in ("pending", "completed", "error", "recoverable", "recovering")}
_GIB = 2**30


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each region once per list; the public snapshots are a list of their own."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    if query.fact == "aws.ebs_default":
        return per_region(
            query, session, DEFAULT, {"encrypted": lambda page: must(flag(page.get("EbsEncryptionByDefault")))}
        )
    if query.fact == "aws.ebs_snapshot_block":
        return per_region(query, session, BLOCK, {"state": lambda page: must(choice(page.get("State"), _BLOCK))})
    if query.fact == "aws.ebs_volume":
        found = session.list_everywhere(VOLUMES, {"MaxResults": 1000})
        return listed(query, session, found, ec2_arn(session, "volume", "VolumeId"), _volume, (VOLUMES,))
    public = query.fact == "aws.ebs_public_snapshot"
    found = session.list_everywhere(SNAPSHOTS, OPEN if public else OWN)
    named = ec2_arn(session, "snapshot", "SnapshotId", owned=False)
    return listed(query, session, found, named, _shared if public else _snapshot, (SNAPSHOTS,))


def _volume(item: Document, region: str) -> dict[str, Cell]:
    del region
    size = item.get("Size")
    return {
        "id": text(item.get("VolumeId")),
        "encrypted": must(flag(item.get("Encrypted"))),
        "key": word(item.get("KmsKeyId")),
        "attached": guarded(lambda: any(each.get("State") != "detached" for each in strict(item.get("Attachments")))),
        "size": guarded(lambda: _bytes(size)),
        "created": moment(item.get("CreateTime")),
        "tags": tags(item.get("Tags")),
    }


def _bytes(size: object) -> int:
    if isinstance(size, bool) or not isinstance(size, int):
        raise TypeError("no size")
    return size * _GIB


def _shared(item: Document, region: str) -> dict[str, Cell]:
    del region
    return {
        "id": text(item.get("SnapshotId")),
        "encrypted": must(flag(item.get("Encrypted"))),
        "tags": tags(item.get("Tags")),
    }


def _snapshot(item: Document, region: str) -> dict[str, Cell]:
    return {
        **_shared(item, region),
        "volume": word(item.get("VolumeId")),
        "key": word(item.get("KmsKeyId")),
        "state": must(choice(item.get("State"), _STATES)),
        "created": moment(item.get("StartTime")),
    }
