"""The table of built-in facts."""

from __future__ import annotations

from scanner.facts import estate
from scanner.facts.linux import (
    accounts,
    boot_entries,
    configuration,
    files,
    kernel,
    mounts,
    network,
    packages,
    sshd,
    system,
    units,
)
from scanner.model.fact import FactSpec, Vocabulary

_MODULES = (
    system,
    packages,
    units,
    kernel,
    boot_entries,
    mounts,
    files,
    configuration,
    accounts,
    sshd,
    network,
    estate,
)


def builtin_specs() -> tuple[FactSpec, ...]:
    """Give the specs of all built-in facts, in the order of their modules."""
    return tuple(spec for module in _MODULES for spec in module.SPECS)


def builtin() -> Vocabulary:
    """Give the vocabulary of built-in facts; plug-ins' facts are added by the composition."""
    return Vocabulary(builtin_specs())
