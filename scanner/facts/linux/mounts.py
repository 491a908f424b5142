"""Mounted file systems of Linux hosts."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Parameter, Shape

SPECS = (
    FactSpec(
        name="linux.mount",
        says="A mount point now (topmost mount in /proc/self/mountinfo) and at the next boot (fstab(5) and systemd mount units).",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("path",),
        parameters=(Parameter("path", TEXT, "Mount point, such as `/tmp`."),),
        fields=(
            Field("path", TEXT, "Mount point."),
            Field("present", BOOL, "True when something is mounted exactly there now."),
            Field("source", TEXT, "Device or file system mounted; absent when nothing is."),
            Field("filesystem", TEXT, "Type of the file system; absent when nothing is mounted."),
            Field(
                "options",
                TEXTS,
                "Options in force now, of the mount and its file system; absent when nothing is mounted.",
            ),
            Field(
                "persistent",
                BOOL,
                "True when fstab, an enabled or wanted mount unit, or the init system itself mounts it at boot.",
            ),
            Field(
                "persistent_options",
                TEXTS,
                "Options of that persistent source, of opposite ones the later, with those that `user` and the like imply; absent without one.",
            ),
            Field(
                "persistent_source",
                TEXT,
                "`/etc/fstab:LINE`, path of the mount unit, `systemd` for its built-in mounts, or `kernel` for a root without a line; absent without one.",
            ),
        ),
        example={
            "path": "/tmp",
            "present": True,
            "filesystem": "tmpfs",
            "options": ["rw", "nosuid", "nodev", "noexec"],
            "persistent": True,
        },
    ),
)
