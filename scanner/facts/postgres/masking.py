"""Facts about columns that a policy declares as personal or secret."""

from __future__ import annotations

from scanner.facts.postgres.server_state import CONNECT
from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Parameter, Shape

SPECS = (
    FactSpec(
        name="postgres.declared_column",
        says="Columns that the asker names: who may read them, and for whom they are masked by the extension anon.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("column", "database"),
        parameters=(Parameter("columns", TEXT, "Names `SCHEMA.TABLE.COLUMN`, separated by commas."),),
        fields=(
            Field("columns", TEXT, "What was asked for."),
            Field("column", TEXT, "`SCHEMA.TABLE.COLUMN`."),
            Field("database", TEXT, "Database that has it; absent for a column that none has."),
            Field("present", BOOL, "False for a column that no database has."),
            Field("owner", TEXT, "Role that owns the table."),
            Field("readers", TEXTS, "Roles beside the owner that were granted SELECT on it or its table, or `PUBLIC`."),
            Field("mask", TEXT, "Rule of the extension anon for it; absent without one."),
            Field(
                "unmasked_readers",
                TEXTS,
                "Readers who see the values as they are; all of them where no mask is in force.",
            ),
        ),
        needs=(CONNECT,),
        example={
            "columns": "app.target.pii",
            "column": "app.target.pii",
            "database": "sky",
            "present": True,
            "readers": ["sky_app"],
            "unmasked_readers": ["sky_app"],
        },
    ),
)
