"""AppArmor on Linux hosts."""

from __future__ import annotations

from scanner.model.fact import INT, ROOT, TEXT, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="linux.apparmor_process",
        says="Running programs that AppArmor confines, and those that it would confine had they been started after their profile was loaded; empty where the kernel runs without AppArmor.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("program", "label"),
        needs=(ROOT,),
        fields=(
            Field("program", TEXT, "Path of the running program."),
            Field("label", TEXT, "Profile that confines it, or `unconfined`."),
            Field(
                "mode",
                TEXT,
                "Mode of that profile: `enforce`, `complain`, `kill`, `prompt` or `unconfined`; absent for a program that is not confined at all.",
            ),
            Field("profile", TEXT, "Loaded profile that is meant for programs of this path; absent for none."),
            Field("processes", INT, "How many processes this is said of."),
        ),
        example={
            "program": "/usr/sbin/chronyd",
            "label": "/usr/sbin/chronyd",
            "mode": "enforce",
            "profile": "/usr/sbin/chronyd",
            "processes": 2,
        },
    ),
)
