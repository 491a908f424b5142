"""Facts about how backups change over time: how long runs take, and how fast they are."""

from __future__ import annotations

from scanner.facts.recovery.columns import asset_fact
from scanner.model.fact import BOOL, DURATION, INT, SIZE, TEXT, Field

SPECS = (
    asset_fact(
        "recovery.trend",
        "Whether runs of each asset's backups take longer than they did, or move less in a second, by medians.",
        Field("target", TEXT, "Target that ran them."),
        Field("job", TEXT, "Job that they belong to; absent for runs of no job."),
        Field("runs", INT, "Runs that succeeded and ended, as far as the target remembers."),
        Field("enough", BOOL, "True when there are 7 recent runs and 14 before them."),
        Field("recent", DURATION, "Median of the last 7 runs; absent when there are not enough."),
        Field("before", DURATION, "Median of up to 60 runs before those; absent when there are not enough."),
        Field("percent", INT, "The first in percent of the second, rounded up; absent when there are not enough."),
        Field("rate_recent", SIZE, "Median of bytes a second, last 7 runs; absent where no run tells its size."),
        Field("rate_before", SIZE, "The same of up to 60 runs before those."),
        Field(
            "rate_percent",
            INT,
            "The first in percent of the second, rounded down; absent where no run tells its size, unknown where "
            "fewer than 4 recent and 7 earlier ones do. A run's size is that of the point that it made.",
        ),
        deciding="Usable point with the newest data",
        keys=(
            "target",
            "job",
        ),
        shows=("recent", "before", "rate_recent", "rate_before", "runs"),
        example={"asset": "vm101", "target": "pbs01", "job": "nightly", "recent": 1500, "before": 900, "percent": 167},
    ),
)
