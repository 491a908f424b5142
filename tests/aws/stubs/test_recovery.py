"""AWS Backup in the words of all backup systems: points and restores, and what is denied."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collection.aws.recovery import keys_of
from scanner.collection.aws.visit import collect
from scanner.model.evidence import ABSENT, Evidence, Query
from scanner.model.outcome import Outcome
from scanner.transport.shell import Limits
from scanner.transport.sql import Failure
from tests.aws.bench import HOME, Replayed
from tests.aws.conftest import Visit

DB = "arn:aws:rds:eu-central-1:222222222222:db:hard"
ARN = "arn:aws:backup:eu-central-1:222222222222:recovery-point:1"
POINTS, DRILLS = "backup:ListRecoveryPointsByBackupVault", "backup:ListRestoreJobs"


def point(**more: Any) -> dict[str, Any]:
    whole = {
        "RecoveryPointArn": ARN,
        "ResourceArn": DB,
        "Status": "COMPLETED",
        "CreationDate": "2026-11-20T02:00:00Z",
        "CompletionDate": "2026-11-20T02:20:00Z",
        "IsEncrypted": True,
        "CalculatedLifecycle": {"DeleteAt": "2026-12-20T02:00:00Z"},
        **more,
    }
    return {"RecoveryPoints": [{name: value for name, value in whole.items() if value is not None}]}


def vault(**more: Any) -> dict[str, Any]:
    return {
        "BackupVaultList": [
            {"BackupVaultName": "main", "BackupVaultArn": "arn:aws:backup:x:2:backup-vault:main", **more}
        ]
    }


def restore(**more: Any) -> dict[str, Any]:
    whole = {
        "RestoreJobId": "r1",
        "Status": "COMPLETED",
        "CreationDate": "2026-11-20T03:00:00Z",
        "CompletionDate": "2026-11-20T03:30:00Z",
        "SourceResourceArn": DB,
        "CreatedResourceArn": f"{DB}-copy",
        "ValidationStatus": "SUCCESSFUL",
        **more,
    }
    return {"RestoreJobs": [whole]}


def asked(fact: str, visits: dict[str, Visit], told: dict[str, Any]) -> Evidence:
    client = Replayed(
        visits["hardened"][0].replies, {"regions": HOME}, HOME, told={"backup:ListBackupVaults": vault(), **told}
    )
    return collect([Query.of(fact)], client, Limits()).evidence[0]


def test_a_point_bears_the_keys_and_times_of_its_resource(visits: dict[str, Visit]) -> None:
    found = asked("backup.restore_point", visits, {POINTS: point()})
    (row,) = found.rows
    assert found.gap is None
    assert (row["object"], row["asset_keys"]) == (DB, [f"aws:{DB}", "aws:db:hard"])
    assert (row["data_time"], row["completed_at"]) == ("2026-11-20T02:00:00Z", "2026-11-20T02:20:00Z")
    assert (row["status"], row["encryption"], row["location"]) == ("ok", "encrypted", f"{HOME}/main")
    assert (row["expires_at"], row["immutable_until"]) == ("2026-12-20T02:00:00Z", ABSENT)


@pytest.mark.parametrize(
    ("told", "status"),
    [("CREATING", "running"), ("PARTIAL", "partial"), ("EXPIRED", "warning"), ("DELETING", "failed")],
)
def test_only_whole_points_are_taken_for_whole(told: str, status: str, visits: dict[str, Visit]) -> None:
    (row,) = asked("backup.restore_point", visits, {POINTS: point(Status=told)}).rows
    assert row["status"] == status


@pytest.mark.parametrize(
    ("lock", "until"),
    [
        ({"Locked": True, "LockDate": "2026-01-01T00:00:00Z"}, "2026-12-20T02:00:00Z"),
        ({"Locked": True, "LockDate": "2999-01-01T00:00:00Z"}, ABSENT),
        ({"Locked": True}, ABSENT),
        ({}, ABSENT),
    ],
)
def test_only_a_lock_beyond_its_days_of_grace_keeps_points(lock: Any, until: Any, visits: dict[str, Visit]) -> None:
    told = {"backup:ListBackupVaults": vault(**lock), POINTS: point()}
    (row,) = asked("backup.restore_point", visits, told).rows
    assert row["immutable_until"] == until


def test_a_denied_vault_leaves_the_points_open(visits: dict[str, Visit]) -> None:
    found = asked("backup.restore_point", visits, {POINTS: Failure("AccessDeniedException", "no", denied=True)})
    assert found.gap is not None
    assert (found.gap.kind, found.gap.needs) == (Outcome.UNKNOWN, POINTS)
    assert "main" in found.gap.reason


def test_a_point_without_its_resource_is_no_point_of_anybody(visits: dict[str, Visit]) -> None:
    found = asked("backup.restore_point", visits, {POINTS: point(ResourceArn=None)})
    assert found.rows == ()
    assert found.gap is not None


def test_a_validated_restore_is_a_drill(visits: dict[str, Visit]) -> None:
    (row,) = asked("recovery.drill", visits, {DRILLS: restore()}).rows
    assert (row["drill"], row["to_source"], row["passed"], row["failed"]) == (f"{HOME}/r1", "no", ["function"], [])
    assert row["until_usable"] == 1800


@pytest.mark.parametrize(
    ("more", "passed", "failed"),
    [
        ({"Status": "FAILED"}, [], ["restore"]),
        ({"ValidationStatus": "FAILED"}, [], ["function"]),
        ({"ValidationStatus": "VALIDATING"}, [], []),
        ({"Status": "RUNNING"}, [], []),
    ],
)
def test_a_restore_proves_no_more_than_it_showed(more: Any, passed: Any, failed: Any, visits: dict[str, Visit]) -> None:
    (row,) = asked("recovery.drill", visits, {DRILLS: restore(**more)}).rows
    assert (row["passed"], row["failed"], row["until_usable"]) == (passed, failed, ABSENT)


def test_denied_restores_are_not_known(visits: dict[str, Visit]) -> None:
    found = asked("recovery.drill", visits, {DRILLS: Failure("AccessDeniedException", "no", denied=True)})
    assert found.gap is not None
    assert found.gap.needs == DRILLS


@pytest.mark.parametrize(
    ("resource", "last"),
    [
        ("arn:aws:ec2:eu-central-1:1:instance/i-0abc", "aws:i-0abc"),
        ("arn:aws:s3:::archive", "aws:archive"),
        ("arn:aws:rds:eu-central-1:1:db:orders", "aws:db:orders"),
    ],
)
def test_keys_are_the_arn_and_the_id_that_ends_it(resource: str, last: str) -> None:
    assert keys_of(resource) == [f"aws:{resource}", last]
