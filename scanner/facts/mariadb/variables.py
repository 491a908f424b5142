"""Facts about the global variables of a MariaDB or MySQL server."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, TEXTS, FactSpec, Field, Parameter, Shape

SPECS = (
    FactSpec(
        name="mariadb.variable",
        says="A global variable as it is in force.",
        shape=Shape.LOOKUP,
        platforms=("mariadb",),
        keys=("name",),
        parameters=(Parameter("name", TEXT, "Name of the variable, such as `local_infile`."),),
        fields=(
            Field("name", TEXT, "Name of the variable, in small letters."),
            Field(
                "present",
                BOOL,
                "False when the server has no such variable, as when a plug-in is not loaded or the version lacks it.",
            ),
            Field(
                "value",
                TEXT,
                "Value as the server gives it; absent for NULL, which MariaDB shows as an empty value, and when there is no such variable.",
            ),
            Field("enabled", BOOL, "The value of a switch (ON, YES, OFF, NO, DISABLED); absent for other values."),
            Field("number", INT, "The value of a whole number; absent for other values."),
            Field(
                "items",
                TEXTS,
                "The value split at commas, lists of ciphers at colons too; empty for an empty value.",
            ),
            Field(
                "origin",
                TEXT,
                "Where the value comes from: `compile-time`, `config`, `command-line`, `auto`, `sql` for SET GLOBAL, `environment`; absent where the version does not tell.",
            ),
            Field("file", TEXT, "Option file that sets it; absent when none does, or the version does not tell."),
        ),
        example={"name": "local_infile", "present": True, "value": "OFF", "enabled": False, "origin": "config"},
    ),
    FactSpec(
        name="mariadb.runtime_variable",
        says="Global variables that SET GLOBAL changed: the next start takes again what files or the program say.",
        shape=Shape.LIST,
        platforms=("mariadb",),
        keys=("name",),
        fields=(
            Field("name", TEXT, "Name of the variable, in small letters."),
            Field("file", TEXT, "Option file that had set it; absent when none had, or the version does not tell."),
        ),
        example={"name": "local_infile"},
    ),
)
