"""What sudo allows to whom, and how it behaves."""

from __future__ import annotations

from scanner.model.fact import BOOL, DURATION, INT, ROOT, TEXT, TEXTS, FactSpec, Field, Shape

_PLACE = (
    Field("file", TEXT, "File that holds it."),
    Field("line", INT, "Line in that file."),
)

SPECS = (
    FactSpec(
        name="linux.sudo_default",
        says="Settings of Defaults lines in sudoers(5), read as sudo reads them: includes followed, lines joined, one row per setting. A file that is not readable, that sudo refuses or ignores for its owner or mode, a line that it does not understand, and rules from a directory service make the list incomplete.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("scope", "name"),
        needs=(ROOT,),
        fields=(
            Field(
                "scope",
                TEXT,
                "`global`, or for whom it holds: `host`, `user`, `runas` or `command`, then the list as written, such as `user ada, !ben`.",
            ),
            Field("name", TEXT, "Name of the setting, such as `use_pty`."),
            Field(
                "value", TEXT, "Value with quotes and escapes removed; absent for a flag and for what is switched off."
            ),
            Field("operator", TEXT, "`=`, `+=` or `-=`; absent for a flag."),
            Field("negated", BOOL, "True when it is switched off with `!`."),
            Field(
                "duration",
                DURATION,
                "The value of timestamp_timeout as a time, 0 when switched off; absent when it is negative, which never ends, and for other settings.",
            ),
            Field(
                "winning",
                BOOL,
                "False when a later global setting of this name replaces it; settings for a command come after all others. A gap where a file is missing that could hold one.",
            ),
            *_PLACE,
        ),
        example={
            "scope": "global",
            "name": "logfile",
            "value": "/var/log/sudo.log",
            "operator": "=",
            "negated": False,
            "winning": True,
            "file": "/etc/sudoers.d/log",
            "line": 1,
        },
    ),
    FactSpec(
        name="linux.sudo_rule",
        says="What sudoers(5) grants: one row per command of a rule, with the tags and run-as lists that it takes over from the commands before it. Incomplete where `linux.sudo_default` is. Rules for other hosts are listed too, for a host has many names.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("who", "hosts", "runas", "command"),
        needs=(ROOT,),
        fields=(
            Field(
                "who", TEXT, "Users and groups as written, separated by commas; `%` before a group, `#` before an id."
            ),
            Field("users", TEXTS, "The same as a list, names of User_Alias replaced by their members."),
            Field("hosts", TEXTS, "Hosts as written."),
            Field(
                "runas",
                TEXT,
                "Users and, after a colon, groups that the command may run as; absent when not named, which means root.",
            ),
            Field("command", TEXT, "Command with its arguments, an alias, or `ALL`; after `!` what is not allowed."),
            Field("nopasswd", BOOL, "True when the rule asks for no password."),
            Field("tags", TEXTS, "All tags in force, such as `NOPASSWD`."),
            *_PLACE,
        ),
        example={
            "who": "%sudo",
            "users": ["%sudo"],
            "hosts": ["ALL"],
            "runas": "ALL:ALL",
            "command": "ALL",
            "nopasswd": False,
            "tags": [],
            "file": "/etc/sudoers",
            "line": 47,
        },
    ),
    FactSpec(
        name="linux.sudo_settings",
        says="How sudo behaves where no setting for a host, user or command says otherwise: the global settings of sudoers(5), else what was compiled in, and held against what `sudo -V` says.",
        shape=Shape.ONE,
        platforms=("linux",),
        needs=(ROOT,),
        fields=(
            Field(
                "installed", BOOL, "True when there is a program sudo; all other fields are absent when there is none."
            ),
            Field("version", TEXT, "Version of sudo."),
            Field("use_pty", BOOL, "True when commands run in a terminal of their own."),
            Field("logfile", TEXT, "File that sudo itself writes its log to; absent for none."),
            Field("authenticate", BOOL, "True when users must prove who they are."),
            Field(
                "timestamp_timeout",
                DURATION,
                "How long a password counts, 0 to be asked each time; absent when it counts without end.",
            ),
        ),
        example={
            "installed": True,
            "version": "1.9.15p5",
            "use_pty": True,
            "logfile": "/var/log/sudo.log",
            "authenticate": True,
            "timestamp_timeout": 900,
        },
    ),
)
