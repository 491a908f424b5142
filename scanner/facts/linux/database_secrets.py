"""Passwords of databases that lie open on a Linux host: places alone, never a value."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, ROOT, TEXT, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="linux.client_history",
        says="History files of database clients in the homes of all local accounts, those of services too; a history that is not there has no row.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path",),
        needs=(ROOT,),
        fields=(
            Field("account", TEXT, "Account whose home it is; of several with the same home the first."),
            Field("client", enum("psql", "mysql", "mongosh"), "Client that writes it; `mysql` is MariaDB's too."),
            Field("path", TEXT, "Path of the history."),
            Field(
                "kept",
                BOOL,
                "True for a file, or a link to another place than /dev/null; false where nothing can be written.",
            ),
        ),
        unused="Rules judge it for the databases that run on the host, as postgres.client_history and its likes.",
        example={"account": "postgres", "client": "psql", "path": "/var/lib/postgresql/.psql_history", "kept": True},
    ),
    FactSpec(
        name="linux.environment_secret",
        says="Variables that hold a database password (PGPASSWORD, MYSQL_PWD): in the environments of processes, and set by files that sessions read at their start.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("kind", "place", "name", "account"),
        needs=(ROOT,),
        fields=(
            Field("name", enum("PGPASSWORD", "MYSQL_PWD"), "Name of the variable; an empty one does not count."),
            Field("kind", enum("process", "profile"), "Where it was found."),
            Field("place", TEXT, "Name of the process, or path of the file."),
            Field("account", TEXT, "Account of the process; absent for files."),
            Field("line", INT, "Line in the file; absent for processes."),
            Field("processes", INT, "How many processes of that name and account have it; absent for files."),
        ),
        unused="Rules judge it for the databases that run on the host, as postgres.environment_secret and its likes.",
        example={"name": "PGPASSWORD", "kind": "process", "place": "backup.sh", "account": "ada", "processes": 1},
    ),
    FactSpec(
        name="linux.command_line_secret",
        says="Passwords of databases on command lines: of processes that run, and recorded in histories of shells. They are known by their shape: a URL with a password, `password=` for clients of PostgreSQL, `--password=` and `-p` for those of MariaDB, `--password` for those of MongoDB, a variable set in front.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("kind", "place", "account", "engine", "form"),
        needs=(ROOT,),
        fields=(
            Field(
                "engine", enum("postgres", "mariadb", "mongodb"), "Which database it is for; `mariadb` is MySQL too."
            ),
            Field("form", enum("option", "url", "conninfo", "variable"), "Shape that it was known by."),
            Field("kind", enum("process", "history"), "Where it was found."),
            Field("account", TEXT, "Account of the process or history."),
            Field("place", TEXT, "Name of the process, or path of the history."),
        ),
        unused="Rules judge it for the databases that run on the host, as postgres.command_line_secret and its likes.",
        example={"engine": "mariadb", "form": "option", "kind": "process", "account": "ada", "place": "mysqldump"},
    ),
    FactSpec(
        name="linux.service_file_secret",
        says="Passwords in connection service files of PostgreSQL and in option files of MariaDB, in the system's places and in all homes.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path", "section"),
        needs=(ROOT,),
        fields=(
            Field("kind", enum("pg_service", "option_file"), "What the file is."),
            Field("path", TEXT, "Path of the file."),
            Field("section", TEXT, "Service or group in it."),
            Field("line", INT, "Line in it."),
            Field("account", TEXT, "Account whose home it lies in; absent for files of the system."),
        ),
        unused="Rules judge it for the databases that run on the host, as postgres.service_file_secret and its likes.",
        example={"kind": "pg_service", "path": "/etc/pg_service.conf", "section": "sky", "line": 3},
    ),
)
