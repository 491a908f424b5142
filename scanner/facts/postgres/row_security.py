"""Facts about row security in PostgreSQL databases."""

from __future__ import annotations

from scanner.facts.postgres.server_state import CONNECT
from scanner.model.fact import BOOL, INT, TEXT, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="postgres.table_security",
        says="Tables, partitions and foreign tables of each database with their row security; system schemas are left out.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database", "schema", "table"),
        fields=(
            Field("database", TEXT, "Database."),
            Field("schema", TEXT, "Schema."),
            Field("table", TEXT, "Name of the table."),
            Field("relation", TEXT, "`SCHEMA.TABLE`."),
            Field("kind", TEXT, "`table`, `partitioned table` or `foreign table`, which can have no row security."),
            Field(
                "partition", BOOL, "True for a partition; its parent's policies do not hold for direct access to it."
            ),
            Field("owner", TEXT, "Role that owns it."),
            Field("enabled", BOOL, "True when row security is on."),
            Field("forced", BOOL, "True when it binds the owner too."),
            Field("policies", INT, "Number of policies; with none nobody but who bypasses them sees a row."),
            Field(
                "open_policies",
                INT,
                "Number of permissive policies that give every role every row: TO PUBLIC USING (true).",
            ),
            Field("extension", TEXT, "Extension that it belongs to; absent for others."),
        ),
        needs=(CONNECT,),
        example={
            "database": "sky",
            "schema": "app",
            "table": "target",
            "relation": "app.target",
            "kind": "table",
            "enabled": True,
            "forced": True,
            "policies": 1,
        },
    ),
)
