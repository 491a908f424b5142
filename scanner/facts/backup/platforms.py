"""Platforms of backup systems, and the names by which their restore points say where they come from."""

from __future__ import annotations

SHELL_TOOLS = ("pgbackrest", "barman", "walg", "restic", "borg", "rclone", "pbm")
"""Tools that are asked over a shell, where their repository can be read."""
APIS = ("pbs", "pve", "veeam", "kubernetes")
"""Systems that are asked over HTTPS, or by files that were exported from them."""
FILES = ("iperius",)
"""Systems that only leave files behind."""
SERVERS = (*SHELL_TOOLS, *APIS, *FILES, "git")
"""Platforms that are backup systems, and tell what they are."""
POINTS = (*SERVERS, "aws")
"""Platforms that know restore points."""

SYSTEMS = (
    "pbs",
    "pve",
    "veeam",
    "iperius",
    "pgbackrest",
    "barman",
    "wal-g",
    "restic",
    "borg",
    "rclone",
    "pbm",
    "velero",
    "csi-snapshot",
    "etcd-snapshot",
    "git",
    "aws-backup",
    "s3",
    "ebs",
    "rds",
)
"""What a restore point, a job or a run may come from."""

KEYS = (*SYSTEMS, "postgres", "k8s", "etcd", "arn", "aws")
"""Kinds of stable keys by which restore points say whose they are."""
