"""PAM of Linux hosts as configured: modules as they are reached, and settings of their files."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, TEXTS, FactSpec, Field, Kind, Shape, Type, enum

KINDS = ("auth", "account", "password", "session")
_INTS = Type(Kind.INT, many=True)
_INPUT = "Derived facts such as linux.pam_unix and linux.pam_faillock are computed from it."

SPECS = (
    FactSpec(
        name="linux.pam_module",
        says="Modules of the PAM stacks of every service, in order, after all inclusions. Parts that are only included (`common-*`) and left-over copies of files are no services. Where a stack cannot be built or read, one row with order 0 says why.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("service", "type", "order"),
        fields=(
            Field("service", TEXT, "Name of the service, such as `sshd`."),
            Field("type", enum(*KINDS), "Type of the stack."),
            Field("order", INT, "Place in the stack, from 1; 0 for a stack that is not known."),
            Field(
                "module",
                TEXT,
                "Name such as `pam_unix`; the path as written for a module outside of the system's folders.",
            ),
            Field("control", TEXT, "Control as written, such as `required` or `[success=1 default=ignore]`."),
            Field("arguments", TEXTS, "Arguments of the module, in order."),
            Field("installed", BOOL, "True when the module's file exists; a gap for one in a folder of its own."),
            Field(
                "reached",
                enum("always", "conditional", "never"),
                "`always` when the stack cannot succeed without this module; `conditional` when it can; `never` when no run comes here. Root at pam_rootok does not count: root needs no password anyway.",
            ),
            Field(
                "bypassed_by", TEXTS, "Modules whose answer lets the stack succeed without this one; empty for none."
            ),
            Field(
                "overridden_by",
                TEXTS,
                "Modules that turn this one's refusal into success; its own name where its control lets the refusal count for nothing; empty when a refusal decides.",
            ),
            Field(
                "catches",
                _INTS,
                "Of auth stacks: orders of earlier modules after whose refusal every way to failure leads through this one.",
            ),
            Field("path", TEXT, "File that holds the module's line."),
            Field("line", INT, "Number of the line in that file."),
        ),
        example={
            "service": "sshd",
            "type": "auth",
            "order": 1,
            "module": "pam_unix",
            "control": "[success=1 default=ignore]",
            "arguments": ["nullok"],
            "installed": True,
            "reached": "always",
            "bypassed_by": [],
            "overridden_by": [],
            "catches": [],
            "path": "/etc/pam.d/common-auth",
            "line": 17,
        },
        unused=_INPUT,
    ),
    FactSpec(
        name="linux.pam_setting",
        says="Settings in the files of pam_pwquality, pam_faillock and pam_pwhistory, also in those that `conf=` names. Line 0 stands for a file that could not be used.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("reader", "path", "line"),
        fields=(
            Field("reader", enum("pwquality", "faillock", "pwhistory"), "The module that reads the file."),
            Field("name", TEXT, "Name of the setting; lower case where its reader takes any case."),
            Field("value", TEXT, "Value; empty when there is none."),
            Field("path", TEXT, "File that holds the setting."),
            Field("line", INT, "Number of the line in that file."),
            Field(
                "counts",
                BOOL,
                "True when this one of its name is in force: for pwquality the last (drop-ins come first, the main file last, and nothing after a line that cannot be read), for faillock the last, for pwhistory the first. False for pwhistory where the installed module knows no such file.",
            ),
        ),
        example={
            "reader": "pwquality",
            "name": "minlen",
            "value": "14",
            "path": "/etc/security/pwquality.conf.d/50-length.conf",
            "line": 1,
            "counts": True,
        },
        unused=_INPUT,
    ),
)
