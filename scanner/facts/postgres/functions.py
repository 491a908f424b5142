"""Facts about functions of PostgreSQL databases that run in another way than their caller's."""

from __future__ import annotations

from scanner.facts.postgres.server_state import CONNECT
from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="postgres.function",
        says="Functions and procedures that run with their owner's rights or with settings of their own.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database", "schema", "function"),
        fields=(
            Field("database", TEXT, "Database."),
            Field("schema", TEXT, "Schema."),
            Field("function", TEXT, "Name with the types of its arguments, such as `root_exec()`."),
            Field("name", TEXT, "`SCHEMA.NAME` without arguments."),
            Field("owner", TEXT, "Role that owns it."),
            Field("owner_superuser", BOOL, "True when that role is a superuser."),
            Field("security_definer", BOOL, "True when it runs with its owner's rights."),
            Field("search_path", TEXTS, "Schemas that it looks names up in; absent where it takes the caller's."),
            Field(
                "search_path_writable",
                BOOL,
                "True when every role may create objects in one of these schemas; absent without a search path.",
            ),
            Field(
                "temporary_last",
                BOOL,
                "True when the path ends with pg_temp, which is searched first where it is not named; absent without a search path.",
            ),
            Field("public_execute", BOOL, "True when every role may call it."),
            Field("extension", TEXT, "Extension that it belongs to; absent for others."),
            Field("language", TEXT, "Language that it is written in."),
        ),
        needs=(CONNECT,),
        example={
            "database": "sky",
            "schema": "public",
            "function": "root_exec()",
            "owner": "postgres",
            "owner_superuser": True,
            "security_definer": True,
            "public_execute": True,
        },
    ),
)
