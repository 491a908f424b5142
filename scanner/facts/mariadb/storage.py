"""Facts about what a MariaDB or MySQL server stores: tablespaces and routines."""

from __future__ import annotations

from scanner.facts.mariadb.accounts import ACCOUNTS, ROLES, WHY
from scanner.model.fact import BOOL, INT, TEXT, TEXTS, FactSpec, Field, Need, Shape, enum

PROCESS = Need("privilege", "PROCESS", "the state of tablespaces is closed to everybody else")
ROUTINES = Need("grant", "SELECT ON mysql.proc", WHY)

SPECS = (
    FactSpec(
        name="mariadb.tablespace",
        says="InnoDB tablespaces with data that outlives the server.",
        shape=Shape.LIST,
        platforms=("mariadb",),
        keys=("name",),
        needs=(PROCESS,),
        fields=(
            Field("name", TEXT, "Name, such as `sky/target`."),
            Field("encrypted", BOOL, "True when all its pages are encrypted; false while that is still under way."),
            Field("key", INT, "Id of its key; absent when it is not encrypted or the version does not tell."),
        ),
        example={"name": "sky/target", "encrypted": True, "key": 1},
    ),
    FactSpec(
        name="mariadb.routine",
        says="Stored procedures and functions outside of the server's own databases.",
        shape=Shape.LIST,
        platforms=("mariadb",),
        keys=("name",),
        needs=(ROUTINES, ACCOUNTS, ROLES),
        fields=(
            Field("name", TEXT, "Database and name, such as `sky.purge`."),
            Field("kind", TEXT, "`procedure`, `function` or `package`."),
            Field("security", enum("definer", "invoker"), "Whose privileges it runs with."),
            Field("definer", TEXT, "Account that it was defined for."),
            Field(
                "definer_privileges",
                TEXTS,
                "That account's privileges on everything, roles included; absent when there is no such account.",
            ),
        ),
        example={
            "name": "sky.purge",
            "kind": "procedure",
            "security": "definer",
            "definer": "sky_owner@localhost",
            "definer_privileges": [],
        },
    ),
)
