"""Units of systemd."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, TEXTS, TIME, FactSpec, Field, Parameter, Shape

SPECS = (
    FactSpec(
        name="linux.unit",
        says="State of a systemd unit after its fragments and drop-ins are merged (systemctl show).",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("name",),
        parameters=(Parameter("name", TEXT, "Full name of the unit, such as `ssh.service`."),),
        fields=(
            Field("name", TEXT, "Full name of the unit as it was asked."),
            Field("present", BOOL, "True when a unit file or a generated unit of that name exists, masked or not."),
            Field(
                "active",
                BOOL,
                "True when the unit is active, reloading or activating now; unknown where systemd does not run.",
            ),
            Field("active_state", TEXT, "`active`, `inactive`, `failed` …; unknown where systemd does not run."),
            Field(
                "enabled",
                BOOL,
                "True when the unit starts at boot by itself, is pulled in by another (enabled, enabled-runtime, alias, static when wanted), or waits behind a socket, timer or path that is active or enabled.",
            ),
            Field(
                "enabled_state",
                TEXT,
                "What `systemctl is-enabled` says: `enabled`, `disabled`, `masked`, `static`, `generated` …; absent when the unit does not exist.",
            ),
            Field("masked", BOOL, "True when the unit is linked to /dev/null."),
            Field("fragment", TEXT, "Path of the unit file in force; absent when it does not exist."),
            Field("triggered_by", TEXTS, "Sockets, timers and paths that can start the unit."),
        ),
        example={"name": "ssh.service", "present": True, "active": True, "enabled": True, "masked": False},
    ),
    FactSpec(
        name="linux.unit_run",
        says="How the main process of a service last ended, as systemd remembers it since the boot (systemctl show).",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("name",),
        parameters=(Parameter("name", TEXT, "Full name of a service, such as `dailyaidecheck.service`."),),
        fields=(
            Field("name", TEXT, "Full name of the service as it was asked."),
            Field("present", BOOL, "True when the unit exists."),
            Field("result", TEXT, "`success`, `exit-code`, `timeout` …; absent when it did not run since the boot."),
            Field("exit_status", INT, "Exit status; absent when it did not end since the boot."),
            Field("finished", TIME, "When it ended; absent when it did not end since the boot."),
        ),
        example={"name": "dailyaidecheck.service", "present": True, "result": "success", "exit_status": 0},
    ),
)
