"""Running processes of Linux hosts."""

from __future__ import annotations

from scanner.model.fact import INT, TEXT, FactSpec, Field, Parameter, Shape

SPECS = (
    FactSpec(
        name="linux.process",
        says="As whom the processes of a name run, one row per user; empty where none runs.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("name", "uid"),
        parameters=(Parameter("name", TEXT, "Name of the process as the kernel has it, at most 15 characters."),),
        fields=(
            Field("name", TEXT, "Name of the process."),
            Field("uid", INT, "Numeric id of the effective user."),
            Field("user", TEXT, "Name of the effective user; absent when the id has none."),
            Field("processes", INT, "How many processes run as that user."),
        ),
        example={"name": "chronyd", "uid": 104, "user": "_chrony", "processes": 2},
    ),
)
