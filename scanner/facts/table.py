"""The table of built-in facts."""

from __future__ import annotations

from scanner.facts import estate
from scanner.facts.aws import table as aws
from scanner.facts.backup import table as backup
from scanner.facts.git import repository as git
from scanner.facts.linux import (
    accounts,
    addresses,
    aide,
    apparmor,
    audit,
    banners,
    boot_entries,
    boot_loader,
    configuration,
    database,
    database_backup,
    database_packages,
    database_secrets,
    dconf,
    dotfiles,
    exposure,
    files,
    fips,
    firewall,
    kernel,
    logs,
    mounts,
    network,
    packages,
    pam,
    pam_effect,
    processes,
    rsyslog,
    shell,
    sshd,
    sudo,
    system,
    time,
    units,
    updates,
)
from scanner.facts.mariadb import host as mariadb_host
from scanner.facts.mariadb import table as mariadb
from scanner.facts.mongodb import host as mongodb_host
from scanner.facts.mongodb import table as mongodb
from scanner.facts.monitoring import table as monitoring
from scanner.facts.postgres import host as postgres_host
from scanner.facts.postgres import table as postgres
from scanner.facts.recovery import table as recovery
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
    dotfiles,
    shell,
    sshd,
    sudo,
    network,
    addresses,
    pam,
    pam_effect,
    firewall,
    exposure,
    audit,
    aide,
    logs,
    boot_loader,
    banners,
    dconf,
    apparmor,
    processes,
    time,
    updates,
    rsyslog,
    boot_entries,
    database,
    database_secrets,
    database_backup,
    database_packages,
    fips,
    postgres_host,
    mariadb_host,
    mongodb_host,
    *postgres.MODULES,
    *mongodb.MODULES,
    *mariadb.MODULES,
    *backup.MODULES,
    *recovery.MODULES,
    git,
    *monitoring.MODULES,
    *aws.MODULES,
    estate,
)


def builtin_specs() -> tuple[FactSpec, ...]:
    """Give the specs of all built-in facts, in the order of their modules."""
    return tuple(spec for module in _MODULES for spec in module.SPECS)


def builtin() -> Vocabulary:
    """Give the vocabulary of built-in facts; plug-ins' facts are added by the composition."""
    return Vocabulary(builtin_specs())
