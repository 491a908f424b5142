"""What makes a MariaDB server of the tests weak or hardened, as data: options and SQL.

`{folder}` in a value stands for the server's folder, `{password:NAME}` for the random password of an account.
The hardened recipe meets what the CIS MariaDB 10.11 Benchmark v1.0.0 asks of a server and SQL can tell, with Debian's
build; the weak one fails it. What stays open:

- The accounts on the socket (`@localhost`) are asked for no client certificate.
- 9.x, replication: a single server is no replica, so there is nothing to judge on one side; the account for replicas
  is there on the other.
- 4.9 and 6.6 keep their keys in a plain file (`file_key_management`), for Debian has no plugin for a key server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ROLES = {
    "bare": "a login and nothing else",
    "monitor": "the state of the server: PROCESS, SHOW DATABASES, BINLOG MONITOR, REPLICA MONITOR",
    "scanner": "monitor, and reads the tables of accounts and grants",
    "superuser": "everything",
}
"""The accounts that are ready on every server, with a password each, over TCP and on the socket."""

DATABASE = "sky"
"""The database that every server has beside its own."""

GRANT_TABLES = (
    *("global_priv", "user", "db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv"),
    *("roles_mapping", "proc", "plugin", "servers"),
)
"""The tables of the database mysql that the scanner reads."""

MONITOR = "PROCESS, SHOW DATABASES, BINLOG MONITOR, REPLICA MONITOR"


@dataclass(frozen=True)
class Recipe:
    """One flavour of server; an option without a value is None."""

    options: Mapping[str, str | None]
    sql: Sequence[str]
    accounts: Mapping[str, Sequence[str]]
    """Account > hosts; `{account}` in `login` and `sql` stands for one of them."""
    login: str
    """How accounts log in over the network, behind CREATE USER."""
    local_login: str
    """How they log in on the socket."""
    folders: Sequence[str] = ("sockets",)
    tls: bool = False
    open_files: bool = False
    """Whether the data directory and the logs may be read by others."""


def _rights(hosts: Sequence[str]) -> tuple[str, ...]:
    """Give the statements that tell the roles apart."""
    return tuple(
        statement
        for host in hosts
        for statement in (
            f"GRANT {MONITOR} ON *.* TO monitor@'{host}'",
            f"GRANT {MONITOR} ON *.* TO scanner@'{host}'",
            f"GRANT ALL ON *.* TO superuser@'{host}' WITH GRANT OPTION",
            *(f"GRANT SELECT ON mysql.{table} TO scanner@'{host}'" for table in GRANT_TABLES),
        )
    )


WEAK = Recipe(
    options={
        "bind_address": "0.0.0.0",
        "skip_ssl": None,
        "local_infile": "ON",
        "symbolic_links": "ON",
        "sql_mode": "",
        "log_warnings": "0",
        "old_passwords": "ON",
        "secure_auth": "OFF",
        "allow_suspicious_udfs": None,
        "default_password_lifetime": "0",
        "general_log": "ON",
        "slow_query_log": "ON",
    },
    accounts=dict.fromkeys(ROLES, ("%", "localhost")),
    login="IDENTIFIED BY '{password}'",
    local_login="IDENTIFIED BY '{password}'",
    open_files=True,
    # Who needs no password may do nothing: any user of this machine can reach the port.
    sql=(
        *_rights(("%", "localhost")),
        "CREATE USER ''@'%'",
        "CREATE USER intern@'%'",
        "CREATE USER operator@localhost IDENTIFIED VIA unix_socket",
        "CREATE USER app@'%' IDENTIFIED BY '{password:app}'",
        "GRANT ALL ON *.* TO app@'%' WITH GRANT OPTION",
        "CREATE USER replicator@'%' IDENTIFIED BY '{password:replicator}'",
        "GRANT SUPER, REPLICATION SLAVE ON *.* TO replicator@'%'",
        "CREATE DATABASE test",
        "CREATE DATABASE sky",
        "CREATE TABLE sky.target (id int PRIMARY KEY, ra double, `dec` double, pii text)",
        "INSERT INTO sky.target VALUES (1, 83.82, -5.39, 'an observer')",
        (
            "CREATE DEFINER=root@localhost FUNCTION sky.root_exec() RETURNS text DETERMINISTIC"
            " SQL SECURITY DEFINER RETURN current_user()"
        ),
    ),
)

HARDENED = Recipe(
    folders=("sockets", "log", "binlog", "tls", "keys", "exchange"),
    tls=True,
    options={
        "bind_address": "127.0.0.1",
        "skip_name_resolve": "ON",
        "ssl_ca": "{folder}/tls/ca.crt",
        "ssl_cert": "{folder}/tls/localhost.crt",
        "ssl_key": "{folder}/tls/localhost.key",
        "tls_version": "TLSv1.2,TLSv1.3",
        "ssl_cipher": "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"
        ":TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
        "require_secure_transport": "ON",
        "local_infile": "OFF",
        "symbolic_links": "OFF",
        "secure_file_priv": "{folder}/exchange",
        "sql_mode": "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
        "secure_auth": "ON",
        "log_error": "{folder}/log/error.log",
        "log_warnings": "2",
        "slow_query_log": "ON",
        "slow_query_log_file": "{folder}/log/slow.log",
        "general_log_file": "{folder}/log/general.log",
        "log_bin": "{folder}/binlog/binlog",
        "relay_log": "{folder}/binlog/relay",
        "server_id": "1",
        "expire_logs_days": "7",
        "encrypt_binlog": "ON",
        "innodb_encrypt_tables": "FORCE",
        "innodb_encrypt_log": "ON",
        "innodb_encrypt_temporary_tables": "ON",
        "innodb_encryption_threads": "1",
        "aria_encrypt_tables": "ON",
        "encrypt_tmp_disk_tables": "ON",
        "encrypt_tmp_files": "ON",
        "plugin_load_add": "auth_ed25519;file_key_management;server_audit;simple_password_check;password_reuse_check",
        "file_key_management_filename": "{folder}/keys/keys.txt",
        "server_audit": "FORCE_PLUS_PERMANENT",
        "server_audit_logging": "ON",
        "server_audit_events": "CONNECT,QUERY_DDL,QUERY_DML_NO_SELECT,QUERY_DCL",
        "server_audit_file_path": "{folder}/log/audit.log",
        "simple_password_check": "FORCE_PLUS_PERMANENT",
        "simple_password_check_minimal_length": "14",
        "password_reuse_check": "FORCE_PLUS_PERMANENT",
        "password_reuse_check_interval": "365",
        "strict_password_validation": "ON",
        "default_password_lifetime": "365",
        "max_connections": "100",
        "max_user_connections": "20",
    },
    accounts=dict.fromkeys(ROLES, ("127.0.0.1", "localhost")),
    login="IDENTIFIED VIA ed25519 USING PASSWORD('{password}') REQUIRE X509 WITH MAX_USER_CONNECTIONS 10",
    local_login="IDENTIFIED VIA ed25519 USING PASSWORD('{password}') WITH MAX_USER_CONNECTIONS 10",
    sql=(
        *_rights(("127.0.0.1", "localhost")),
        "CREATE DATABASE sky",
        "CREATE TABLE sky.target (id int PRIMARY KEY, ra double, `dec` double, pii text)",
        (
            "CREATE USER sky_app@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('{password:sky_app}')"
            " REQUIRE X509 WITH MAX_USER_CONNECTIONS 20"
        ),
        "GRANT SELECT, INSERT ON sky.target TO sky_app@'127.0.0.1'",
        (
            "CREATE USER replicator@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('{password:replicator}')"
            " REQUIRE X509 WITH MAX_USER_CONNECTIONS 3"
        ),
        "GRANT REPLICATION SLAVE ON *.* TO replicator@'127.0.0.1'",
    ),
)

FLAVOURS: Mapping[str, Recipe] = {"weak": WEAK, "hardened": HARDENED}
"""Flavour > its recipe."""
