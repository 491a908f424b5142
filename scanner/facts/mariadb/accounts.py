"""Facts about the accounts of a MariaDB or MySQL server and what they may do."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, TEXTS, TIME, FactSpec, Field, Need, Shape, enum

WHY = "the tables of accounts and grants are closed by default"
ACCOUNTS = Need("grant", "SELECT ON mysql.global_priv", WHY)
ROLES = Need("grant", "SELECT ON mysql.roles_mapping", WHY)
GRANTS = tuple(
    Need("grant", f"SELECT ON mysql.{table}", WHY)
    for table in ("db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv")
)

SPECS = (
    FactSpec(
        name="mariadb.user",
        says="Accounts that may log in, each with its host part; roles are not among them, what they give is.",
        shape=Shape.LIST,
        platforms=("mariadb",),
        keys=("account",),
        needs=(ACCOUNTS, ROLES),
        fields=(
            Field("account", TEXT, "The account as `user@host`."),
            Field("user", TEXT, "Name; empty for an anonymous account."),
            Field("host", TEXT, "Where it may come from: name, address, network, or pattern."),
            Field("anonymous", BOOL, "True when any name fits it."),
            Field("any_host", BOOL, "True when its host part fits every host, as `%` does."),
            Field("remote", BOOL, "True when its host part fits other machines than the server's own."),
            Field("locked", BOOL, "True when it cannot log in."),
            Field(
                "plugins",
                TEXTS,
                "Authentication plug-ins by which it can log in, each being enough; those whose secret fits nothing are left out.",
            ),
            Field("password", BOOL, "True when a password that the server keeps is one of the ways in."),
            Field("passwordless", BOOL, "True when one of the ways in takes a password that is empty."),
            Field("expired", BOOL, "True when its password has been expired by hand."),
            Field(
                "password_changed",
                TIME,
                "When its password was set; absent when the server did not note it or it was expired by hand.",
            ),
            Field(
                "password_lifetime",
                INT,
                "Days until its password must be changed, its own or the server's setting; absent when it never must.",
            ),
            Field(
                "tls",
                enum("none", "any", "x509", "specified"),
                "What it demands of the connection: `any` is encryption, `x509` a certificate of the client, `specified` certain names or ciphers.",
            ),
            Field("client_certificate", BOOL, "True when it cannot log in without a certificate of the client."),
            Field("connections", INT, "Most sessions at a time, its own or the server's limit; absent for no limit."),
            Field(
                "privileges",
                TEXTS,
                "Privileges on everything (*.*), of its own, of its roles and of PUBLIC; `GRANT OPTION` among them.",
            ),
            Field("roles", TEXTS, "Roles that it may take on, those within roles included."),
        ),
        example={
            "account": "app@10.0.0.%",
            "user": "app",
            "host": "10.0.0.%",
            "any_host": False,
            "locked": False,
            "plugins": ["ed25519"],
            "tls": "x509",
            "privileges": [],
        },
    ),
    FactSpec(
        name="mariadb.grant",
        says="What accounts may do where: a row for each object and way by which the privileges come.",
        shape=Shape.LIST,
        platforms=("mariadb",),
        keys=("account", "object", "via"),
        needs=(ACCOUNTS, ROLES, *GRANTS),
        fields=(
            Field("account", TEXT, "The account as `user@host`, or `PUBLIC` for every account."),
            Field("via", TEXT, "Role through which it has them; empty for the account's own."),
            Field(
                "level", enum("global", "database", "table", "column", "routine", "proxy"), "How far the grant reaches."
            ),
            Field("object", TEXT, "What it is on: `*.*`, `sky.*`, `sky.target`, `sky.target.ra` …"),
            Field("privileges", TEXTS, "The privileges, in capital letters; `GRANT OPTION` among them."),
            Field(
                "system",
                BOOL,
                "True when the object is, or a pattern fits, the database mysql, where accounts are kept.",
            ),
            Field("locked", BOOL, "True when the account cannot log in."),
        ),
        example={
            "account": "app@10.0.0.%",
            "via": "",
            "level": "database",
            "object": "sky.*",
            "privileges": ["SELECT", "INSERT"],
            "system": False,
        },
    ),
)
