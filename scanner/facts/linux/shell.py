"""What login sessions start with: umask, idle time-out, and root's search path."""

from __future__ import annotations

from scanner.model.fact import BOOL, DURATION, INT, MODE, ROOT, TEXT, FactSpec, Field, Shape, enum

_READ = "Startup files are read, never run, for running them as root could change the host: commands are followed through conditions, loops and the files that they read in turn, but for libraries below /usr/share and /usr/lib."

SPECS = (
    FactSpec(
        name="linux.umask_setting",
        says="Everything that sets the umask of sessions: pam_umask (its argument, else login.defs, else /etc/default/login; entries in passwd), /etc/profile with what it reads, /etc/bash.bashrc, and root's own startup files; one row per setting and per kind of user. Where nothing sets it for all login shells there is a row without a file. "
        + _READ,
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("applies_to", "file"),
        needs=(ROOT,),
        fields=(
            Field("applies_to", enum("users", "root"), "Whose sessions it is for."),
            Field("file", TEXT, "File that sets it; absent where nothing does and the parent's umask stays."),
            Field("line", INT, "Line in that file; absent with the file."),
            Field(
                "umask",
                MODE,
                "The umask in force, with the owner's bits in place of the group's where pam_umask does that for users with a group of their own.",
            ),
            Field("grants", MODE, "What a new directory may then allow: 0777 without the umask."),
            Field("conditional", BOOL, "True when it depends on a condition that is not decided here."),
            Field(
                "winning",
                BOOL,
                "True when some kind of session keeps it: a login shell, an interactive one, or (pam_umask) one without a shell.",
            ),
        ),
        example={
            "applies_to": "users",
            "file": "/etc/profile.d/umask.sh",
            "line": 1,
            "umask": "0027",
            "grants": "0750",
            "conditional": False,
            "winning": True,
        },
    ),
    FactSpec(
        name="linux.shell_timeout",
        says="Settings of TMOUT, after which an idle shell ends, in /etc/profile with what it reads and in /etc/bash.bashrc: one row per file. "
        + _READ,
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("file",),
        fields=(
            Field("file", TEXT, "File that sets it."),
            Field("line", INT, "Line of its last setting."),
            Field(
                "timeout",
                DURATION,
                "Idle time, 0 for none; absent when the file takes the variable away, or only marks it.",
            ),
            Field("readonly", BOOL, "True when the file makes it read-only, so that users cannot change it."),
            Field("exported", BOOL, "True when the file exports it to shells that are started later."),
            Field("conditional", BOOL, "True when it depends on a condition that is not decided here."),
        ),
        example={
            "file": "/etc/profile.d/tmout.sh",
            "line": 1,
            "timeout": 900,
            "readonly": True,
            "exported": True,
            "conditional": False,
        },
    ),
    FactSpec(
        name="linux.root_path_entry",
        says="Directories of the search paths that root may get at login: ENV_SUPATH of login.defs, /etc/environment, secure_path of sudo, /etc/profile with what it reads, and root's own startup files; one row per place and entry. "
        + _READ,
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("file", "entry"),
        needs=(ROOT,),
        fields=(
            Field("file", TEXT, "File that sets the path."),
            Field("line", INT, "Line in that file."),
            Field(
                "entry",
                TEXT,
                "The entry, with root's home in place of `~` and `$HOME`; empty for the current directory; one that does not begin with a slash may be shown as `_`.",
            ),
            Field("absolute", BOOL, "True when it begins with a slash; a gap where it depends on an unknown variable."),
            Field("directory", BOOL, "True when it is a directory that exists; absent when it is not absolute."),
            Field("owner", TEXT, "Name of the directory's owner; absent when there is none."),
            Field("uid", INT, "Numeric id of the owner; absent when there is no directory."),
            Field("mode", MODE, "Permission bits; absent when there is no directory."),
        ),
        example={
            "file": "/etc/login.defs",
            "line": 102,
            "entry": "/usr/sbin",
            "absolute": True,
            "directory": True,
            "owner": "root",
            "uid": 0,
            "mode": "0755",
        },
    ),
)
