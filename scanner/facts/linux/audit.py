"""The audit system of Linux hosts: rules in the kernel and on disk, and which events they record."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, ROOT, TEXT, TEXTS, FactSpec, Field, Input, Parameter, Shape, enum

SOURCES = ("loaded", "disk")
EVENTS = ("any", "by_users", "denied_access", "denied_permission", "as_another_user", "real_time_clock")

_SIDES = (
    Field(
        "loaded",
        BOOL,
        "True when the running kernel records it: auditing is enabled, a loaded rule covers the event, and no earlier rule leaves it out.",
    ),
    Field("on_disk", BOOL, "True when the rules that the next boot loads will record it."),
    Field("suppressed_by", TEXT, "Rule that leaves such events, or some of them, out; absent when none does."),
)
_EVENTS = Parameter(
    "events",
    enum(*EVENTS),
    "Which of them must be recorded: `any`; `by_users` (login id UID_MIN or above, and set); `denied_access` and `denied_permission` (by users, ended with EACCES or EPERM); `as_another_user` (effective id differs from the real one, login id set); `real_time_clock` (first argument 0).",
)
_RULES = (
    Input("linux.audit_rule", fixed={"source": "loaded"}),
    Input("linux.audit_rule", fixed={"source": "disk"}),
    Input("linux.audit_status"),
    Input("linux.system"),
    Input("linux.login_defs"),
)

SPECS = (
    FactSpec(
        name="linux.audit_rule",
        says="Audit rules in the order in which the kernel tries them: those it holds (auditctl -l), or those that the next boot gives it (augenrules(8) and auditctl -R, replayed with their deletions, duplicates and errors).",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("source", "order"),
        parameters=(
            Parameter(
                "source", enum(*SOURCES), "`loaded` for the running kernel, `disk` for what the next boot loads."
            ),
        ),
        needs=(ROOT,),
        fields=(
            Field("source", enum(*SOURCES), "Which side the rule stands on."),
            Field("order", INT, "Place in the order of trial, from 1."),
            Field("rule", TEXT, "The rule as it is listed or written."),
            Field("place", TEXT, "File and line; absent for loaded rules."),
            Field("refused", TEXT, "Why the next boot does not load it; absent when it is loaded."),
            Field("list", TEXT, "List of the kernel: `exit`, `task`, `user`, `exclude`, `filesystem` or `io_uring`."),
            Field("action", enum("always", "never"), "Whether a match is recorded or left out."),
            Field("arch", TEXT, "`b64` or `b32`; absent when the rule names none."),
            Field("syscalls", TEXTS, "Names or numbers of system calls; `all` for every one."),
            Field(
                "conditions",
                TEXTS,
                "Conditions on fields, such as `auid>=1000`; a login id that is not set is called `unset`.",
            ),
            Field("comparisons", TEXTS, "Comparisons of two fields, such as `euid!=uid`."),
            Field("path", TEXT, "File or directory that is watched; absent without one."),
            Field(
                "real_path",
                TEXT,
                "The same as the kernel finds it, symbolic links on the way resolved; absent without one.",
            ),
            Field("directory", BOOL, "True when a whole directory is watched; absent without a path."),
            Field("permissions", TEXT, "Kinds of access in the order `rwxa`; absent when the rule names none."),
            Field("keys", TEXTS, "Keys that mark its events."),
        ),
        example={
            "source": "loaded",
            "order": 9,
            "rule": "-w /etc/group -p wa -k identity",
            "list": "exit",
            "action": "always",
            "syscalls": ["all"],
            "path": "/etc/group",
            "permissions": "wa",
        },
        unused="Rules ask what the audit rules cover; the rules themselves stand behind that as evidence.",
    ),
    FactSpec(
        name="linux.audit_status",
        says="State of the kernel's audit system (auditctl -s), and what the rules on disk make of it at the next boot.",
        shape=Shape.ONE,
        platforms=("linux",),
        needs=(ROOT,),
        fields=(
            Field("installed", BOOL, "True when auditctl is there."),
            Field("enabled", INT, "0 off, 1 on, 2 locked until the next boot; absent without auditctl."),
            Field("failure", INT, "What a failure does: 0 nothing, 1 a message, 2 a panic; absent without auditctl."),
            Field("pid", INT, "Process that reads the events, 0 for none; absent without auditctl."),
            Field("rate_limit", INT, "Most messages in a second, 0 for no limit; absent without auditctl."),
            Field("backlog_limit", INT, "Most events that wait for the daemon; absent without auditctl."),
            Field("lost", INT, "Events lost since the boot; absent without auditctl."),
            Field("backlog", INT, "Events that wait; absent without auditctl."),
            Field("boot_enabled", INT, "The enabled flag that the rules on disk set last; absent when none does."),
            Field(
                "loader",
                TEXT,
                "What loads the rules at boot: `augenrules`, the file given to `auditctl -R`, or `none`.",
            ),
        ),
        example={"installed": True, "enabled": 2, "pid": 612, "lost": 0, "boot_enabled": 2, "loader": "augenrules"},
    ),
    FactSpec(
        name="linux.audit_watch",
        says="Whether access to a file, or to all below a directory, is recorded on every architecture of the host.",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("path", "permissions", "events"),
        parameters=(
            Parameter("path", TEXT, "Absolute path, as the recommendation names it."),
            Parameter("permissions", TEXT, "Kinds of access that must be recorded: letters of `rwxa`."),
            _EVENTS,
        ),
        inputs=_RULES,
        fields=(
            Field("path", TEXT, "Path."),
            Field("permissions", TEXT, "Kinds of access that must be recorded."),
            Field("events", enum(*EVENTS), "Which of them must be recorded."),
            Field("present", BOOL, "True when a rule on one of the two sides covers it."),
            *_SIDES,
        ),
        example={"path": "/etc/sudoers", "permissions": "wa", "events": "any", "loaded": True, "on_disk": True},
    ),
    FactSpec(
        name="linux.audit_syscall",
        says="System calls on each architecture of the host that has them, and whether their uses are recorded.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("syscall", "arch", "events"),
        parameters=(
            Parameter("syscalls", TEXT, "Names of system calls with commas between them, such as `open,openat`."),
            _EVENTS,
            Parameter("arch", enum("b64", "b32"), "Only calls of 64-bit or of 32-bit programs.", required=False),
        ),
        inputs=_RULES,
        fields=(
            Field("syscall", TEXT, "Name of the system call."),
            Field("arch", enum("b64", "b32"), "Calls of 64-bit or of 32-bit programs."),
            Field("events", enum(*EVENTS), "Which of them must be recorded."),
            *_SIDES,
        ),
        example={"syscall": "mount", "arch": "b64", "events": "by_users", "loaded": True, "on_disk": True},
    ),
    FactSpec(
        name="linux.audit_privileged_program",
        says="Set-user-id and set-group-id programs, and whether each start of one by a user is recorded; file systems that ignore these bits or run no programs are left out.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path",),
        inputs=(
            *_RULES,
            Input("linux.file_walk", fixed={"class": "setuid"}),
            Input("linux.file_walk", fixed={"class": "setgid"}),
        ),
        fields=(Field("path", TEXT, "Path of the program."), Field("mode", TEXT, "Permission bits."), *_SIDES),
        example={"path": "/usr/bin/sudo", "mode": "4755", "loaded": True, "on_disk": True},
    ),
    FactSpec(
        name="linux.audit_sudo_log",
        says="Log files that sudo writes by its settings, global and scoped ones, and whether changes of them are recorded; no row where sudo logs to the system's log alone.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path",),
        inputs=(*_RULES, Input("linux.sudo_settings"), Input("linux.sudo_default")),
        fields=(Field("path", TEXT, "Path of the log file."), *_SIDES),
        example={"path": "/var/log/sudo.log", "loaded": True, "on_disk": True},
    ),
    FactSpec(
        name="linux.audit_rule_difference",
        says="Audit rules that only one side has, the kernel or the disk, compared by meaning: order, keys, the way of writing and the splitting of system calls do not matter.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("side", "rule"),
        inputs=_RULES[:4],
        fields=(
            Field("side", enum(*SOURCES), "Where the rule is; the other side lacks it."),
            Field("rule", TEXT, "The rule in a common form, one system call at a time."),
            Field("written", TEXT, "The rule as it is listed or written."),
            Field("place", TEXT, "File and line; absent for loaded rules."),
        ),
        example={"side": "disk", "rule": "exit always all path=/etc/group perm=wa", "written": "-w /etc/group -p wa"},
    ),
)
