"""Facts about the release that a PostgreSQL server runs."""

from __future__ import annotations

from scanner.model.fact import BOOL, DURATION, INT, TIME, VERSION, FactSpec, Field, Input, Parameter, Shape

SPECS = (
    FactSpec(
        name="postgres.release",
        says="The server's release beside a dated table of releases that comes with Controlproof.",
        shape=Shape.ONE,
        platforms=("postgres",),
        inputs=(Input("postgres.server"),),
        parameters=(
            Parameter(
                "table_age",
                DURATION,
                "How old an entry of the table may be before it no longer shows that a release is the newest.",
            ),
        ),
        fields=(
            Field("version", VERSION, "Version that runs, such as `16.3`."),
            Field("major", INT, "Its major version."),
            Field("newest", VERSION, "Newest release of that major version in the table."),
            Field("current", BOOL, "True when that or a later one runs; unknown when the table's entry is too old."),
            Field("released", TIME, "When the newest release in the table came out."),
            Field("end_of_life", TIME, "From when on that major version gets no fixes any more."),
            Field("supported", BOOL, "True before that time."),
            Field("checked", TIME, "When the table's entry was last compared with the world."),
        ),
        example={"version": "16.3", "major": 16, "newest": "16.15", "current": False, "supported": True},
    ),
)
