"""Derived facts about who owns the databases of a PostgreSQL server."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, FactSpec, Field, Input, Shape

SPECS = (
    FactSpec(
        name="postgres.database_owner",
        says="Databases with what their owner can do.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database",),
        inputs=(Input("postgres.database"), Input("postgres.role")),
        fields=(
            Field("database", TEXT, "Name of the database."),
            Field("template", BOOL, "True for a template."),
            Field("owner", TEXT, "Role that owns it."),
            Field("can_login", BOOL, "True when the owner may begin a session."),
            Field("becomes_superuser", BOOL, "True when the owner is a superuser or can take the rights of one."),
        ),
        example={"database": "sky", "template": False, "owner": "sky_owner", "can_login": False},
    ),
)
