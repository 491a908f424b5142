"""What makes a PostgreSQL cluster of the tests weak or hardened, as data: settings, access rules and SQL.

`{folder}` in a value stands for the cluster's folder. Settings of `by_version` come on top, and a None takes one away. Passwords are never here: every role
of `passwords` gets a random one.

The hardened recipe meets what the CIS PostgreSQL 16 Benchmark v1.1.0 asks of a server and SQL can tell; the weak one
fails it. Versions without a packaged pgAudit and set_user (16 and later) stay without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ROLES = {
    "bare": "a login and nothing else",
    "settings": "pg_read_all_settings",
    "monitor": "pg_monitor",
    "scanner": "pg_monitor, and the views of access rules and files in every database",
    "superuser": "everything; may log in only inside `Cluster.superuser()` on a hardened cluster",
}
"""The roles that are ready on every cluster, with a password each."""

DATABASE = "sky"
"""The database that every cluster has beside its own; on a hardened one the role `bare` may not connect to it."""


@dataclass(frozen=True)
class Recipe:
    """One flavour of cluster."""

    initdb: Sequence[str]
    settings: Mapping[str, str]
    hba: str
    sql: Sequence[tuple[str, str]]
    """(database, statements); in this order, as superuser."""
    ident: str = ""
    folders: Sequence[str] = ("sockets",)
    by_version: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    initdb_by_version: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sql_by_version: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    passwords: Sequence[str] = tuple(ROLES)
    closed: Sequence[str] = ()
    """Superusers that may not log in once the cluster is ready."""
    tls: bool = False

    def settings_of(self, version: str) -> dict[str, str]:
        """Give the settings of a version."""
        found: dict[str, str | None] = {**self.settings, **self.by_version.get(version, {})}
        return {name: value for name, value in found.items() if value is not None}

    def sql_of(self, version: str) -> Sequence[tuple[str, str]]:
        """Give the statements of a version."""
        return (*self.sql, *self.sql_by_version.get(version, ()))


SCANNER_GRANTS = """
    GRANT SELECT ON pg_hba_file_rules, pg_ident_file_mappings, pg_file_settings TO scanner;
    GRANT EXECUTE ON FUNCTION pg_hba_file_rules(), pg_ident_file_mappings(), pg_show_all_file_settings() TO scanner;
