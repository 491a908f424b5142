"""Directives of configuration files with their drop-ins."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, FactSpec, Field, Parameter, Shape, enum

SPECS = (
    FactSpec(
        name="linux.file_line",
        says="Directives of a configuration file and its drop-ins in the order in which they are read; comments and blank lines left out. Below /etc/systemd the drop-ins of /run, /usr/local/lib and /usr/lib are read too, a file of the same name in an earlier place masking the later ones, as systemd does.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path", "line"),
        parameters=(
            Parameter(
                "path",
                TEXT,
                "Main file; it may be missing when drop-ins or defaults serve. Below /etc/systemd and with drop-ins given, the first of /etc, /run, /usr/local/lib and /usr/lib that has it serves.",
            ),
            Parameter(
                "drop_ins",
                TEXT,
                "Glob of drop-ins such as `/etc/systemd/journald.conf.d/*.conf`, read after the main file in order of their names; wildcards in the last part only.",
                required=False,
            ),
            Parameter(
                "style",
                enum("equals", "space", "plain"),
                "How a line is split: `name = value` (with sections, `;` comments and backslash continuation as in systemd.syntax(7)), `name value`, or not at all (the line is the name); default space.",
                required=False,
            ),
        ),
        fields=(
            Field("name", TEXT, "Name of the directive as written."),
            Field("value", TEXT, "Value with surrounding blanks and quotes removed; absent when the line has none."),
            Field("section", TEXT, "Section `[…]` that the line stands in; absent outside of one."),
            Field("path", TEXT, "File that holds the line."),
            Field("line", INT, "Number of the line in that file."),
            Field(
                "winning",
                BOOL,
                "True when no later line of the same section and name follows; a gap where a file that could hold one was not read.",
            ),
        ),
        example={"name": "PASS_MAX_DAYS", "value": "365", "path": "/etc/login.defs", "line": 165, "winning": True},
    ),
)
