"""Time synchronisation of Linux hosts."""

from __future__ import annotations

from scanner.model.fact import INT, TEXT, FactSpec, Field, Input, Shape, enum

SPECS = (
    FactSpec(
        name="linux.chrony_directive",
        says="Directives of chrony.conf(5) in the order in which chronyd reads them, with included files, drop-ins and source files; empty where /etc/chrony/chrony.conf does not exist.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path", "line"),
        fields=(
            Field("name", TEXT, "Name of the directive in lower case."),
            Field("argument", TEXT, "First word after it, such as the name of a server; absent for none."),
            Field("options", TEXT, "The other words; absent for none."),
            Field("path", TEXT, "File that holds the line."),
            Field("line", INT, "Number of the line in that file."),
        ),
        example={
            "name": "pool",
            "argument": "time.example.org",
            "options": "iburst maxsources 4",
            "path": "/etc/chrony/sources.d/site.sources",
            "line": 1,
        },
    ),
    FactSpec(
        name="linux.timesyncd_server",
        says="Time servers that systemd-timesyncd is told: by NTP= and FallbackNTP= of timesyncd.conf(5) with all drop-ins, and by networks that systemd-networkd joined. The fallback that is compiled in is left out.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("kind", "name"),
        inputs=(
            Input(
                "linux.file_line",
                fixed={
                    "path": "/etc/systemd/timesyncd.conf",
                    "drop_ins": "/etc/systemd/timesyncd.conf.d/*.conf",
                    "style": "equals",
                },
            ),
            Input("linux.file_line", fixed={"path": "/run/systemd/netif/state", "style": "equals"}),
        ),
        fields=(
            Field(
                "kind",
                enum("server", "fallback", "link"),
                "`server` for NTP=, `fallback` for FallbackNTP=, which counts only without others, `link` for a server that a network named.",
            ),
            Field("name", TEXT, "Name or address of the server."),
        ),
        example={"kind": "server", "name": "time.example.org"},
    ),
)
