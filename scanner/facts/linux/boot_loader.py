"""Boot loaders of Linux hosts."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, ROOT, TEXT, TEXTS, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="linux.boot_loader",
        says="Configurations of GRUB that hold a menu, and of systemd-boot, with who may change what is booted; an error where none is found in the usual places. Hashes of passwords never leave the host.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("configuration",),
        needs=(ROOT,),
        fields=(
            Field("configuration", TEXT, "Path of the configuration."),
            Field("kind", enum("grub", "systemd-boot"), "Which boot loader reads it."),
            Field(
                "superusers",
                TEXTS,
                "Who alone may edit entries of GRUB and use its command line; empty when everybody may; absent for systemd-boot.",
            ),
            Field("hashed", TEXTS, "Users of GRUB whose password is a PBKDF2 hash; absent for systemd-boot."),
            Field("plain", TEXTS, "Users of GRUB whose password is clear text; absent for systemd-boot."),
            Field(
                "unrestricted",
                INT,
                "Menu entries of GRUB that everybody may boot although there are superusers; absent for systemd-boot.",
            ),
            Field(
                "editor",
                BOOL,
                "True when systemd-boot lets everybody edit the kernel's parameters; absent for GRUB.",
            ),
        ),
        example={
            "configuration": "/boot/grub/grub.cfg",
            "kind": "grub",
            "superusers": ["admin"],
            "hashed": ["admin"],
            "plain": [],
            "unrestricted": 3,
        },
    ),
)
