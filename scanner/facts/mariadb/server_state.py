"""Facts about a MariaDB or MySQL server as a whole, its databases and plug-ins."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, TIME, VERSION, FactSpec, Field, Need, Shape, enum

SHOW_DATABASES = Need("privilege", "SHOW DATABASES", "databases of others are hidden from everybody else")

SPECS = (
    FactSpec(
        name="mariadb.server",
        says="The server that answers: what it is, where it runs, and as whom we are there.",
        shape=Shape.ONE,
        platforms=("mariadb",),
        fields=(
            Field("version", VERSION, "Version such as `10.11.19`."),
            Field("series", TEXT, "Release series such as `10.11`."),
            Field("flavour", enum("mariadb", "mysql"), "Which of the two it is."),
            Field(
                "managed",
                BOOL,
                "True for a service without a host behind it that its customer could reach: the inventory says `managed: true`, or the server's own paths and version do.",
            ),
            Field("provider", TEXT, "Provider of a managed service, absent when none is known."),
            Field("port", INT, "Port that the server listens on."),
            Field("datadir", TEXT, "Data directory, without a slash at the end."),
            Field("socket", TEXT, "Unix-domain socket; absent without one."),
            Field("started", TIME, "When the server was started."),
            Field("read_only", BOOL, "True when ordinary accounts cannot write."),
            Field("user", TEXT, "Account that the server takes us for, such as `controlproof@10.0.0.5`."),
            Field("superuser", BOOL, "True when that account may do anything, which a scanner should not."),
            Field("encrypted", BOOL, "True when our own session is encrypted."),
            Field("over_socket", BOOL, "True when our own session came through a Unix-domain socket."),
        ),
        example={
            "version": "10.11.19",
            "series": "10.11",
            "flavour": "mariadb",
            "managed": False,
            "port": 3306,
            "datadir": "/var/lib/mysql",
        },
    ),
    FactSpec(
        name="mariadb.database",
        says="Databases of the server, its own included.",
        shape=Shape.LIST,
        platforms=("mariadb",),
        keys=("database",),
        needs=(SHOW_DATABASES,),
        fields=(
            Field("database", TEXT, "Name of the database."),
            Field(
                "system",
                BOOL,
                "True for the server's own: mysql, sys, and the two schemas that are views of its state.",
            ),
        ),
        example={"database": "sky", "system": False},
    ),
    FactSpec(
        name="mariadb.plugin",
        says="Plug-ins that the server knows, built in or loaded.",
        shape=Shape.LIST,
        platforms=("mariadb",),
        keys=("name",),
        fields=(
            Field("name", TEXT, "Name in small letters, such as `server_audit`."),
            Field("kind", TEXT, "Kind in small letters, such as `audit`, `encryption` or `password validation`."),
            Field("active", BOOL, "True when it is in use; false when it is disabled or was not loaded."),
            Field(
                "load_option",
                enum("off", "on", "force", "force_plus_permanent"),
                "What becomes of it: `force` ends a start without it, `force_plus_permanent` keeps it from being unloaded too; unknown for a word of another version.",
            ),
            Field("library", TEXT, "File that it comes from; absent when it is built in."),
            Field("maturity", TEXT, "What its makers say, such as `Stable`; absent where the server has no such word."),
        ),
        example={
            "name": "server_audit",
            "kind": "audit",
            "active": True,
            "load_option": "force_plus_permanent",
            "library": "server_audit.so",
        },
    ),
)
