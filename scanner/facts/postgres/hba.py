"""Who may connect to a PostgreSQL server from where, and how they must prove who they are."""

from __future__ import annotations

from scanner.model.fact import (
    ADDRESS,
    BOOL,
    INT,
    MAP,
    TEXT,
    TEXTS,
    TIME,
    FactSpec,
    Field,
    Input,
    Kind,
    Need,
    Shape,
    Type,
    enum,
)

TYPES = ("local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc")
CHANNELS = ("local", "plain", "tls", "gss")

_WHY = "the view is for superusers until SELECT on it and EXECUTE on its function are granted"
_HBA = Need("grant", "pg_hba_file_rules", _WHY)
_IDENT = Need("grant", "pg_ident_file_mappings", _WHY)
_ON_DISK = "The file as it lies on disk, which is not what runs when it was changed after the last reload."

_PLACE = (
    Field("path", TEXT, "File that holds it; absent where a server before 16 does not tell the name of its file."),
    Field("line", INT, "Line in that file."),
)
_NUMBERS = (
    Field("position", INT, "Place among all lines, refused ones included, from 1."),
    Field("number", INT, "The server's number of the rule; absent for a line with an error."),
)
_MATCHING = (
    Field("type", enum(*TYPES), "Connections that it is for; absent for a refused line."),
    Field("databases", TEXTS, "Databases as written, without quotes; absent for a refused line."),
    Field("users", TEXTS, "Roles as written, without quotes: a name, `all`, `+role` for its members, or `/` and a regular expression; absent for a refused line."),
    Field("address", TEXT, "Network in CIDR form, a host name, `.domain`, `all`, `samehost` or `samenet`; absent for `local` and refused lines. A mask with holes stands behind its address."),
    Field("network", ADDRESS, "The address where it is a network; absent otherwise."),
    Field("method", TEXT, "How a client must prove who it is, such as `scram-sha-256`; absent for a refused line."),
    Field("options", MAP, "Options of the method; secrets are cut. Absent for a refused line."),
    Field("error", TEXT, "Why the server refuses the line, or why the rule can never match; absent for a good one. What may quote a secret is cut."),
)  # fmt: skip

SPECS = (
    FactSpec(
        name="postgres.hba_rule",
        says=f"Lines of pg_hba.conf and the files that it includes, in order, as the server reads them. {_ON_DISK}",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("rule",),
        needs=(_HBA,),
        fields=(
            Field("rule", TEXT, "Type, databases, users and address in one text; for a refused line the error."),
            *_NUMBERS,
            *_PLACE,
            *_MATCHING,
            Field(
                "ambiguous",
                TEXTS,
                "Words among databases, users and address that are keywords unless they were quoted in the file, such as `all` or `+staff`: the server's view leaves quotes out.",
            ),
        ),
        example={
            "rule": "hostssl app app 10.0.0.0/8",
            "path": "/etc/postgresql/16/main/pg_hba.conf",
            "line": 97,
            "type": "hostssl",
            "method": "scram-sha-256",
        },
        unused="input of postgres.hba_effective and postgres.hba_state",
    ),
    FactSpec(
        name="postgres.ident_rule",
        says=f"Lines of pg_ident.conf and the files that it includes: which user of the system may become which role. {_ON_DISK}",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("rule",),
        needs=(_IDENT,),
        fields=(
            Field("rule", TEXT, "Map, user and role in one text; for a refused line the error."),
            *_NUMBERS,
            *_PLACE,
            Field("map", TEXT, "Name of the map, as the option `map` of a rule names it; absent for a refused line."),
            Field("system_user", TEXT, "User as the method proved it, or `/` and a regular expression; absent for a refused line."),
            Field("role", TEXT, "Role that it may become, `\\1` standing for what the expression caught; from 16 on also `all`, `+role` or an expression. Absent for a refused line."),
            Field("error", TEXT, "Why the server refuses the line; absent for a good one."),
        ),
        example={"rule": "ops ada postgres", "map": "ops", "system_user": "ada", "role": "postgres", "line": 43},
    ),
    FactSpec(
        name="postgres.hba_state",
        says="pg_hba.conf as a whole: whether the server would take it, and whether it was changed after the last load.",
        shape=Shape.ONE,
        platforms=("postgres",),
        inputs=(Input("postgres.hba_rule"), Input("postgres.server")),
        fields=(
            Field("rules", INT, "Rules that the server takes."),
            Field("refused", INT, "Lines that the server refuses; with one of them, or without any rule, a reload keeps the old rules and a start fails."),
            Field("errors", INT, "Lines with an error: refused ones, and rules that can never match, such as hostssl while TLS is off."),
            Field("loaded_at", TIME, "When the server last loaded its configuration."),
            Field("written_at", TIME, "When the file was last written; a gap without the host behind the server."),
            Field("changed_since_load", BOOL, "True when it was written after it was last loaded, so that other rules run than are seen; a gap where the time of writing is not told."),
        ),
        example={"rules": 7, "refused": 0, "errors": 0, "loaded_at": "2026-11-20T04:00:00Z", "changed_since_load": False},
    ),
    FactSpec(
        name="postgres.hba_effective",
        says="Rules of pg_hba.conf that can decide a connection: in front of them no other rule takes all that they would match. Where a line is refused, or there is no rule at all, the server runs older rules and the list is incomplete.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("rule",),
        inputs=(Input("postgres.hba_rule"), Input("postgres.role")),
        fields=(
            Field("rule", TEXT, "Type, databases, users and address in one text."),
            *_PLACE,
            *_MATCHING,
            Field("position", INT, "Place among all lines, from 1."),
            Field("reachable", BOOL, "True when some connection gets here; a gap where that hangs on whether a word was quoted. Rules that no connection reaches are left out."),
            Field("admits", BOOL, "False when the method is `reject`."),
            Field("channels", Type(Kind.ENUM, many=True, literals=CHANNELS), "How connections that get here come: `local`, `plain`, `tls` or `gss` (encrypted by Kerberos); a gap where that hangs on whether a word was quoted."),
            Field("loopback_only", BOOL, "True when only this host's own addresses match: loopback networks and samehost; false for `local`."),
            Field("plaintext_possible", BOOL, "True when a client from elsewhere gets in without encryption; a gap where that hangs on whether a word was quoted."),
            Field("for_cidr_any", BOOL, "True for `all` and for networks that hold every address of IPv4 or IPv6."),
            Field("all_databases", BOOL, "True when `all` stands among the databases."),
            Field("all_users", BOOL, "True when `all`, or an expression that every name meets, stands among the users."),
            Field("replication", BOOL, "True when `replication` stands among the databases: it lets whole copies of the cluster be taken."),
            Field("superuser_possible", BOOL, "True when a superuser who may log in gets in here; a gap where the roles are not known, or an expression cannot be judged."),
            Field("client_certificate", enum("verify-full", "verify-ca", "none"), "What is asked of a client's certificate."),
        ),
        example={
            "rule": "host all all 0.0.0.0/0",
            "method": "md5",
            "reachable": True,
            "plaintext_possible": True,
            "for_cidr_any": True,
            "superuser_possible": True,
        },
    ),
)  # fmt: skip
