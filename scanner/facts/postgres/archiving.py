"""Facts about the archiving of the write-ahead log."""

from __future__ import annotations

from scanner.facts.postgres.server_state import MONITOR
from scanner.model.fact import BOOL, DURATION, INT, SIZE, TEXT, TIME, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="postgres.archiver",
        says="Whether the log is archived, and how that went.",
        shape=Shape.ONE,
        platforms=("postgres",),
        needs=(MONITOR,),
        fields=(
            Field("mode", enum("off", "on", "always"), "archive_mode."),
            Field("configured", BOOL, "True when a command or a library is set."),
            Field(
                "library", TEXT, "archive_library; absent when there is none. The command may hold secrets, and stays."
            ),
            Field("timeout", DURATION, "After which time a segment that holds something is closed; 0 for never."),
            Field("archived", INT, "Files archived since the counters began."),
            Field("failed", INT, "Attempts that failed since then."),
            Field("last_archived", TIME, "When a file was archived last; absent for never."),
            Field("last_failed", TIME, "When an attempt failed last; absent for never."),
            Field("failing", BOOL, "True when the last attempt failed."),
            Field("waiting", INT, "Files that wait to be archived; unknown without pg_monitor."),
            Field("oldest_waiting", TIME, "Since when the oldest of them waits; absent when none does."),
            Field("counted_since", TIME, "When the counters began."),
            Field("system", TEXT, "System identifier of the cluster, by which archives know it."),
            Field("last_segment", TEXT, "Segment that was archived last; absent for never, and for other files."),
            Field("behind", SIZE, "Bytes of log written (on a standby: replayed) after it; absent without one."),
        ),
        example={"mode": "on", "configured": True, "archived": 120, "failed": 0, "failing": False, "waiting": 0},
    ),
)
