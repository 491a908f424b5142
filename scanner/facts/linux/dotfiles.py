"""Dot files in home directories."""

from __future__ import annotations

from scanner.model.fact import BOOL, MODE, ROOT, TEXT, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="linux.dot_file",
        says="Files whose names begin with a dot, directly in the home directories of accounts that can log in; symbolic links are followed, and what they lead to counts. Directories, devices and sockets are left out, but for the names that let others in. A home that may not be listed makes the list incomplete, one that does not exist does not.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("user", "path"),
        needs=(ROOT,),
        fields=(
            Field("user", TEXT, "Login name of the account."),
            Field("path", TEXT, r"Path of the file; control characters are shown as `\xNN`."),
            Field(
                "kind",
                enum("forward", "rhosts", "netrc", "history", "other"),
                "What it is for: `.forward`; `.rhosts`, `.shosts` and `.rhost`; `.netrc`; `.bash_history`; all else.",
            ),
            Field("mode", MODE, "Permission bits; absent for a link that leads nowhere."),
            Field("owner", TEXT, "Name of the owner; absent when the id has none, or for a link that leads nowhere."),
            Field("owned", BOOL, "True when the account owns it; absent for a link that leads nowhere."),
            Field(
                "group_owned",
                BOOL,
                "True when its group is the account's primary one; absent for a link that leads nowhere.",
            ),
        ),
        example={
            "user": "ada",
            "path": "/home/ada/.bashrc",
            "kind": "other",
            "mode": "0644",
            "owner": "ada",
            "owned": True,
            "group_owned": True,
        },
    ),
)
