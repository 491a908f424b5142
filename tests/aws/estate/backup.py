"""Plans and vaults of AWS Backup; moto lacks what becomes of them."""

from __future__ import annotations

from tests.aws.bench import Maker

_LACKS = "moto lacks the listing"
STUBBED: dict[str, str] = dict.fromkeys(
    (
        "backup_plan_selects",
        "backup_resources_recent",
        "backup_points_encrypted",
        "backup_points_whole",
        "backup_jobs_succeeded",
        "backup_copy_jobs_succeeded",
        "backup_restores_succeeded",
        "backup_restore_tests_planned",
        "backup_restore_tested",
    ),
    _LACKS,
)
UNUSUAL: dict[str, tuple[str, str]] = {
    "backup_planned": ("pass", "pass"),  # the weak estate has a plan, too; the empty one has none
}
STILL: dict[tuple[str, str], str] = {
    ("backup:GetBackupPlan", "backup_planned"): "that there is a plan is another call's",
}
MADE = {
    "backup:ListRecoveryPointsByBackupVault": {
        "weak": {"RecoveryPoints": []},
        "hardened": {"RecoveryPoints": []},
        "empty": {"RecoveryPoints": []},
    },
}
_ELSEWHERE = "arn:aws:backup:us-east-1:999999999999:backup-vault:copies"


def weak(client: Maker) -> None:
    """Make a vault that is open and a plan that keeps a week, all in one place."""
    backup = client("backup")
    backup.create_backup_vault(BackupVaultName="weak")
    rule = {"RuleName": "short", "TargetBackupVaultName": "weak", "Lifecycle": {"DeleteAfterDays": 7}}
    backup.create_backup_plan(BackupPlan={"BackupPlanName": "weak", "Rules": [rule]})


def hardened(client: Maker) -> None:
    """Make a vault with key and lock, and a plan that keeps a year and copies to another account."""
    backup, key = client("backup"), client("kms").create_key()["KeyMetadata"]["Arn"]
    backup.create_backup_vault(BackupVaultName="hard", EncryptionKeyArn=key)
    backup.put_backup_vault_lock_configuration(BackupVaultName="hard", MinRetentionDays=35, ChangeableForDays=3)
    rule = {
        "RuleName": "year",
        "TargetBackupVaultName": "hard",
        "ScheduleExpression": "cron(0 1 * * ? *)",
        "Lifecycle": {"DeleteAfterDays": 365},
        "CopyActions": [{"DestinationBackupVaultArn": _ELSEWHERE}],
    }
    backup.create_backup_plan(BackupPlan={"BackupPlanName": "hard", "Rules": [rule]})
