"""Collects recovery points of AWS Backup and of archives in S3, and restore jobs, in the words of all backup systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from scanner.collection.aws.backup import VAULTS
from scanner.collection.aws.backup_history import POINTS, RESTORES, vault_points
from scanner.collection.aws.listing import must
from scanner.collection.aws.s3_points import OPERATIONS as ARCHIVED
from scanner.collection.aws.s3_points import archive_points, named
from scanner.collection.aws.session import (
    Session,
    choice,
    document,
    evidence,
    flag,
    moment,
    number,
    text,
    word,
    worst,
)
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Document, Operation

FACTS: Mapping[str, tuple[Operation, ...]] = {
    "backup.restore_point": (VAULTS, POINTS, *ARCHIVED),
    "recovery.drill": (RESTORES,),
}
_STATUS: Mapping[str, Cell] = {
    "AVAILABLE": "ok",
    "COMPLETED": "ok",
    "CREATING": "running",
    "DELETING": "failed",
    "EXPIRED": "warning",
    "PARTIAL": "partial",
    "STOPPED": "warning",
}
_ENDED = frozenset({"COMPLETED", "ABORTED", "FAILED"})
_FOR_EVER = "9999-12-31T00:00:00Z"


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each vault for its recovery points, each archive of the inventory for its objects, each region for restores."""
    return [
        _points(query, session) if query.fact == "backup.restore_point" else _drills(query, session)
        for query in queries
    ]


def _points(query: Query, session: Session) -> Evidence:
    points, gap = vault_points(session)
    rows: dict[str, Row] = {}
    gaps: list[Gap | None] = [gap]
    for region, vault, item in points:
        name = text(vault.get("BackupVaultName"))
        arn, resource = text(item.get("RecoveryPointArn")), text(item.get("ResourceArn"))
        if arn and resource:
            rows[arn] = _point(arn, resource, f"{region}/{name}", item, vault, session.started)
        else:
            gaps.append(error(f"{region}, vault {name}: a recovery point without an id was listed"))
    archived, lost = archive_points(session)
    return evidence(query, [*rows.values(), *named(archived)], worst(*gaps, lost), session, FACTS[query.fact])


def _point(arn: str, resource: str, place: str, item: Document, vault: Document, now: str) -> Row:
    deleted = moment(document(item.get("CalculatedLifecycle")).get("DeleteAt"))
    encrypted = must(flag(item.get("IsEncrypted")))
    return {
        "system": "aws-backup",
        "object": resource,
        "asset_keys": keys_of(resource),
        "location": place,
        "point": arn,
        "kind": "snapshot",
        "data_time": must(moment(item.get("CreationDate"))),
        "started_at": moment(item.get("CreationDate")),
        "completed_at": moment(item.get("CompletionDate")),
        "status": must(choice(item.get("Status"), _STATUS)),
        "verification": "none",
        "verified_at": ABSENT,
        "verified_by": ABSENT,
        "encryption": encrypted if isinstance(encrypted, Gap) else ("encrypted" if encrypted is True else "plain"),
        "key_fingerprint": word(item.get("EncryptionKeyArn")),
        "protected": False,
        "expires_at": deleted,
        "immutable_until": _locked(vault, deleted, now),
        "size": number(item.get("BackupSizeInBytes")),
        "storage_class": ABSENT,
        "base": ABSENT,
    }


def _locked(vault: Document, deleted: Cell, now: str) -> Cell:
    """Tell until when nobody can delete a point: only a vault lock whose days of grace are over cannot be taken off."""
    locked, fixed = flag(vault.get("Locked"), none=False), moment(vault.get("LockDate"))
    for each in (locked, fixed):
        if isinstance(each, Gap):
            return each
    if locked is not True or not isinstance(fixed, str) or fixed > now:
        return ABSENT
    return _FOR_EVER if deleted is ABSENT else deleted


def keys_of(resource: str) -> list[str]:
    """Give the keys of a resource: its ARN, and the id that ends it, such as `i-0abc` or `db:orders`."""
    last = resource.rpartition("/")[2] if "/" in resource else ":".join(resource.split(":")[5:])
    return [f"aws:{resource}", *([f"aws:{last}"] if last and last != resource else [])]


def _drills(query: Query, session: Session) -> Evidence:
    found = session.list_everywhere(RESTORES)
    rows: dict[str, Row] = {}
    gaps: list[Gap | None] = [found.gap]
    for region, item in found.items:
        name = text(item.get("RestoreJobId"))
        if name:
            rows[name] = _drill(f"{region}/{name}", item)
        else:
            gaps.append(error(f"{region}: a restore job without an id was listed"))
    return evidence(query, rows.values(), worst(*gaps), session, FACTS[query.fact])


def _drill(name: str, item: Document) -> Row:
    source, made = text(item.get("SourceResourceArn")), text(item.get("CreatedResourceArn"))
    status, checked = text(item.get("Status")), text(item.get("ValidationStatus"))
    started, ended = must(moment(item.get("CreationDate"))), moment(item.get("CompletionDate"))
    usable = checked == "SUCCESSFUL" and status == "COMPLETED"
    failed = (["restore"] if status in _ENDED and status != "COMPLETED" else []) + (
        ["function"] if checked in ("FAILED", "TIMED_OUT") else []
    )
    return {
        "drill": name,
        "source": "task",
        "kind": "restore",
        "scenario": ABSENT,
        "asset": ABSENT,
        "service_class": ABSENT,
        "asset_keys": keys_of(source) if source else [],
        "point": word(item.get("RecoveryPointArn")),
        "data_time": moment(item.get("RecoveryPointCreationDate")),
        "newest_data": ABSENT,
        "started_at": started,
        "ended_at": ended if status in _ENDED else ABSENT,
        "until_usable": _seconds(started, ended) if usable else ABSENT,
        "target": made or ABSENT,
        "to_source": ("yes" if source == made else "no") if source and made else ABSENT,
        "passed": ["function"] if usable else [],
        "failed": failed,
        "size": number(item.get("BackupSizeInBytes")),
        "by": ABSENT,
        "sha256": ABSENT,
    }


def _seconds(started: Cell, ended: Cell) -> Cell:
    for each in (started, ended):
        if isinstance(each, Gap):
            return each
    if not isinstance(started, str) or not isinstance(ended, str):
        return ABSENT
    return max(0.0, (datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds())
