"""Facts about the settings of a PostgreSQL server: in force, overridden, and as files have them."""

from __future__ import annotations

from scanner.facts.postgres.server_state import SETTINGS
from scanner.model.fact import BOOL, DURATION, INT, SIZE, TEXT, TEXTS, FactSpec, Field, Need, Parameter, Shape

FILES = Need("grant", "pg_file_settings", "the view of configuration files is closed by default")

SPECS = (
    FactSpec(
        name="postgres.setting",
        says="A setting as it is in force: the server's own value, then every override for a database or role.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("name", "scope"),
        parameters=(Parameter("name", TEXT, "Name of the setting, such as `log_connections` or `pgaudit.log`."),),
        needs=(SETTINGS,),
        fields=(
            Field("name", TEXT, "Name of the setting."),
            Field(
                "scope",
                TEXT,
                "`server`, or whom an override is for: `every role`, `database sky`, `role bob`, `role bob in database sky`.",
            ),
            Field(
                "present",
                BOOL,
                "False when the server has no setting of that name, as when a library is not loaded; an override of it is listed all the same.",
            ),
            Field(
                "value",
                TEXT,
                "Value as the server gives it; switches are `on` or `off`; absent when there is no such setting.",
            ),
            Field("enabled", BOOL, "The value of a switch; absent for settings of other types."),
            Field(
                "number",
                INT,
                "The value of a whole number in the setting's own unit, of a file's mode read as octal; absent for settings of other types.",
            ),
            Field("duration", DURATION, "The value of a time; absent for other units, and for a negative one."),
            Field(
                "size",
                SIZE,
                "The value of an amount of memory or disk; absent for other units, and for a negative one.",
            ),
            Field(
                "items",
                TEXTS,
                "The value split at commas, each part without spaces and quotation marks; empty for an empty value.",
            ),
            Field("default", TEXT, "Value that is built in."),
            Field("context", TEXT, "What it takes to change it, such as `postmaster` or `sighup`."),
            Field("source", TEXT, "Where the value comes from, such as `configuration file` or `command line`."),
            Field("file", TEXT, "File that sets it; absent when none does, unknown without pg_read_all_settings."),
            Field("line", INT, "Line in that file."),
            Field("pending_restart", BOOL, "True when a file holds another value that waits for a restart."),
        ),
        example={
            "name": "log_connections",
            "scope": "server",
            "present": True,
            "value": "on",
            "enabled": True,
            "items": ["on"],
        },
    ),
    FactSpec(
        name="postgres.setting_changed",
        says="Settings that are not as they are built in, or wait for a restart to become something else.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("name",),
        needs=(SETTINGS,),
        fields=(
            Field("name", TEXT, "Name of the setting."),
            Field("value", TEXT, "The server's own value as pg_settings has it, in the setting's own unit."),
            Field("assignment", TEXT, "Name and value in one text, such as `max_connections=50`."),
            Field("context", TEXT, "What it takes to change it, such as `postmaster`, `sighup` or `superuser`."),
            Field("source", TEXT, "Where the value comes from, such as `configuration file` or `command line`."),
            Field("file", TEXT, "File that sets it; absent when none does, unknown without pg_read_all_settings."),
            Field("line", INT, "Line in that file."),
            Field("pending_restart", BOOL, "True when a file holds another value that waits for a restart."),
        ),
        example={
            "name": "max_connections",
            "value": "50",
            "assignment": "max_connections=50",
            "context": "postmaster",
            "source": "configuration file",
            "pending_restart": False,
        },
    ),
    FactSpec(
        name="postgres.setting_override",
        says="Settings that ALTER ROLE and ALTER DATABASE give to sessions, each a row.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("scope", "name"),
        fields=(
            Field("name", TEXT, "Name of the setting."),
            Field(
                "scope", TEXT, "Whom it is for: `every role`, `database sky`, `role bob`, `role bob in database sky`."
            ),
            Field("assignment", TEXT, "All of it in one text, such as `work_mem=64MB for role bob`."),
            Field("database", TEXT, "The database; absent for all."),
            Field("role", TEXT, "The role; absent for all."),
            Field("value", TEXT, "Value as it was given."),
            Field(
                "context", TEXT, "What it takes to change the setting; absent for one that the server does not know."
            ),
        ),
        example={
            "name": "log_statement",
            "scope": "database sky",
            "assignment": "log_statement=none for database sky",
            "database": "sky",
            "value": "none",
        },
    ),
    FactSpec(
        name="postgres.setting_file",
        says="Lines of the configuration files that the server could not apply, or has not applied yet.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("file", "line"),
        needs=(FILES,),
        fields=(
            Field("file", TEXT, "Configuration file."),
            Field("line", INT, "Line in it."),
            Field("name", TEXT, "Name of the setting; absent for a line that cannot be read."),
            Field("value", TEXT, "Value in the file."),
            Field("problem", TEXT, "What the server says against it."),
        ),
        example={
            "file": "/etc/postgresql/16/main/postgresql.conf",
            "line": 12,
            "name": "shared_buffers",
            "value": "1GB",
            "problem": "setting could not be applied",
        },
    ),
)
