"""Which module collects from which platform; each offers `describe` and `collect`, those asked by script `interpret`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from scanner.model.errors import ConfigurationError, near

PLATFORMS: Mapping[str, str] = {
    "alertmanager": "scanner.collection.monitoring.alertmanager",
    "aws": "scanner.collection.aws.visit",
    "barman": "scanner.collection.backup.barman",
    "borg": "scanner.collection.backup.borg",
    "git": "scanner.collection.git.repository",
    "grafana": "scanner.collection.monitoring.grafana",
    "iperius": "scanner.collection.iperius.server",
    "kubernetes": "scanner.collection.kubernetes.server",
    "linux": "scanner.collection.linux.host",
    "mariadb": "scanner.collection.mariadb.server",
    "mongodb": "scanner.collection.mongodb.server",
    "pbm": "scanner.collection.backup.pbm",
    "pbs": "scanner.collection.proxmox.pbs_server",
    "pgbackrest": "scanner.collection.backup.pgbackrest",
    "postgres": "scanner.collection.postgres.server",
    "prometheus": "scanner.collection.monitoring.prometheus",
    "pve": "scanner.collection.proxmox.pve_server",
    "rclone": "scanner.collection.backup.rclone",
    "records": "scanner.collection.records.server",
    "restic": "scanner.collection.backup.restic",
    "veeam": "scanner.collection.veeam.server",
    "walg": "scanner.collection.backup.walg",
}
"""Platform > module, imported on demand so that no client library is loaded unasked."""


def platform_module(platform: str, extra: Mapping[str, str] | None = None) -> ModuleType:
    """Import the module that collects from a platform; `extra` holds the plug-ins' platforms.

    Raises ConfigurationError, with a near word, for a platform that nobody collects from.
    """
    known = {**(extra or {}), **PLATFORMS}
    if platform not in known:
        raise ConfigurationError(f"platform '{platform}': no collector reads it{near(platform, known)}")
    return import_module(known[platform])
