"""Kernel parameters and modules of Linux hosts."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, TEXTS, FactSpec, Field, Input, Parameter, Shape, enum

_NAME = Parameter("name", TEXT, "Name of the parameter with dots, such as `net.ipv4.ip_forward`.")

SPECS = (
    FactSpec(
        name="linux.sysctl",
        says="Running value of a kernel parameter, read below /proc/sys.",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("name",),
        parameters=(_NAME,),
        fields=(
            Field("name", TEXT, "Name of the parameter."),
            Field("present", BOOL, "True when the running kernel has the parameter."),
            Field(
                "value",
                TEXT,
                "Running value with blanks folded; absent when the kernel lacks it, unknown when it may not be read.",
            ),
        ),
        example={"name": "net.ipv4.ip_forward", "present": True, "value": "0"},
        unused="input of linux.sysctl_boot",
    ),
    FactSpec(
        name="linux.interface_sysctl",
        says="Running value of a kernel parameter per network interface: many of them decide alone or together with `all`, whatever that says.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("name",),
        parameters=(
            Parameter(
                "pattern",
                TEXT,
                "Name of the parameter with `*` for the interface, such as `net.ipv4.conf.*.rp_filter`; `all` and `default` are no interfaces.",
            ),
        ),
        fields=(
            Field("pattern", TEXT, "The pattern that was asked."),
            Field("name", TEXT, "Name of the parameter; a dot within the interface's name is written as a slash."),
            Field("interface", TEXT, "Name of the interface, such as `eth0`."),
            Field("value", TEXT, "Running value with blanks folded."),
        ),
        example={
            "pattern": "net.ipv4.conf.*.rp_filter",
            "name": "net.ipv4.conf.eth0.rp_filter",
            "interface": "eth0",
            "value": "1",
        },
    ),
    FactSpec(
        name="linux.sysctl_setting",
        says="Every assignment of a kernel parameter in the files that are applied at boot, in the order of application (sysctl.d(5), ufw's own file last).",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path", "line"),
        fields=(
            Field("name", TEXT, "Name of the parameter with dots; may hold the globs of sysctl.d(5)."),
            Field("value", TEXT, "Assigned value; absent for an exclusion (`-net.x` without a value)."),
            Field("path", TEXT, "File that holds the assignment; masked files are not listed."),
            Field("line", INT, "Line in that file."),
            Field("order", INT, "Position of the assignment; of two for one parameter the higher wins."),
            Field(
                "loader",
                enum("systemd-sysctl", "ufw"),
                "Who applies the file: systemd-sysctl, or ufw when it is enabled.",
            ),
            Field("glob", BOOL, "True when the name is a glob."),
            Field("ignore_failure", BOOL, "True when the line begins with `-`."),
        ),
        example={
            "name": "net.ipv4.ip_forward",
            "value": "0",
            "path": "/etc/sysctl.d/60-net.conf",
            "line": 2,
            "order": 17,
        },
        unused="input of linux.sysctl_boot",
    ),
    FactSpec(
        name="linux.sysctl_boot",
        says="A kernel parameter now and after the next boot: the running value joined with the persistent assignment that wins.",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("name",),
        parameters=(_NAME,),
        inputs=(
            Input("linux.sysctl", where={"name": "name"}),
            Input("linux.sysctl_setting"),
            Input("linux.unit", fixed={"name": "ufw.service"}),
            Input("linux.system"),
        ),
        fields=(
            Field("name", TEXT, "Name of the parameter."),
            Field("present", BOOL, "True when the running kernel has the parameter."),
            Field("running", TEXT, "Running value; absent when the kernel lacks the parameter."),
            Field(
                "next_boot",
                TEXT,
                "Value that the winning assignment sets at boot; absent when none does (the kernel's default would apply), unknown where systemd does not run.",
            ),
            Field("source", TEXT, "`file:line` of the winning assignment; absent without one."),
            Field("overridden", TEXTS, "`file:line = value` of assignments that lose, in order."),
        ),
        example={
            "name": "net.ipv4.ip_forward",
            "present": True,
            "running": "0",
            "next_boot": "0",
            "source": "/etc/sysctl.d/60-net.conf:2",
        },
    ),
    FactSpec(
        name="linux.kernel_module",
        says="Whether a kernel module is loaded, and whether it can be loaded in any installed kernel (modprobe.d(5), modules.dep, modules.builtin).",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("name",),
        parameters=(Parameter("name", TEXT, "Name of the module; `-` and `_` are the same."),),
        fields=(
            Field("name", TEXT, "Name of the module as asked."),
            Field("present", BOOL, "True when some installed kernel has it, as a module or built in."),
            Field("builtin", BOOL, "True when some installed kernel has it built in, so that it cannot be disabled."),
            Field("loaded", BOOL, "True when it is loaded now."),
            Field("install_disabled", BOOL, "True when its resolved `install` command is true(1) or false(1)."),
            Field("blacklisted", BOOL, "True when a blacklist line names it, so that its aliases do not load it."),
            Field(
                "loadable", BOOL, "True when some installed kernel has it as a module and `install` does not stop it."
            ),
            Field("kernels", TEXTS, "Releases of the installed kernels that have it."),
        ),
        example={
            "name": "cramfs",
            "present": True,
            "builtin": False,
            "loaded": False,
            "install_disabled": True,
            "blacklisted": True,
            "loadable": False,
        },
    ),
)
