"""Names of privileges, and the bits that MariaDB keeps them in."""

from __future__ import annotations

from scanner.transport.sql import Plain

PRIVILEGES = (
    *("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "SHUTDOWN", "PROCESS", "FILE"),
    *("GRANT OPTION", "REFERENCES", "INDEX", "ALTER", "SHOW DATABASES", "SUPER", "CREATE TEMPORARY TABLES"),
    *("LOCK TABLES", "EXECUTE", "REPLICATION SLAVE", "BINLOG MONITOR", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE"),
    *("ALTER ROUTINE", "CREATE USER", "EVENT", "TRIGGER", "CREATE TABLESPACE", "DELETE HISTORY", "SET USER"),
    *("FEDERATED ADMIN", "CONNECTION ADMIN", "READ_ONLY ADMIN", "REPLICATION SLAVE ADMIN"),
    *("REPLICATION MASTER ADMIN", "BINLOG ADMIN", "BINLOG REPLAY", "REPLICA MONITOR", "SHOW CREATE ROUTINE"),
)
"""In the order of their bits (privilege.h); the first 29 are MySQL's too, which calls BINLOG MONITOR REPLICATION CLIENT."""

_WORDS = {"GRANT": "GRANT OPTION", "DELETE VERSIONING ROWS": "DELETE HISTORY"}

DATABASE_COLUMNS = {
    "Select": "SELECT",
    "Insert": "INSERT",
    "Update": "UPDATE",
    "Delete": "DELETE",
    "Create": "CREATE",
    "Drop": "DROP",
    "Grant": "GRANT OPTION",
    "References": "REFERENCES",
    "Index": "INDEX",
    "Alter": "ALTER",
    "Create_tmp_table": "CREATE TEMPORARY TABLES",
    "Lock_tables": "LOCK TABLES",
    "Create_view": "CREATE VIEW",
    "Show_view": "SHOW VIEW",
    "Create_routine": "CREATE ROUTINE",
    "Alter_routine": "ALTER ROUTINE",
    "Execute": "EXECUTE",
    "Event": "EVENT",
    "Trigger": "TRIGGER",
}
"""Columns of the table mysql.db in both servers > what they grant."""


def names_of(access: Plain) -> list[str]:
    """Give the privileges of a number of bits; a bit of a newer server gets its number as name."""
    bits = int(access) if isinstance(access, int | str) and str(access).isdigit() else 0
    names = [name for bit, name in enumerate(PRIVILEGES) if bits >> bit & 1]
    return names + [f"bit {bit}" for bit in range(len(PRIVILEGES), bits.bit_length()) if bits >> bit & 1]


def words_of(value: Plain) -> list[str]:
    """Give the privileges of a set as the tables of grants keep it: `Select,Create View`."""
    words = (word.strip().upper() for word in str(value or "").split(","))
    return [_WORDS.get(word, word) for word in words if word]
