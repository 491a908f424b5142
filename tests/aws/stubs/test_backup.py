"""AWS Backup as AWS tells of it and moto does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanner.model.evidence import ABSENT, Query
from scanner.transport.sql import Failure
from tests.aws.bench import HOME, REGIONS, Replayed, snapshot, verdicts
from tests.aws.conftest import Visit

TODAY = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
LONG_AGO = "2026-01-01T01:00:00Z"
RDS = "arn:aws:rds:eu-central-1:222222222222:db:hard"
POINT = "arn:aws:backup:eu-central-1:222222222222:recovery-point:1"


def _resource(when: str) -> dict[str, Any]:
    return {"Results": [{"ResourceArn": RDS, "ResourceType": "RDS", "LastBackupTime": when}]}


def _point(**more: Any) -> dict[str, Any]:
    return {
        "RecoveryPoints": [{"RecoveryPointArn": POINT, "Status": "COMPLETED", "IsEncrypted": True, **more}],
    }


def _job(state: str) -> dict[str, Any]:
    return {"BackupJobs": [{"BackupJobId": "1", "ResourceArn": RDS, "State": state, "CreationDate": TODAY}]}


def _copy(state: str) -> dict[str, Any]:
    return {"CopyJobs": [{"CopyJobId": "1", "ResourceArn": RDS, "State": state, "CreationDate": TODAY}]}


def _restore(state: str, when: str = TODAY, tested: bool = True, **more: Any) -> dict[str, Any]:
    made = {"CreatedBy": {"RestoreTestingPlanArn": "arn:aws:backup:eu-central-1:1:restore-testing-plan:q"}}
    job = {
        "RestoreJobId": "1",
        "Status": state,
        "CreationDate": when,
        "CompletionDate": when,
        **(made if tested else {}),
        **more,
    }
    return {"RestoreJobs": [job]}


def _tests(*names: str) -> dict[str, Any]:
    head = "arn:aws:backup:eu-central-1:222222222222:restore-testing-plan"
    return {
        "RestoreTestingPlans": [
            {
                "RestoreTestingPlanArn": f"{head}:{name}",
                "RestoreTestingPlanName": name,
                "CreationTime": LONG_AGO,
                "ScheduleExpression": "cron(0 1 1 * ? *)",
            }
            for name in names
        ]
    }


CASES: list[tuple[str, str, Any, str]] = [
    ("backup_plan_selects", "ListBackupSelections", {"BackupSelectionsList": [{"SelectionId": "1"}]}, "pass"),
    ("backup_plan_selects", "ListBackupSelections", {"BackupSelectionsList": []}, "fail"),
    ("backup_resources_recent", "ListProtectedResources", _resource(TODAY), "pass"),
    ("backup_resources_recent", "ListProtectedResources", _resource(LONG_AGO), "fail"),
    ("backup_points_encrypted", "ListRecoveryPointsByBackupVault", _point(), "pass"),
    ("backup_points_encrypted", "ListRecoveryPointsByBackupVault", _point(IsEncrypted=False), "fail"),
    ("backup_points_whole", "ListRecoveryPointsByBackupVault", _point(), "pass"),
    ("backup_points_whole", "ListRecoveryPointsByBackupVault", _point(Status="PARTIAL"), "fail"),
    ("backup_points_whole", "ListRecoveryPointsByBackupVault", _point(Status="PERHAPS"), "error"),
    ("backup_jobs_succeeded", "ListBackupJobs", _job("COMPLETED"), "pass"),
    ("backup_jobs_succeeded", "ListBackupJobs", _job("FAILED"), "fail"),
    ("backup_copy_jobs_succeeded", "ListCopyJobs", _copy("COMPLETED"), "pass"),
    ("backup_copy_jobs_succeeded", "ListCopyJobs", _copy("FAILED"), "fail"),
    ("backup_restores_succeeded", "ListRestoreJobs", _restore("COMPLETED"), "pass"),
    ("backup_restores_succeeded", "ListRestoreJobs", _restore("FAILED"), "fail"),
    ("backup_restore_tests_planned", "ListRestoreTestingPlans", _tests("q"), "pass"),
    ("backup_restore_tests_planned", "ListRestoreTestingPlans", _tests(), "fail"),
    ("backup_restore_tested", "ListRestoreJobs", _restore("COMPLETED"), "pass"),
    ("backup_restore_tested", "ListRestoreJobs", _restore("COMPLETED", ValidationStatus="FAILED"), "fail"),
    ("backup_restore_tested", "ListRestoreJobs", _restore("COMPLETED", tested=False), "fail"),
    ("backup_restore_tested", "ListRestoreJobs", _restore("COMPLETED", when=LONG_AGO), "fail"),
]
CALLS = sorted({f"backup:{operation}" for _, operation, _, _ in CASES})
DENIED = Failure("AccessDeniedException", "AccessDeniedException: no", denied=True)


def _outcome(rule: str, visits: dict[str, Visit], told: dict[str, Any]) -> str:
    client = Replayed(visits["hardened"][0].replies, {"regions": REGIONS}, HOME, told=told)
    return verdicts(snapshot(client))[rule]


@pytest.mark.parametrize(("rule", "operation", "answer", "outcome"), CASES)
def test_backup_as_aws_answers(rule: str, operation: str, answer: Any, outcome: str, visits: dict[str, Visit]) -> None:
    assert _outcome(rule, visits, {f"backup:{operation}": answer}) == outcome


@pytest.mark.parametrize(("rule", "operation"), sorted({(rule, operation) for rule, operation, _, _ in CASES}))
def test_backup_denied(rule: str, operation: str, visits: dict[str, Visit]) -> None:
    assert _outcome(rule, visits, {f"backup:{operation}": DENIED}) == "unknown"


def test_a_vault_that_does_not_answer_is_named(visits: dict[str, Visit]) -> None:
    told = {"backup:ListRecoveryPointsByBackupVault": DENIED}
    client = Replayed(visits["hardened"][0].replies, {"regions": REGIONS}, HOME, told=told)
    found = snapshot(client).get(Query.of("aws.backup_point"))
    assert found.gap is not None
    assert "vault hard" in found.gap.reason


def test_a_rule_without_term_keeps_for_ever(visits: dict[str, Visit]) -> None:
    rule = {"RuleName": "ever", "TargetBackupVaultName": "hard"}
    told = {"backup:GetBackupPlan": {"BackupPlan": {"BackupPlanName": "hard", "Rules": [rule]}}}
    client = Replayed(visits["hardened"][0].replies, {"regions": REGIONS}, HOME, told=told)
    taken = snapshot(client)
    assert [row["kept_days"] for row in taken.get(Query.of("aws.backup_plan")).rows] == [ABSENT]
    assert verdicts(taken)["backup_plan_keeps_long_enough"] == "pass"


def test_an_account_without_plans(visits: dict[str, Visit]) -> None:
    assert verdicts(visits["empty"][1])["backup_planned"] == "fail"
