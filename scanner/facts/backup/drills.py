"""Restores that were really done, as records and restore tasks tell them."""

from __future__ import annotations

from scanner.facts.backup.needs import READING
from scanner.model.fact import DURATION, SIZE, TEXT, TEXTS, TIME, FactSpec, Field, Need, Shape, enum

SPECS = (
    FactSpec(
        name="recovery.drill",
        says="Restores that were really done, with their times and checks.",
        shape=Shape.LIST,
        platforms=("records", "pve", "pbs", "kubernetes", "aws"),
        keys=("drill",),
        needs=(
            *READING,
            Need("iam", "backup:ListRestoreJobs", "restores that AWS Backup made"),
        ),
        fields=(
            Field("drill", TEXT, "Id: name of the record, or of the task."),
            Field("source", enum("record", "task"), "Written by people or tools, or told by the system that restored."),
            Field("kind", enum("restore", "archive", "dr"), "What was rehearsed; `dr` is a site's loss."),
            Field(
                "scenario",
                enum("file", "vm", "database-pitr", "kubernetes", "site", "configuration"),
                "What was restored; absent where a task does not tell.",
            ),
            Field("asset", TEXT, "Asset of the inventory; absent where keys name it, or a class was rehearsed."),
            Field("service_class", TEXT, "Class that it stands for; absent where it stands for its asset alone."),
            Field("asset_keys", TEXTS, "Stable keys of what was restored, as restore points have them."),
            Field("point", TEXT, "Restore point that was used; absent where it is not told."),
            Field("data_time", TIME, "Moment of the data in that point; absent where it is not told."),
            Field("newest_data", TIME, "Newest transaction or file found after the restore; absent where not looked."),
            Field("started_at", TIME, "When it began."),
            Field("ended_at", TIME, "When it ended; absent while it runs."),
            Field("until_usable", DURATION, "Time until the first function check passed; absent where none did."),
            Field("target", TEXT, "Where it was restored to; absent where it is not told."),
            Field("to_source", enum("yes", "no"), "Whether it went over the original; absent where it is not told."),
            Field("passed", TEXTS, "Kinds of checks that passed: integrity, function, performance."),
            Field("failed", TEXTS, "Kinds of checks, or steps, that failed."),
            Field("size", SIZE, "Bytes restored; absent where it is not told."),
            Field("by", TEXT, "Who did it; absent where it is not told."),
            Field("sha256", TEXT, "Hash of the record; absent for tasks."),
        ),
        example={"drill": "2026-11-db01", "source": "record", "kind": "restore", "asset": "db01"},
        unused="used by the estate's recovery facts",
    ),
)
