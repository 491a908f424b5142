"""Database servers that run on a Linux host, as its processes and files show them."""

from __future__ import annotations

from scanner.model.fact import (
    BOOL,
    INT,
    MAP,
    MODE,
    ROOT,
    TEXT,
    TEXTS,
    VERSION,
    FactSpec,
    Field,
    Parameter,
    Shape,
    enum,
)

_PLACE = (
    Field("data_directory", TEXT, "Data directory as the server names it."),
    Field("real_directory", TEXT, "The same after symbolic links."),
)
_PROCESS = (
    Field("running", BOOL, "True when a process serves it."),
    Field("pid", INT, "Id of the process; absent when none runs."),
    Field("user", TEXT, "Account that the process runs as; absent when none runs or the id has no name."),
    Field("uid", INT, "Numeric id of that account; absent when none runs."),
    Field("umask", MODE, "Umask of the process; absent when none runs."),
    Field("container", BOOL, "True when the process has a root directory of its own; absent when none runs."),
    Field("confinement", TEXT, "Profile or context of the security module; absent without one."),
    Field("binary", TEXT, "Program that runs; absent when none runs."),
    Field(
        "binary_replaced", BOOL, "True when that file was removed or replaced since the start; absent when none runs."
    ),
    Field(
        "parameters",
        MAP,
        "Options of the command line, without their leading dashes; what may be a secret is cut; absent when none runs.",
    ),
    Field("unit", TEXT, "Service unit whose process it is; absent when it is of none."),
    Field(
        "unit_enabled",
        BOOL,
        "True when the boot starts the unit: a target wants it, or an enabled unit does; absent without a unit.",
    ),
    Field("unit_state", TEXT, "What `systemctl is-enabled` says of the unit; absent without a unit."),
    Field(
        "sandbox", TEXTS, "Restrictions of the unit that are on, such as `ProtectSystem=full`; absent without a unit."
    ),
    Field("open_files_limit", INT, "Most open files; 9007199254740991 for no limit; absent when none runs."),
    Field(
        "processes_limit",
        INT,
        "Most processes of its account; 9007199254740991 for no limit; absent when none runs.",
    ),
    Field("unlimited", TEXTS, "Resources without a limit, as in /proc/PID/limits; absent when none runs."),
)
_PROGRAM = (
    Field("version", VERSION, "Version in the running program; absent when it is not found there."),
    Field("package", TEXT, "Package that the program is of; absent when of none, or in a container."),
    Field("package_version", VERSION, "Version of that package; absent without one."),
    Field(
        "package_origins",
        TEXTS,
        "Origins of the archives that offer the installed version or, where none does any more, another one; empty for a package of no archive; absent without a package.",
    ),
)
_DATA = (
    Field("data_mode", MODE, "Permission bits of the data directory."),
    Field("data_owner", TEXT, "Owner of the data directory; absent when the id has no name."),
    Field("data_owned", BOOL, "True when the account that the server runs as owns it; absent when none runs."),
    Field("mount_point", TEXT, "Mount point of the file system that it lies on."),
    Field("system_mount", BOOL, "True when that is the root file system."),
    Field(
        "encrypted",
        BOOL,
        "True when all devices below are encrypted by the host (dm-crypt, an encrypted zfs dataset); false when one is a plain disk; unknown for virtual disks and file systems without devices.",
    ),
)
ABOUT = (*_PLACE, *_PROCESS, *_PROGRAM, *_DATA)
POSTGRES = (
    Field("port", INT, "Port of postmaster.pid; absent when none runs."),
    Field("listen_address", TEXT, "First address of postmaster.pid; absent without TCP, or when none runs."),
    Field("socket_directory", TEXT, "Directory of the socket in postmaster.pid; absent without one."),
    Field("patroni", BOOL, "True when Patroni started it; absent when none runs."),
    Field("data_version", TEXT, "Major version of the data directory (PG_VERSION)."),
    Field("wal_directory", TEXT, "Where pg_wal really lies."),
    Field("wal_mode", MODE, "Permission bits of that directory."),
    Field(
        "log_directory",
        TEXT,
        "Directory of the log files that the server or its logger holds open; absent when it logs into none.",
    ),
    Field("extension_directory", TEXT, "Directory of extensions; absent when none runs."),
    Field("extension_mode", MODE, "Permission bits of that directory; absent when none runs."),
    Field("extension_owner", TEXT, "Owner of that directory; absent when none runs."),
)
MARIADB = (
    Field(
        "port",
        INT,
        "Port by the options, 3306 when none names it; another where it listens on that alone, as with a socket unit.",
    ),
    Field("config_files", TEXTS, "Option files that exist and are read, in their order."),
    Field("skip_grant_tables", BOOL, "True when files or command line switch privileges off."),
    Field("allow_suspicious_udfs", BOOL, "True when files or command line allow functions of one symbol."),
    Field("plugin_directory", TEXT, "Directory of plug-ins."),
    Field("plugin_mode", MODE, "Permission bits of that directory."),
    Field("plugin_owner", TEXT, "Owner of that directory; absent when the id has no name."),
    Field("system_logs", TEXTS, "Logs of all kinds that lie on the root file system, links followed."),
)
MONGODB = (
    Field(
        "port",
        INT,
        "Port by command line and configuration, 27017 when neither names it; another where it listens on that alone.",
    ),
    Field("config_file", TEXT, "Configuration that the command line names; absent when it names none."),
    Field("config_mode", MODE, "Permission bits of the configuration; absent without one."),
)
FILE = (
    Field(
        "kind",
        enum(
            *(
                "data",
                "pidfile",
                "data_version",
                "data_file",
                "wal",
                "config",
                "hba",
                "ident",
                "key",
                "key_file",
                "certificate",
                "authority",
                "extensions",
                "plugins",
                "log_directory",
                "log",
                "error_log",
                "slow_log",
                "general_log",
                "binary_log",
                "relay_log",
                "audit_log",
                "key_management",
                "key_management_key",
            )
        ),
        "What it is for; `log` is a file that is written as one, without a setting that says which; `key_file` is the shared secret of a replica set; `authority` holds certificates of authorities.",
    ),
    Field("path", TEXT, "Path as the server sees it."),
    Field("mode", MODE, "Permission bits."),
    Field("owner", TEXT, "Owner; absent when the id has no name."),
    Field("group", TEXT, "Group; absent when the id has no name."),
    Field("owned", BOOL, "True when the account that the server runs as owns it."),
    Field("root_owned", BOOL, "True when root owns it."),
)
_EXAMPLE = {
    "running": True,
    "pid": 812,
    "port": 5432,
    "user": "postgres",
    "umask": "0077",
    "unit_enabled": True,
    "data_mode": "0700",
    "encrypted": False,
}

