"""Jobs of backup systems, and what became of their runs."""

from __future__ import annotations

from scanner.facts.backup.needs import READING, REMOTES
from scanner.facts.backup.points import ASSET_KEYS, SYSTEM
from scanner.model.fact import BOOL, DURATION, INT, SIZE, TEXT, TIME, FactSpec, Field, Shape, enum

KIND = Field(
    "kind",
    enum("backup", "sync", "verify", "prune", "collect", "replicate", "restore", "check"),
    "What it does; `collect` frees space, `replicate` keeps a copy that follows every deletion.",
)
_KEEP = tuple(
    Field(f"keep_{each}", INT, f"Points kept by `{each}`; absent where it is not set.")
    for each in ("last", "hourly", "daily", "weekly", "monthly", "yearly")
)

SPECS = (
    FactSpec(
        name="backup.job",
        says="Jobs that make, copy, verify, prune or replicate backups, as they are configured.",
        shape=Shape.LIST,
        platforms=("pbs", "pve", "veeam", "kubernetes"),
        keys=("system", "job"),
        needs=(*READING, REMOTES),
        fields=(
            SYSTEM,
            Field("job", TEXT, "Id of the job."),
            KIND,
            Field("enabled", BOOL, "True when it runs by itself."),
            Field("schedule", TEXT, "Its schedule as it is written; absent when it has none."),
            Field("interval", DURATION, "Longest time between two runs by that schedule; absent without one."),
            ASSET_KEYS,
            Field("everything", BOOL, "True when it takes all objects that it does not leave out."),
            Field("location", TEXT, "Where it writes to, or what it works on."),
            Field("remote", TEXT, "The other side of a sync or a replication; absent elsewhere."),
            Field("direction", enum("pull", "push"), "Which way a sync copies; absent elsewhere."),
            Field("remove_vanished", BOOL, "True when a deletion at the source is followed at the target."),
            Field("mode", TEXT, "How consistency is reached, such as `snapshot`; absent where it does not apply."),
            Field("encrypted", BOOL, "True when it encrypts; absent where the job does not say."),
            Field("recheck_after", DURATION, "After how long a verified point is verified again; absent for never."),
            *_KEEP,
            Field("keep_for", DURATION, "How long points are kept; absent where it is not set by time."),
            Field("last_run", TIME, "When it ran last; absent when never."),
            Field("last_status", enum("ok", "warning", "failed", "running"), "How that ended; absent when never."),
            Field("next_run", TIME, "When it runs next; absent when it does not."),
            Field("notifies", BOOL, "True when somebody is told of its failures; absent where it does not say."),
        ),
        example={"system": "pbs", "job": "verify-weekly", "kind": "verify", "enabled": True},
    ),
    FactSpec(
        name="backup.run",
        says="Runs of jobs, and restores, as the systems record them.",
        shape=Shape.LIST,
        platforms=("pbs", "pve", "veeam", "kubernetes", "iperius"),
        keys=("system", "run"),
        needs=READING,
        fields=(
            SYSTEM,
            Field("run", TEXT, "Id of the run or task."),
            Field("job", TEXT, "Job that it belongs to; absent when it was started by hand or not told."),
            KIND,
            ASSET_KEYS,
            Field("started_at", TIME, "When it began."),
            Field("ended_at", TIME, "When it ended; absent while it runs."),
            Field("status", enum("ok", "warning", "failed", "cancelled", "running"), "How it ended."),
            Field("message", TEXT, "What the system says of its end; absent when nothing."),
            Field("size", SIZE, "Bytes moved; absent where it is not told."),
            Field("user", TEXT, "Account that ran it; absent where it is not told."),
        ),
        example={"system": "pbs", "run": "UPID:pbs01:…", "kind": "backup", "status": "ok"},
    ),
)
