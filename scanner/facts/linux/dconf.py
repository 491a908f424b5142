"""Settings of GNOME and its display manager as dconf gives them."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, FactSpec, Field, Parameter, Shape

SPECS = (
    FactSpec(
        name="linux.dconf_key",
        says="The default of a key in a dconf profile: compiled databases in the order of the profile (dconf(7)), then the schema; what users store for themselves is left out.",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("profile", "key"),
        parameters=(
            Parameter("profile", TEXT, "Profile such as `user` for desktop sessions or `gdm` for the login screen."),
            Parameter("key", TEXT, "Path of the key, such as `/org/gnome/desktop/session/idle-delay`."),
        ),
        fields=(
            Field("profile", TEXT, "Profile as asked."),
            Field("key", TEXT, "Path of the key as asked."),
            Field("present", BOOL, "True when a database or an installed schema gives the key a value."),
            Field(
                "value",
                TEXT,
                "The value: texts without quotes, numbers without their type; absent when there is none.",
            ),
            Field("number", INT, "The value where it is a whole number; absent where it is not."),
            Field("locked", BOOL, "True when a lock of the profile keeps users from storing a value of their own."),
            Field("source", TEXT, "Database that gives the value, or `schema`; absent without a value."),
            Field(
                "pending",
                BOOL,
                "True when key files of the profile were changed after their database was compiled, so that the next `dconf update` may give another value.",
            ),
        ),
        example={
            "profile": "user",
            "key": "/org/gnome/desktop/session/idle-delay",
            "present": True,
            "value": "900",
            "number": 900,
            "locked": True,
            "source": "/etc/dconf/db/local",
            "pending": False,
        },
    ),
)
