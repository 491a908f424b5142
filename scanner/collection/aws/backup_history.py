"""Collects recovery points, jobs and tests of restoring of AWS Backup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.backup import VAULTS
from scanner.collection.aws.listing import field_arn, guarded, listed, must
from scanner.collection.aws.session import (
    Listed,
    Session,
    choice,
    document,
    evidence,
    flag,
    gap_of,
    moment,
    number,
    text,
    word,
    worst,
)
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation, Value

POINTS = Operation(
    "backup",
    "ListRecoveryPointsByBackupVault",
    "backup:ListRecoveryPointsByBackupVault",
    key="RecoveryPoints",
    per="vault",
)
JOBS = Operation("backup", "ListBackupJobs", "backup:ListBackupJobs", key="BackupJobs", per="region")
COPIES = Operation("backup", "ListCopyJobs", "backup:ListCopyJobs", key="CopyJobs", per="region")
RESTORES = Operation("backup", "ListRestoreJobs", "backup:ListRestoreJobs", key="RestoreJobs", per="region")
TESTS = Operation(
    "backup", "ListRestoreTestingPlans", "backup:ListRestoreTestingPlans", key="RestoreTestingPlans", per="region"
)

FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.backup_copy_job": (COPIES,),
    "aws.backup_job": (JOBS,),
    "aws.backup_point": (VAULTS, POINTS),
    "aws.backup_restore_job": (RESTORES,),
    "aws.backup_restore_plan": (TESTS,),
}
_IDS = {"aws.backup_copy_job": "CopyJobId", "aws.backup_job": "BackupJobId", "aws.backup_restore_job": "RestoreJobId"}
_STATES: Mapping[str, Cell] = {
    name.upper(): name
    for name in ("created", "pending", "running", "aborting", "aborted", "completed", "failed", "expired", "partial")
}
_POINT_STATES: Mapping[str, Cell] = {
    name.upper(): name for name in ("creating", "available", "completed", "partial", "stopped", "deleting", "expired")
}
_VALIDATION: Mapping[str, Cell] = {
    "FAILED": "failed",
    "SUCCESSFUL": "successful",
    "TIMED_OUT": "timed-out",
    "VALIDATING": "validating",
}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each region for its jobs and tests, and each vault for its recovery points."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    if query.fact == "aws.backup_point":
        return _points(query, session)
    (operation,) = FACTS[query.fact]
    found = session.list_everywhere(operation)
    if query.fact == "aws.backup_restore_plan":
        return listed(query, session, found, field_arn("RestoreTestingPlanArn"), _test, (operation,))
    return _jobs(query, session, found, operation)


def _jobs(query: Query, session: Session, found: Listed, operation: Operation) -> Evidence:
    rows: dict[tuple[str, str], Row] = {}
    gaps: list[Gap | None] = [found.gap]
    for region, item in found.items:
        name = text(item.get(_IDS[query.fact]))
        if not name:
            gaps.append(error(f"{region}: {operation}: a job without an id was listed"))
            continue
        more = _restored(item) if query.fact == "aws.backup_restore_job" else {}
        rows[region, name] = {"region": region, "id": name, **_job(item), **more}
    return evidence(query, rows.values(), worst(*gaps), session, (operation,))


def _job(item: Document) -> dict[str, Cell]:
    return {
        "resource": word(item.get("ResourceArn") or item.get("SourceResourceArn")),
        "kind": word(item.get("ResourceType")),
        "state": must(choice(item.get("State") or item.get("Status"), _STATES)),
        "created": must(moment(item.get("CreationDate"))),
        "completed": moment(item.get("CompletionDate")),
        "message": word(item.get("StatusMessage")),
    }


def _restored(item: Document) -> dict[str, Cell]:
    return {
        "tested": guarded(lambda: _tested(item.get("CreatedBy"))),
        "validation": choice(item.get("ValidationStatus"), _VALIDATION),
    }


def _tested(maker: Value) -> bool:
    if maker is not None and not isinstance(maker, dict):
        raise TypeError("no document")
    return bool(document(maker).get("RestoreTestingPlanArn"))


def _test(item: Document, region: str) -> dict[str, Cell]:
    del region
    return {
        "name": text(item.get("RestoreTestingPlanName")),
        "schedule": word(item.get("ScheduleExpression")),
        "last_run": moment(item.get("LastExecutionTime")),
    }


def vault_points(session: Session) -> tuple[list[tuple[str, dict[str, Value], dict[str, Value]]], Gap | None]:
    """Give each recovery point with its region and its vault; a vault that did not answer makes the list incomplete."""
    vaults = session.list_everywhere(VAULTS)
    calls = {
        Call.of(POINTS, region, {"BackupVaultName": text(item.get("BackupVaultName"))}): item
        for region, item in vaults.items
    }
    replies = session.ask_all(calls)
    found = [(call.region, calls[call], item) for call, reply in replies.items() for item in reply.items]
    return found, worst(vaults.gap, *(gap_of(reply, _place(call)) for call, reply in replies.items()))


def _points(query: Query, session: Session) -> Evidence:
    points, gap = vault_points(session)
    found = Listed(tuple((region, item) for region, _, item in points), gap)
    return listed(query, session, found, field_arn("RecoveryPointArn"), _point, FACTS[query.fact])


def _place(call: Call) -> str:
    return f"{call.region}, vault {call.arguments['BackupVaultName']}"


def _point(item: Document, region: str) -> dict[str, Cell]:
    del region
    return {
        "vault": word(item.get("BackupVaultName")),
        "resource": word(item.get("ResourceArn")),
        "kind": word(item.get("ResourceType")),
        "status": must(choice(item.get("Status"), _POINT_STATES)),
        "created": moment(item.get("CreationDate")),
        "completed": moment(item.get("CompletionDate")),
        "encrypted": must(flag(item.get("IsEncrypted"))),
        "key": word(item.get("EncryptionKeyArn")),
        "delete_at": moment(document(item.get("CalculatedLifecycle")).get("DeleteAt")),
        "size": number(item.get("BackupSizeInBytes")),
    }
