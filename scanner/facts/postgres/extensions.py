"""Facts about extensions and languages of PostgreSQL databases."""

from __future__ import annotations

from scanner.facts.postgres.server_state import CONNECT
from scanner.model.fact import BOOL, TEXT, VERSION, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="postgres.extension",
        says="Extensions in each database, installed or merely at hand.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database", "extension"),
        fields=(
            Field("database", TEXT, "Database."),
            Field("extension", TEXT, "Name of the extension."),
            Field("installed", BOOL, "True when it is installed in this database; being available is not."),
            Field("version", VERSION, "Version that is installed; absent when none is."),
            Field(
                "available_version", VERSION, "Version that would be installed; absent when its files are not there."
            ),
            Field(
                "trusted", BOOL, "True when who may create in the database may install it; absent without its files."
            ),
        ),
        needs=(CONNECT,),
        example={"database": "sky", "extension": "pgcrypto", "installed": False, "available_version": "1.3"},
    ),
    FactSpec(
        name="postgres.language",
        says="Languages that functions may be written in, of each database.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database", "language"),
        fields=(
            Field("database", TEXT, "Database."),
            Field("language", TEXT, "Name of the language."),
            Field("builtin", BOOL, "True for `internal`, `c` and `sql`, which are always there."),
            Field(
                "trusted",
                BOOL,
                "True when it keeps its functions within the database's rights; in others only superusers may write some.",
            ),
            Field("public_usage", BOOL, "True when every role may use it, as far as it is trusted."),
            Field("owner", TEXT, "Role that owns it."),
        ),
        needs=(CONNECT,),
        example={"database": "sky", "language": "plpython3u", "builtin": False, "trusted": False},
    ),
)
