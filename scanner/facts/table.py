"""The table of built-in facts."""

from __future__ import annotations

from scanner.facts import estate
from scanner.facts.linux import (
    accounts,
    apparmor,
    banners,
    boot_loader,
    configuration,
    dconf,
    files,
    kernel,
    mounts,
    network,
    packages,
    processes,
    rsyslog,
    sshd,
    system,
    time,
    units,
    updates,
)
from scanner.model.fact import FactSpec, Vocabulary

_MODULES = (
    system,
    packages,
    units,
    kernel,
    mounts,
    files,
    configuration,
    accounts,
    sshd,
    network,
    boot_loader,
    banners,
    dconf,
    apparmor,
    processes,
    rsyslog,
    time,
    updates,
    estate,
)


def builtin_specs() -> tuple[FactSpec, ...]:
    """Give the specs of all built-in facts, in the order of their modules."""
    return tuple(spec for module in _MODULES for spec in module.SPECS)


def builtin() -> Vocabulary:
    """Give the vocabulary of built-in facts; plug-ins' facts are added by the composition."""
    return Vocabulary(builtin_specs())
