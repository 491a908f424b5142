"""Facts about the start-up options and run-time parameters of a MongoDB server."""

from __future__ import annotations

from scanner.facts.mongodb.needs import AUDIT, MONITOR
from scanner.model.fact import BOOL, INT, TEXT, TEXTS, FactSpec, Field, Parameter, Shape, enum

_VALUES = (
    Field("value", TEXT, "Value; switches are `true` or `false`; absent when there is none."),
    Field("enabled", BOOL, "The value of a switch; absent for values of other types."),
    Field("number", INT, "The value of a whole number; absent for values of other types."),
    Field("items", TEXTS, "The value split at commas, or the items of a list; absent when there is none."),
)

SPECS = (
    FactSpec(
        name="mongodb.option",
        says="A start-up option as it is in force: as configuration file and command line give it, else the default of the version.",
        shape=Shape.LOOKUP,
        platforms=("mongodb",),
        keys=("name",),
        parameters=(Parameter("name", TEXT, "Full name in the configuration file, such as `net.tls.mode`."),),
        needs=(MONITOR,),
        fields=(
            Field("name", TEXT, "Full name of the option."),
            Field("present", BOOL, "True when it has a value, given or by default."),
            *_VALUES,
            Field("given", BOOL, "True when the file or the command line gives it, false for a default."),
        ),
        example={"name": "net.tls.mode", "present": True, "value": "requireTLS", "given": True},
    ),
    FactSpec(
        name="mongodb.parameter",
        says="A run-time parameter as the server holds it.",
        shape=Shape.LOOKUP,
        platforms=("mongodb",),
        keys=("name",),
        parameters=(Parameter("name", TEXT, "Name of the parameter, such as `enableLocalhostAuthBypass`."),),
        needs=(MONITOR,),
        fields=(
            Field("name", TEXT, "Name of the parameter."),
            Field("present", BOOL, "False when the server has no such parameter."),
            *_VALUES,
        ),
        example={"name": "enableLocalhostAuthBypass", "present": True, "value": "true", "enabled": True},
    ),
    FactSpec(
        name="mongodb.audit",
        says="What the server audits: where to, and which events pass its filter.",
        shape=Shape.ONE,
        platforms=("mongodb",),
        needs=(MONITOR, AUDIT),
        fields=(
            Field("destination", TEXT, "`file`, `syslog` or `console`; absent when nothing is audited."),
            Field(
                "source", enum("start-up", "run time"), "Where the filter comes from; absent when nothing is audited."
            ),
            Field("filter", TEXT, "The filter as JSON; absent when every event is recorded."),
            Field("unfiltered", BOOL, "True when every event is recorded."),
            Field(
                "events",
                TEXTS,
                "Event types that pass; absent when every event does, unknown where the filter looks at more than the type.",
            ),
            Field(
                "successful_access",
                BOOL,
                "True when successful reads and writes are audited too (auditAuthorizationSuccess).",
            ),
        ),
        example={
            "destination": "file",
            "source": "start-up",
            "filter": '{"atype": {"$in": ["authenticate", "createUser"]}}',
            "unfiltered": False,
            "events": ["authenticate", "createUser"],
        },
    ),
)
