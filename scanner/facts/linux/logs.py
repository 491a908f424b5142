"""Log files of Linux hosts."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, MODE, ROOT, TEXT, TEXTS, FactSpec, Field, Shape, enum

LOG_KINDS = ("login_record", "cloud", "system", "sssd", "gdm", "journal", "other")

SPECS = (
    FactSpec(
        name="linux.log_file",
        says="Every file below /var/log, those behind symbolic links too, with what kind of log it is by its name and who can reach it.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path",),
        needs=(ROOT,),
        fields=(
            Field("path", TEXT, "Path; bytes that are not UTF-8 and control characters are shown as \\xNN."),
            Field(
                "kind",
                enum(*LOG_KINDS),
                "`login_record` (lastlog, wtmp, btmp, README), `cloud` (cloud-init.log, localmessages, waagent.log), `system` (auth.log, secure, syslog, messages), `sssd` and `gdm` (in directories of that name), `journal` (*.journal), else `other`; rotated ones count as what they were.",
            ),
            Field("mode", MODE, "Permission bits."),
            Field("owner", TEXT, "Name of the owner; absent when the id has no name."),
            Field("group", TEXT, "Name of the group; absent when the id has no name."),
            Field("uid", INT, "Numeric owner."),
            Field("gid", INT, "Numeric group."),
            Field(
                "owner_login", BOOL, "True when the owner has a login shell; absent for an id without a local account."
            ),
            Field("group_logins", TEXTS, "Local accounts with a login shell in that group, root left out."),
        ),
        example={"path": "/var/log/auth.log", "kind": "system", "mode": "0640", "owner": "syslog", "group": "adm"},
    ),
)
