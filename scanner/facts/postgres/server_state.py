"""Facts about a PostgreSQL server as a whole, and its databases."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, TIME, VERSION, FactSpec, Field, Need, Shape

SETTINGS = Need("role", "pg_read_all_settings", "some settings are hidden from everybody else")
MONITOR = Need("role", "pg_monitor", "other users' sessions are hidden from everybody else")
CONNECT = Need("connect", "every database", "a database that we may not enter cannot be looked into")

SPECS = (
    FactSpec(
        name="postgres.server",
        says="The server that answers: what it is, where it runs, and as whom we are there.",
        shape=Shape.ONE,
        platforms=("postgres",),
        needs=(SETTINGS,),
        fields=(
            Field("version", VERSION, "Version such as `16.3`."),
            Field("major", INT, "Major version such as 16."),
            Field(
                "managed",
                BOOL,
                "True for a service without a host behind it that its customer could reach: the inventory says `managed: true`, or roles of a provider are there.",
            ),
            Field("provider", TEXT, "Provider of a managed service as its roles tell, absent when none is known."),
            Field("standby", BOOL, "True when the server replays another's log."),
            Field("port", INT, "Port that the server listens on."),
            Field("data_directory", TEXT, "Data directory; unknown without pg_read_all_settings."),
            Field("data_checksums", BOOL, "True when pages carry checksums."),
            Field("started", TIME, "When the server was started."),
            Field("configuration_loaded", TIME, "When configuration files were last read."),
            Field("user", TEXT, "Role that we are."),
            Field("superuser", BOOL, "True when that role is a superuser, which a scanner should not be."),
            Field("encrypted", BOOL, "True when our own session is encrypted."),
            Field("over_socket", BOOL, "True when our own session came through a Unix-domain socket."),
        ),
        example={
            "version": "16.3",
            "major": 16,
            "managed": False,
            "port": 5432,
            "data_directory": "/var/lib/postgresql/16/main",
        },
    ),
    FactSpec(
        name="postgres.database",
        says="Databases of the server, templates included.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("database",),
        fields=(
            Field("database", TEXT, "Name of the database."),
            Field("owner", TEXT, "Role that owns it."),
            Field("open", BOOL, "True when connections are allowed at all."),
            Field("template", BOOL, "True for a template."),
            Field("entered", BOOL, "True when this role may connect to it; what lies inside of others is unknown."),
            Field("connection_limit", INT, "Most connections at a time, -1 for no limit."),
            Field("public_connect", BOOL, "True when every role may connect."),
            Field("public_temporary", BOOL, "True when every role may create temporary tables."),
        ),
        example={
            "database": "sky",
            "owner": "sky_owner",
            "open": True,
            "template": False,
            "entered": True,
            "public_connect": False,
        },
    ),
)
