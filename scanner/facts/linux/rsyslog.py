"""What rsyslog does with messages."""

from __future__ import annotations

from scanner.model.fact import INT, TEXT, TEXTS, FactSpec, Field, Input, Shape, enum

FACILITIES = (
    *("auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp"),
    *(f"local{number}" for number in range(8)),
)
"""Names of the facilities that programs log with (syslog(3))."""

SPECS = (
    FactSpec(
        name="linux.rsyslog_action",
        says="Actions of rsyslog.conf(5) and of all files it includes, in the old and the new syntax, in the order of reading; empty where /etc/rsyslog.conf does not exist. Passwords are cut on the host.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path", "line", "target"),
        fields=(
            Field(
                "selector",
                TEXT,
                "Selector or expression that chooses the messages; `*.*` for an action that stands alone.",
            ),
            Field(
                "facilities",
                TEXTS,
                "Facilities of which messages surely reach it; empty where an expression decides.",
            ),
            Field(
                "kind",
                enum("file", "forward", "user", "program", "discard", "other"),
                "What becomes of them: written to a file or pipe, sent to a host, shown to users, given to a program, thrown away, or something else.",
            ),
            Field("target", TEXT, "File, host, users or program; empty for none."),
            Field(
                "protocol",
                TEXT,
                "`udp`, `tcp` or `relp` of a forward; absent for others.",
            ),
            Field("path", TEXT, "File that holds the action."),
            Field("line", INT, "Number of the line where its statement begins."),
        ),
        example={
            "selector": "*.*",
            "facilities": ["auth", "authpriv", "cron"],
            "kind": "forward",
            "target": "logs.example.org",
            "protocol": "tcp",
            "path": "/etc/rsyslog.d/60-forward.conf",
            "line": 1,
        },
    ),
    FactSpec(
        name="linux.rsyslog_facility",
        says="Where messages of each facility are kept or sent; empty where rsyslog has no configuration.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("facility",),
        inputs=(Input("linux.rsyslog_action"),),
        fields=(
            Field("facility", TEXT, "Name of the facility, such as `authpriv`."),
            Field(
                "targets",
                TEXTS,
                "Files and hosts that surely get messages of it, before a rule throws the rest away; empty for none.",
            ),
        ),
        example={"facility": "authpriv", "targets": ["/var/log/auth.log"]},
    ),
)
