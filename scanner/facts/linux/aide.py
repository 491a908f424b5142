"""AIDE: which files it compares, and how."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Parameter, Shape

SPECS = (
    FactSpec(
        name="linux.aide_selection",
        says="Whether AIDE compares a file, and by which attributes: what its rules come to after includes, macros, groups and the order of selection (`aide --dry-init`; it reads the configuration as each check does, and no database).",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("path",),
        parameters=(Parameter("path", TEXT, "Absolute path without symbolic links: AIDE does not follow them."),),
        fields=(
            Field("path", TEXT, "Path of the file."),
            Field("present", BOOL, "True when the file exists."),
            Field("selected", BOOL, "True when AIDE compares it; false too when AIDE is not installed."),
            Field(
                "attributes",
                TEXTS,
                "Attributes that are compared, such as `p`, `n`, `acl`, `sha512`; absent when it is not selected.",
            ),
            Field("rule", TEXT, "The rule that decides, with its file and line; absent when none does."),
        ),
        example={
            "path": "/usr/sbin/auditctl",
            "present": True,
            "selected": True,
            "attributes": ["p", "u", "g", "acl", "sha512"],
            "rule": "/etc/aide/aide.conf.d/99_aide_root:3: '/ 0 Full'",
        },
    ),
)
