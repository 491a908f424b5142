"""What the boot loader of a Linux host would start."""

from __future__ import annotations

from scanner.model.fact import INT, ROOT, TEXT, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="linux.boot_entry",
        says="Kernels that the menus of GRUB and systemd-boot would start, each with its command line; empty where no menu lies in the usual places, as on guests whose kernel is started from outside.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("configuration", "line"),
        needs=(ROOT,),
        fields=(
            Field("configuration", TEXT, "File that holds the entry."),
            Field("line", INT, "Number of the line that names the kernel."),
            Field("kernel", TEXT, "Path of the kernel as the entry has it."),
            Field(
                "command_line",
                TEXT,
                "Parameters of the kernel, a blank between them; variables of GRUB stand as they are written.",
            ),
        ),
        example={
            "configuration": "/boot/grub/grub.cfg",
            "line": 120,
            "kernel": "/boot/vmlinuz-6.1.0-50-amd64",
            "command_line": "root=/dev/vda1 ro audit=1 quiet",
        },
    ),
)
