"""Facts about rights in a PostgreSQL server: grants, default privileges, schemas."""

from __future__ import annotations

from scanner.facts.postgres.server_state import CONNECT
from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="postgres.grant",
        says="Privileges that others than the owner hold on objects; what PostgreSQL and extensions grant of themselves is left out.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database", "kind", "schema", "object", "column", "grantee"),
        fields=(
            Field("database", TEXT, "Database of the object; absent for tablespaces and parameters."),
            Field(
                "kind",
                TEXT,
                "Such as `table`, `partitioned table`, `foreign table`, `view`, `materialized view`, `sequence`, `column`, `schema`, `function`, `procedure`, `type`, `language`, `foreign server`, `foreign-data wrapper`, `large object`, `database`, `tablespace`, `parameter`.",
            ),
            Field("schema", TEXT, "Schema of the object, or the schema itself; absent for objects outside of schemas."),
            Field("object", TEXT, "Name of the object, of a function with its arguments; of a column its table."),
            Field("column", TEXT, "Name of the column; absent for other kinds."),
            Field("relation", TEXT, "`SCHEMA.TABLE` for tables, views and their columns; absent for other kinds."),
            Field("owner", TEXT, "Role that owns the object."),
            Field("grantee", TEXT, "Role that holds the privileges, or `PUBLIC`."),
            Field("public", BOOL, "True when every role holds them."),
            Field("grantee_can_login", BOOL, "True when the grantee is a role that may begin a session."),
            Field("privileges", TEXTS, "Privileges such as SELECT, INSERT or EXECUTE, sorted."),
            Field("grantable", TEXTS, "Those that the grantee may pass on."),
            Field(
                "writes",
                BOOL,
                "True when one of them changes data or objects: INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN, CREATE, SET, ALTER SYSTEM.",
            ),
        ),
        needs=(CONNECT,),
        example={
            "database": "sky",
            "kind": "table",
            "schema": "app",
            "object": "target",
            "relation": "app.target",
            "grantee": "sky_app",
            "privileges": ["INSERT", "SELECT"],
            "writes": True,
        },
    ),
    FactSpec(
        name="postgres.default_privilege",
        says="Privileges that objects will be born with, beyond what PostgreSQL grants of itself.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database", "role", "schema", "kind", "grantee"),
        fields=(
            Field("database", TEXT, "Database that it is for."),
            Field("role", TEXT, "Role whose new objects get them."),
            Field("schema", TEXT, "Schema that it is for; absent for all."),
            Field("kind", TEXT, "`tables`, `sequences`, `functions`, `types`, `schemas` or `large objects`."),
            Field("grantee", TEXT, "Role that will hold them, or `PUBLIC`."),
            Field("public", BOOL, "True when every role will."),
            Field("privileges", TEXTS, "The privileges, sorted."),
        ),
        needs=(CONNECT,),
        example={"database": "sky", "role": "postgres", "schema": "public", "kind": "tables", "grantee": "PUBLIC"},
    ),
    FactSpec(
        name="postgres.schema",
        says="Schemas of each database; those of temporary and out-of-line data are left out.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database", "schema"),
        fields=(
            Field("database", TEXT, "Database."),
            Field("schema", TEXT, "Name of the schema."),
            Field("owner", TEXT, "Role that owns it."),
            Field("system", BOOL, "True for pg_catalog and information_schema."),
            Field("public_create", BOOL, "True when every role may create objects in it."),
            Field("public_usage", BOOL, "True when every role may reach objects in it."),
        ),
        needs=(CONNECT,),
        example={"database": "sky", "schema": "public", "owner": "pg_database_owner", "public_create": False},
    ),
)