"""

WEAK = Recipe(
    initdb=("-A", "trust", "--allow-group-access"),
    settings={
        "listen_addresses": "*",
        "unix_socket_permissions": "0777",
        "ssl": "off",
        "password_encryption": "md5",
        "log_destination": "stderr,syslog",
        "logging_collector": "on",
        "log_directory": "log",
        "log_file_mode": "0644",
        "log_truncate_on_rotation": "off",
        "log_rotation_age": "0",
        "log_connections": "off",
        "log_disconnections": "off",
        "log_statement": "none",
        "log_line_prefix": "",
        "log_min_messages": "fatal",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_hostname": "on",
        "log_timezone": "America/New_York",
        "log_replication_commands": "off",
        "syslog_sequence_numbers": "off",
        "syslog_split_messages": "off",
        "debug_print_parse": "on",
        "debug_print_rewritten": "on",
        "debug_print_plan": "on",
        "debug_pretty_print": "off",
        "ignore_system_indexes": "on",
        "archive_mode": "off",
        "authentication_timeout": "600",
    },
    by_version={"18": {"log_connections": ""}},
    initdb_by_version={"18": ("--no-data-checksums",)},
    # Rules that trust name roles without power: any user of this machine can reach the port.
    hba="""
        local   all          all                                     trust
        host    all          bare             127.0.0.1/32           trust
        host    all          all              127.0.0.1/32           md5
        host    all          all              0.0.0.0/0              md5
        host    all          all              ::/0                   password
        host    all          postgres         10.0.0.0/8             md5
        host    replication  all              192.0.2.0/24           trust
    """,
    passwords=(*ROLES, "postgres", "app", "intern"),
    sql=(
        (
            "postgres",
            """
            CREATE ROLE bare LOGIN;
            CREATE ROLE settings LOGIN IN ROLE pg_read_all_settings;
            CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
            CREATE ROLE scanner LOGIN IN ROLE pg_monitor;
            CREATE ROLE superuser LOGIN SUPERUSER;
            CREATE ROLE app LOGIN SUPERUSER;
            CREATE ROLE intern LOGIN BYPASSRLS CREATEROLE CREATEDB REPLICATION;
            CREATE ROLE reporting LOGIN;
            GRANT postgres TO reporting;
            GRANT pg_execute_server_program, pg_read_server_files, pg_write_server_files TO intern;
            GRANT CREATE ON SCHEMA public TO PUBLIC;
            """,
        ),
        ("postgres", "CREATE DATABASE sky"),
        (
            "sky",
            """
            CREATE TABLE public.target (id int PRIMARY KEY, ra float8, dec float8, pii text);
            INSERT INTO public.target VALUES (1, 83.82, -5.39, 'an observer');
            GRANT ALL ON public.target TO PUBLIC;
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO PUBLIC;
            GRANT CREATE ON SCHEMA public TO PUBLIC;
            CREATE FUNCTION public.root_exec() RETURNS text LANGUAGE sql SECURITY DEFINER
                AS 'SELECT current_user::text';
            """,
        ),
        *((database, SCANNER_GRANTS) for database in ("postgres", "template1", "sky")),
    ),
)

HARDENED = Recipe(
    initdb=("-k", "-A", "scram-sha-256", "--waldir={folder}/wal"),
    folders=("sockets", "log", "archive", "temp", "tls"),
    tls=True,
    settings={
        "listen_addresses": "127.0.0.1",
        "unix_socket_permissions": "0700",
        "ssl": "on",
        "ssl_cert_file": "{folder}/tls/localhost.crt",
        "ssl_key_file": "{folder}/tls/localhost.key",
        "ssl_ca_file": "{folder}/tls/ca.crt",
        "ssl_min_protocol_version": "TLSv1.3",
        "ssl_ciphers": "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256",
        "password_encryption": "scram-sha-256",
        "shared_preload_libraries": "passwordcheck,auth_delay",
        "auth_delay.milliseconds": "200",
        "log_destination": "stderr",
        "logging_collector": "on",
        "log_directory": "{folder}/log",
        "log_filename": "postgresql-%Y%m%d.log",
        "log_file_mode": "0600",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_min_messages": "warning",
        "log_min_error_statement": "error",
        "log_connections": "on",
        "log_disconnections": "on",
        "log_statement": "ddl",
        "log_line_prefix": "%m [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ",
        "log_error_verbosity": "verbose",
        "log_timezone": "UTC",
        "log_replication_commands": "on",
        "debug_pretty_print": "on",
        "archive_mode": "on",
        "archive_timeout": "300",
        "archive_command": "test ! -f {folder}/archive/%f && cp %p {folder}/archive/%f",
        "authentication_timeout": "30",
        "temp_file_limit": "1GB",
        "temp_tablespaces": "temp_ts",
        "max_connections": "50",
    },
    by_version={
        "15": {
            "shared_preload_libraries": "pgaudit,set_user,passwordcheck,auth_delay",
            "pgaudit.log": "ddl, write, role, read",
        },
        "18": {"log_connections": "all"},
    },
    hba="""
        local      all          all                                      scram-sha-256
        hostssl    sky          sky_app          127.0.0.1/32            scram-sha-256
        hostssl    replication  replicator       127.0.0.1/32            cert clientcert=verify-full
        hostssl    all          bare             127.0.0.1/32            scram-sha-256
        hostssl    all          settings         127.0.0.1/32            scram-sha-256
        hostssl    all          monitor          127.0.0.1/32            scram-sha-256
        hostssl    all          scanner          127.0.0.1/32            scram-sha-256
        hostssl    all          superuser        127.0.0.1/32            scram-sha-256
        hostnossl  all          all              0.0.0.0/0               reject
        hostnossl  all          all              ::/0                    reject
    """,
    passwords=(*ROLES, "postgres", "sky_app"),
    closed=("postgres", "superuser"),
    sql=(
        ("postgres", "CREATE TABLESPACE temp_ts LOCATION '{folder}/temp'"),
        (
            "postgres",
            """
            GRANT CREATE ON TABLESPACE temp_ts TO PUBLIC;
            ALTER ROLE postgres CONNECTION LIMIT 10;
            CREATE ROLE bare LOGIN CONNECTION LIMIT 10;
            CREATE ROLE settings LOGIN CONNECTION LIMIT 10 IN ROLE pg_read_all_settings;
            CREATE ROLE monitor LOGIN CONNECTION LIMIT 10 IN ROLE pg_monitor;
            CREATE ROLE scanner LOGIN CONNECTION LIMIT 10 IN ROLE pg_monitor;
            CREATE ROLE superuser LOGIN CONNECTION LIMIT 10 SUPERUSER;
            CREATE ROLE sky_owner NOLOGIN;
            CREATE ROLE sky_app LOGIN CONNECTION LIMIT 20 VALID UNTIL '2100-12-31';
            CREATE ROLE replicator LOGIN REPLICATION CONNECTION LIMIT 3;
            """,
        ),
        ("postgres", "CREATE DATABASE sky OWNER sky_owner"),
        (
            "postgres",
            """
            REVOKE ALL ON DATABASE sky FROM PUBLIC;
            GRANT CONNECT ON DATABASE sky TO sky_app, settings, monitor, scanner;
            """,
        ),
        *((database, "REVOKE ALL ON SCHEMA public FROM PUBLIC") for database in ("postgres", "template1", "sky")),
        (
            "sky",
            """
            CREATE EXTENSION pgcrypto;
            CREATE SCHEMA app AUTHORIZATION sky_owner;
            GRANT USAGE ON SCHEMA app TO sky_app;
            SET ROLE sky_owner;
            CREATE TABLE app.target (id int PRIMARY KEY, ra float8, dec float8, pii text);
            ALTER TABLE app.target ENABLE ROW LEVEL SECURITY;
            ALTER TABLE app.target FORCE ROW LEVEL SECURITY;
            CREATE POLICY sky_app_sees_all ON app.target TO sky_app USING (true);
            GRANT SELECT, INSERT ON app.target TO sky_app;
            RESET ROLE;
            """,
        ),
        *((database, SCANNER_GRANTS) for database in ("postgres", "template1", "sky")),
    ),
    sql_by_version={
        "15": tuple(
            (database, f"CREATE EXTENSION {extension}")
            for database in ("postgres", "sky")
            for extension in ("pgaudit", "set_user")
        ),
    },
)

FLAVOURS: Mapping[str, Recipe] = {"weak": WEAK, "hardened": HARDENED}
"""Flavour > its recipe."""
