"""Facts about tablespaces, and about passwords that lie in a PostgreSQL catalogue."""

from __future__ import annotations

from scanner.facts.postgres.roles import SUPERUSER
from scanner.facts.postgres.server_state import CONNECT
from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="postgres.tablespace",
        says="Tablespaces of the server.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("tablespace",),
        fields=(
            Field("tablespace", TEXT, "Name of the tablespace."),
            Field("owner", TEXT, "Role that owns it."),
            Field("location", TEXT, "Its folder; absent for those inside the data directory."),
            Field("options", TEXTS, "Options such as `random_page_cost=1`."),
            Field("public_create", BOOL, "True when every role may create objects in it."),
        ),
        example={"tablespace": "temp_ts", "owner": "postgres", "location": "/srv/temp", "public_create": True},
        unused="folders and owners of tablespaces are a site's own; for rules of one's own",
    ),
    FactSpec(
        name="postgres.foreign_secret",
        says="Mappings of roles to accounts on foreign servers, and whether a secret is stored in them.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database", "server", "role"),
        fields=(
            Field("database", TEXT, "Database."),
            Field("server", TEXT, "Name of the foreign server."),
            Field("role", TEXT, "Role that is mapped, or `PUBLIC`."),
            Field(
                "secret_stored",
                BOOL,
                "True when an option such as a password is stored; its value is never read. Unknown where options are hidden from our role.",
            ),
        ),
        needs=(CONNECT, SUPERUSER),
        example={"database": "sky", "server": "archive", "role": "sky_app", "secret_stored": True},
    ),
)
