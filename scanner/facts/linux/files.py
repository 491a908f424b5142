"""Files of Linux hosts: named ones, globs, and the one walk."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, MODE, ROOT, SIZE, TEXT, TIME, FactSpec, Field, Input, Parameter, Shape, enum

_STAT = (
    Field("path", TEXT, "Path."),
    Field(
        "kind",
        enum("file", "directory", "symlink", "socket", "fifo", "block", "character"),
        "Kind of the file after symbolic links are followed; absent when it does not exist.",
    ),
    Field("mode", MODE, "Permission bits, four octal digits."),
    Field("owner", TEXT, "Name of the owner; absent when the id has no name."),
    Field("group", TEXT, "Name of the group; absent when the id has no name."),
    Field("uid", INT, "Numeric owner."),
    Field("gid", INT, "Numeric group."),
    Field("size", SIZE, "Size in bytes."),
    Field("modified", TIME, "Time of the last change of content."),
)

WALK_CLASSES = (
    "world_writable_file",
    "world_writable_directory",
    "unowned",
    "setuid",
    "setgid",
)

SPECS = (
    FactSpec(
        name="linux.file",
        says="Owner, mode and kind of a named file, symbolic links followed (stat(1)).",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("path",),
        parameters=(Parameter("path", TEXT, "Absolute path."),),
        fields=(*_STAT, Field("present", BOOL, "True when the file exists.")),
        example={
            "path": "/etc/shadow",
            "present": True,
            "kind": "file",
            "mode": "0640",
            "owner": "root",
            "group": "shadow",
        },
    ),
    FactSpec(
        name="linux.file_glob",
        says="Owner, mode and kind of every file that a pattern names, symbolic links followed.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path",),
        parameters=(
            Parameter(
                "pattern", TEXT, "Absolute path with `*`, `?` or `[…]`; `*` does not match `/` or a leading dot."
            ),
        ),
        fields=_STAT,
        example={"path": "/etc/ssh/ssh_host_rsa_key", "kind": "file", "mode": "0600", "owner": "root", "group": "root"},
    ),
    FactSpec(
        name="linux.file_walk",
        says="Files that stand out anywhere on local file systems, found by one find(1) for all rules.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path",),
        needs=(ROOT,),
        parameters=(Parameter("class", enum(*WALK_CLASSES), "What makes the files stand out."),),
        fields=(
            Field("path", TEXT, "Path; bytes that are not UTF-8 are shown as \\xNN."),
            Field(
                "class",
                enum(*WALK_CLASSES),
                "What makes the file stand out: world_writable_directory lacks the sticky bit, unowned has a uid or gid without a name.",
            ),
            Field("mode", MODE, "Permission bits."),
            Field("uid", INT, "Numeric owner."),
            Field("gid", INT, "Numeric group."),
            Field("filesystem", TEXT, "Type of the file system it lies on."),
            Field(
                "set_id_ignored",
                BOOL,
                "True when every mount of that file system has `nosuid` or `noexec`, so that no program on it runs with another's rights.",
            ),
        ),
        example={"path": "/usr/bin/sudo", "class": "setuid", "mode": "4755", "uid": 0, "gid": 0, "filesystem": "ext4"},
    ),
    FactSpec(
        name="linux.packaged_set_id",
        says="Set-user-id and set-group-id programs that packages brought (file lists, digests and mode overrides of dpkg(1)).",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path",),
        fields=(
            Field("path", TEXT, "Path of the program, symbolic links on the way resolved."),
            Field("package", TEXT, "Package that brought it."),
            Field(
                "intact",
                BOOL,
                "True when its content is what the package brought (MD5, as dpkg records it); absent when the package recorded no digest.",
            ),
            Field("override", MODE, "Mode that dpkg-statoverride(1) sets; absent without one."),
        ),
        example={"path": "/usr/bin/sudo", "package": "sudo", "intact": True},
        unused="linux.set_id_program joins it with the walk.",
    ),
    FactSpec(
        name="linux.set_id_program",
        says="Every set-user-id and set-group-id program of local file systems, with the package that it belongs to.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path",),
        inputs=(
            Input("linux.file_walk", fixed={"class": "setuid"}),
            Input("linux.file_walk", fixed={"class": "setgid"}),
            Input("linux.packaged_set_id"),
        ),
        fields=(
            Field("path", TEXT, "Path of the program."),
            Field("mode", MODE, "Permission bits."),
            Field("uid", INT, "Numeric owner."),
            Field("gid", INT, "Numeric group."),
            Field("set_id_ignored", BOOL, "True when its file system ignores these bits or runs no programs."),
            Field("package", TEXT, "Package that brought it; absent when none did."),
            Field(
                "intact",
                BOOL,
                "True when its content is what the package brought; absent without a package or a recorded digest.",
            ),
            Field("override", MODE, "Mode that dpkg-statoverride(1) sets for it; absent without one."),
        ),
        example={"path": "/usr/bin/sudo", "mode": "4755", "package": "sudo", "intact": True},
    ),
)
