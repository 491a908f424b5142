"""Facts about pages that did not match their checksums."""

from __future__ import annotations

from scanner.model.fact import INT, TEXT, TIME, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="postgres.checksum_failure",
        says="How many pages of each database did not match their checksum since the counters began.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database",),
        fields=(
            Field("database", TEXT, "Name of the database; `(shared)` for what belongs to all."),
            Field("failures", INT, "Pages that did not match; absent without checksums."),
            Field("last_failure", TIME, "When that was seen last; absent for never."),
            Field("counted_since", TIME, "When the counters began; absent when they were never set back."),
        ),
        example={"database": "sky", "failures": 0},
    ),
)
