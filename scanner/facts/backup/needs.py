"""The least rights that asking backup systems takes, platform by platform."""

from __future__ import annotations

from scanner.model.fact import Need

AUDIT = Need("role", "Audit on /", "datastores, jobs, tasks, accounts", ("pbs",))
REMOTES = Need("role", "RemoteAudit on /remote", "jobs that synchronise with other servers", ("pbs",))
AUDITOR = Need("role", "PVEAuditor on /", "guests, jobs, tasks, storages, accounts", ("pve",))

READING = (
    AUDIT,
    AUDITOR,
    Need("role", "Veeam Backup Viewer", "reads all and changes none", ("veeam",)),
    Need("ClusterRole", "with list on the kinds that are read", "no secrets", ("kubernetes",)),
    Need("folder", "to read: logs and destination", platforms=("iperius",)),
    Need("folder", "to read: drill records", platforms=("records",)),
    Need("account", "that owns the repository (postgres or pgbackrest)", platforms=("pgbackrest",)),
    Need("account", "barman", platforms=("barman",)),
    Need("account", "whose settings list and read the storage", platforms=("walg",)),
    Need("account", "that reads the repository and secret_file", platforms=("restic", "borg")),
    Need("account", "with rclone's configuration, and a key that may list", platforms=("rclone",)),
    Need("account", "that reads the settings of pbm-agent", platforms=("pbm",)),
    Need("account", "that reads the clone, and whose keys fetch from its remotes", platforms=("git",)),
)
"""What any question about backups takes."""
