"""Facts about AWS Backup: what is planned, where it goes, what is protected."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, iam, resources
from scanner.model.fact import BOOL, INT, TEXT, TEXTS, TIME, Field

_PLANS = iam("backup:ListBackupPlans", "lists the plans")
_NAME = Field("name", TEXT, "Name of the plan.")

SPECS = (
    resources(
        name="aws.backup_plan",
        says="A plan of AWS Backup, its rules summed up.",
        needs=(_PLANS, iam("backup:GetBackupPlan", "the rules stand in the plan")),
        fields=(
            ARN,
            REGION,
            _NAME,
            Field("rules", INT, "Number of its rules."),
            Field("schedules", TEXTS, "When its rules run, as cron expressions."),
            Field("vaults", TEXTS, "Names of the vaults that its rules fill."),
            Field(
                "kept_days", INT, "Days for which the rule that keeps longest keeps; absent when one keeps for ever."
            ),
            Field("copies", TEXTS, "ARNs of the vaults that get copies."),
            Field("copied_elsewhere", BOOL, "True when a rule copies to another region or account."),
            Field("continuous", BOOL, "True when a rule allows a return to any moment."),
        ),
        example={"arn": "arn:aws:backup:eu-central-1:123456789012:backup-plan:1", "name": "daily", "rules": 1},
    ),
    resources(
        name="aws.backup_selection",
        says="How many selections of resources a plan of AWS Backup has; without one it backs up nothing.",
        needs=(_PLANS, iam("backup:ListBackupSelections", "the selections stand at the plan")),
        fields=(ARN, REGION, _NAME, Field("selections", INT, "Number of its selections.")),
        example={"arn": "arn:aws:backup:eu-central-1:123456789012:backup-plan:1", "name": "daily", "selections": 2},
    ),
    resources(
        name="aws.backup_vault",
        says="A vault of AWS Backup.",
        needs=(iam("backup:ListBackupVaults", "lists the vaults"),),
        fields=(
            ARN,
            REGION,
            Field("name", TEXT, "Name of the vault."),
            Field("key", TEXT, "ARN of the KMS key; absent without one."),
            Field("points", INT, "Number of its recovery points."),
            Field("locked", BOOL, "True when recovery points cannot be removed before their term."),
            Field("least_days", INT, "Days for which the lock keeps at least; absent without such a term."),
            Field("fixed_from", TIME, "From when nobody can take the lock away; absent when administrators can."),
        ),
        example={"arn": "arn:aws:backup:eu-central-1:123456789012:backup-vault:main", "name": "main", "locked": True},
    ),
    resources(
        name="aws.backup_resource",
        tagged=(
            "aws.ebs_volume",
            "aws.ec2_instance",
            "aws.efs",
            "aws.rds_cluster",
            "aws.rds_instance",
            "aws.s3_bucket",
        ),
        says="A resource that AWS Backup has taken at least once.",
        needs=(iam("backup:ListProtectedResources", "lists the resources"),),
        fields=(
            ARN,
            REGION,
            Field("kind", TEXT, "Kind, such as `RDS`, `EBS`, `S3`."),
            Field("name", TEXT, "Name of the resource; absent where AWS does not say."),
            Field("last_backup", TIME, "When it was last taken."),
        ),
        example={
            "arn": "arn:aws:rds:eu-central-1:123456789012:db:app",
            "kind": "RDS",
            "last_backup": "2026-11-20T01:00:00Z",
        },
    ),
)
