"""Facts about the Linux host that a backup server runs on."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Input, Shape

RSYSLOG, UPLOAD = "rsyslog.service", "systemd-journal-upload.service"
JOURNALD, UPLOADING = "/etc/systemd/journald.conf", "/etc/systemd/journal-upload.conf"

SPECS = (
    FactSpec(
        name="backup.log_forwarding",
        says="Whether the logs of the host that a backup server runs on are sent to another host.",
        shape=Shape.ONE,
        platforms=("pbs", "pve"),
        inputs=(
            Input("linux.system"),
            Input("linux.unit", fixed={"name": RSYSLOG}),
            Input("linux.unit", fixed={"name": UPLOAD}),
            Input("linux.rsyslog_action"),
            Input("linux.rsyslog_facility"),
            Input("linux.file_line", fixed={"path": JOURNALD, "drop_ins": f"{JOURNALD}.d/*.conf", "style": "equals"}),
            Input("linux.file_line", fixed={"path": UPLOADING, "drop_ins": f"{UPLOADING}.d/*.conf", "style": "equals"}),
            Input("linux.network_address"),
        ),
        fields=(
            Field("service", TEXT, "`rsyslog` or `systemd-journal-upload`, whichever sends; absent when neither does."),
            Field("running", BOOL, "True when it runs, and starts at boot; absent when neither does."),
            Field("targets", TEXTS, "Other hosts that it sends to; the host itself does not count."),
            Field("facilities", TEXTS, "Facilities of which messages surely get there; all of them from the journal."),
        ),
        example={
            "service": "rsyslog",
            "running": True,
            "targets": ["logs.example.org"],
            "facilities": ["auth", "daemon"],
        },
    ),
)
