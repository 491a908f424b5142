"""Facts about what settings of a PostgreSQL server come to: log files and lines, loaded libraries, auditing."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Input, Shape

_SCOPE = Field("scope", TEXT, "`server`, or whom an override is for, such as `role bob in database sky`.")


def _setting(name: str) -> Input:
    return Input("postgres.setting", fixed={"name": name})


_SHARED = _setting("shared_preload_libraries")

SPECS = (
    FactSpec(
        name="postgres.listen_address",
        says="Addresses that `listen_addresses` names; none for a server that listens on sockets alone.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("address",),
        inputs=(_setting("listen_addresses"),),
        fields=(
            Field("address", TEXT, "Address or host name as it is set."),
            Field("every", BOOL, "True for `*` and for zero in any spelling: all addresses of the machine."),
            Field("loopback", BOOL, "True when only the machine itself reaches it."),
        ),
        example={"address": "127.0.0.1", "every": False, "loopback": True},
    ),
    FactSpec(
        name="postgres.log_file",
        says="Where the logging collector writes, and whether names of its files come up again.",
        shape=Shape.ONE,
        platforms=("postgres",),
        inputs=(Input("postgres.server"), _setting("log_directory"), _setting("log_filename")),
        fields=(
            Field("directory", TEXT, "Absolute path of the directory."),
            Field(
                "inside_data",
                BOOL,
                "True when that path lies in the data directory; links are not followed.",
            ),
            Field("pattern", TEXT, "Pattern of the files' names, with escapes of strftime(3)."),
            Field(
                "repeats",
                BOOL,
                "True when a name comes up again once another was in use, as `%a` does each week; a name without escapes counts too.",
            ),
        ),
        example={
            "directory": "/var/log/postgresql",
            "inside_data": False,
            "pattern": "postgresql-%Y-%m-%d.log",
            "repeats": False,
        },
    ),
    FactSpec(
        name="postgres.log_line",
        says="What `log_line_prefix` puts before each message that goes to stderr or syslog.",
        shape=Shape.ONE,
        platforms=("postgres",),
        inputs=(_setting("log_line_prefix"),),
        fields=(
            Field("prefix", TEXT, "The prefix as it is set."),
            Field("escapes", TEXTS, "Its escapes without paddings, such as `%m`, each once, in order."),
            Field(
                "tells",
                TEXTS,
                "What they stand for: `time`, `process`, `line`, `database`, `user`, `application`, `client` and the like; several escapes may stand for one.",
            ),
        ),
        example={
            "prefix": "%m [%p] %u@%d ",
            "escapes": ["%m", "%p", "%u", "%d"],
            "tells": ["time", "process", "user", "database"],
        },
    ),
    FactSpec(
        name="postgres.preload",
        says="Libraries that are loaded into every server process, or into sessions as they begin.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("setting", "scope", "library"),
        inputs=(_SHARED, _setting("session_preload_libraries"), _setting("local_preload_libraries")),
        fields=(
            Field(
                "setting",
                TEXT,
                "`shared_preload_libraries`, `session_preload_libraries` or `local_preload_libraries`.",
            ),
            _SCOPE,
            Field("library", TEXT, "Name of the library, without folder and ending."),
            Field("path", TEXT, "The library as it is set."),
        ),
        example={
            "setting": "shared_preload_libraries",
            "scope": "server",
            "library": "pgaudit",
            "path": "$libdir/pgaudit",
        },
    ),
    FactSpec(
        name="postgres.pgaudit",
        says="Which classes of statements pgAudit logs: for the server, then for every override.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("scope",),
        inputs=(_SHARED, _setting("pgaudit.log")),
        fields=(
            _SCOPE,
            Field("loaded", BOOL, "True when `shared_preload_libraries` loads it, without which it does nothing."),
            Field("present", BOOL, "True when the server has the setting `pgaudit.log`."),
            Field("value", TEXT, "The setting as it was given; absent when there is none."),
            Field(
                "classes",
                TEXTS,
                "Classes that come of it, of `ddl function misc misc_set read role write`; empty when nothing is logged.",
            ),
        ),
        example={
            "scope": "server",
            "loaded": True,
            "present": True,
            "value": "ddl, write",
            "classes": ["ddl", "write"],
        },
    ),
)