SPECS = (
    FactSpec(
        name="linux.postgres_cluster",
        says="PostgreSQL clusters: every postmaster that runs, in containers too, and the clusters in the usual places that do not run.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("data_directory",),
        needs=(ROOT,),
        fields=(
            *ABOUT,
            *POSTGRES,
        ),
        unused="Rules judge it as postgres.host, joined with what the server says of itself.",
        example={"data_directory": "/var/lib/postgresql/15/main", **_EXAMPLE},
    ),
    FactSpec(
        name="linux.mariadb_instance",
        says="MariaDB and MySQL servers that run, in containers too, with the options of their files and command line.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("data_directory",),
        needs=(ROOT,),
        fields=(
            *ABOUT,
            *MARIADB,
        ),
        unused="Rules judge it as mariadb.host, joined with what the server says of itself.",
        example={"data_directory": "/var/lib/mysql", **_EXAMPLE, "port": 3306, "user": "mysql"},
    ),
    FactSpec(
        name="linux.mongodb_instance",
        says="MongoDB servers (mongod) that run, in containers too.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("data_directory",),
        needs=(ROOT,),
        fields=(
            *ABOUT,
            *MONGODB,
        ),
        unused="Rules judge it as mongodb.host, joined with what the server says of itself.",
        example={"data_directory": "/var/lib/mongodb", **_EXAMPLE, "port": 27017, "user": "mongodb"},
    ),
    FactSpec(
        name="linux.database_file",
        says="Files and directories of running database servers that protect them: configuration, keys, logs, data. Of logs and of data files one is listed for each mode and owner that occurs.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("data_directory", "kind", "path"),
        parameters=(Parameter("engine", TEXT, "`postgres`, `mariadb` or `mongodb`."),),
        needs=(ROOT,),
        fields=(
            Field("engine", TEXT, "Which server it is of."),
            Field("data_directory", TEXT, "Data directory of the server."),
            *FILE,
        ),
        unused="Rules judge it as postgres.host_file, mariadb.host_file and mongodb.host_file.",
        example={
            "engine": "postgres",
            "data_directory": "/var/lib/postgresql/15/main",
            "kind": "hba",
            "path": "/etc/postgresql/15/main/pg_hba.conf",
            "mode": "0640",
            "owner": "postgres",
            "group": "postgres",
            "owned": True,
            "root_owned": False,
        },
    ),
)  # fmt: skip
