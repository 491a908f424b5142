"""Facts about what AWS Backup did: recovery points, jobs, tests of restoring."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, iam, resources
from scanner.model.fact import BOOL, SIZE, TEXT, TIME, Field, enum

_ID = Field("id", TEXT, "Id of the job.")
_OF = Field("resource", TEXT, "ARN of the resource; absent where AWS does not say.")
_STATES = enum("created", "pending", "running", "aborting", "aborted", "completed", "failed", "expired", "partial")
_TIMES = (
    Field("created", TIME, "When it was begun."),
    Field("completed", TIME, "When it ended; absent while it runs."),
    Field("message", TEXT, "What AWS says about its end; absent when nothing."),
)
_JOB = (
    REGION,
    _ID,
    _OF,
    Field("kind", TEXT, "Kind of the resource, such as `RDS`; absent where AWS does not say."),
    Field("state", _STATES, "How far it is."),
    *_TIMES,
)

SPECS = (
    resources(
        name="aws.backup_point",
        says="A recovery point in a vault of AWS Backup.",
        needs=(
            iam("backup:ListBackupVaults", "lists the vaults"),
            iam("backup:ListRecoveryPointsByBackupVault", "lists the recovery points of each"),
        ),
        fields=(
            ARN,
            REGION,
            Field("vault", TEXT, "Name of its vault."),
            _OF,
            Field("kind", TEXT, "Kind of the resource."),
            Field(
                "status",
                enum("creating", "available", "completed", "partial", "stopped", "deleting", "expired"),
                "How far it is; `expired` could not be removed when its term was over.",
            ),
            Field("created", TIME, "When making it began."),
            Field("completed", TIME, "When it was complete; absent while it is not."),
            Field("encrypted", BOOL, "True when its data are encrypted."),
            Field("key", TEXT, "ARN of the KMS key; absent without one."),
            Field("delete_at", TIME, "When it will be removed; absent when never."),
            Field("size", SIZE, "Bytes of the backup; absent where AWS does not say."),
        ),
        example={
            "arn": "arn:aws:backup:eu-central-1:123456789012:recovery-point:1",
            "vault": "main",
            "status": "completed",
        },
    ),
    resources(
        name="aws.backup_job",
        says="A backup job of the last 30 days.",
        needs=(iam("backup:ListBackupJobs", "lists the jobs"),),
        fields=_JOB,
        example={"region": "eu-central-1", "id": "1", "kind": "RDS", "state": "completed"},
        keys=("region", "id"),
    ),
    resources(
        name="aws.backup_copy_job",
        says="A job that copied a recovery point to another vault, of those that AWS still lists.",
        needs=(iam("backup:ListCopyJobs", "lists the jobs"),),
        fields=_JOB,
        example={"region": "eu-central-1", "id": "1", "kind": "RDS", "state": "completed"},
        keys=("region", "id"),
    ),
    resources(
        name="aws.backup_restore_job",
        says="A job that restored something, of those that AWS still lists.",
        needs=(iam("backup:ListRestoreJobs", "lists the jobs"),),
        fields=(
            *_JOB,
            Field("tested", BOOL, "True when a plan for testing restores began it."),
            Field(
                "validation",
                enum("failed", "successful", "timed-out", "validating"),
                "What the check of the restored data found; absent without a check.",
            ),
        ),
        example={"region": "eu-central-1", "id": "1", "kind": "RDS", "state": "completed", "tested": True},
        keys=("region", "id"),
    ),
    resources(
        name="aws.backup_restore_plan",
        says="A plan by which AWS Backup tests restores.",
        needs=(iam("backup:ListRestoreTestingPlans", "lists the plans"),),
        fields=(
            ARN,
            REGION,
            Field("name", TEXT, "Name of the plan."),
            Field("schedule", TEXT, "When it runs, as a cron expression."),
            Field("last_run", TIME, "When it last ran; absent when never."),
        ),
        example={"arn": "arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:q", "name": "q"},
    ),
)
