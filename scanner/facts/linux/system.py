"""What kind of system a Linux host is."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, TEXTS, VERSION, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="linux.system",
        says="The distribution, kernel and init system of the host.",
        shape=Shape.ONE,
        platforms=("linux",),
        fields=(
            Field("distribution", TEXT, "`ID` of os-release(5), such as `ubuntu` or `debian`."),
            Field("version", VERSION, "`VERSION_ID` of os-release(5), such as `24.04`; absent on rolling releases."),
            Field("codename", TEXT, "`VERSION_CODENAME` of os-release(5)."),
            Field("name", TEXT, "`PRETTY_NAME` of os-release(5)."),
            Field("like", TEXTS, "`ID_LIKE` of os-release(5), the families the distribution belongs to."),
            Field("kernel", TEXT, "Release of the running kernel, as `uname -r` prints it."),
            Field("architecture", TEXT, "Machine name, as `uname -m` prints it."),
            Field("hostname", TEXT, "Node name, as `uname -n` prints it."),
            Field(
                "container",
                TEXT,
                "Kind of container the host is (`docker`, `lxc`, `systemd-nspawn` …; `container-other` for one that hides its kind, `chroot` for a root directory that is not that of process 1, or without /proc); absent on none. Kernel, boot loader and clock are those of another system there.",
            ),
            Field("systemd", BOOL, "Whether systemd is the running init system (sd_booted(3))."),
        ),
        example={"distribution": "ubuntu", "version": "24.04", "codename": "noble", "systemd": True},
    ),
)
