"""The platforms that an inventory may name: how each is reached, and which settings of its own it takes."""

from __future__ import annotations

from dataclasses import dataclass

_TLS = ("ca_file", "fingerprint")
_SQL = ("database", "databases", "sslmode", "ca_file", "client_cert", "client_key", "managed", "probes")


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform's default transport, the settings that only make sense there, and those it cannot do without."""

    transport: str
    settings: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


PLATFORMS = {
    "linux": Platform("ssh"),
    "postgres": Platform("sql", (*_SQL, "service")),
    "mariadb": Platform("sql", _SQL),
    "mongodb": Platform(
        "mongo", ("auth_source", "replica_set", "sslmode", "ca_file", "client_cert", "managed", "probes")
    ),
    "aws": Platform(
        "aws", ("regions", "assume_role", "external_id", "aws_profile", "account", "archives", "url", "ca_file")
    ),
    "pbs": Platform("https", ("token", "url", "datastores", *_TLS)),
    "pve": Platform("https", ("token", "url", *_TLS)),
    "veeam": Platform("https", ("url", "folder", "every", *_TLS)),
    "kubernetes": Platform(
        "https",
        ("token", "url", "kubeconfig", "context", "client_cert", "client_key", "folder", "every", *_TLS),
    ),
    "entra": Platform("https", ("tenant", "client_id", "client_secret", "client_cert", "url", "ca_file")),
    "prometheus": Platform("https", ("token", "url", "alertmanagers", *_TLS)),
    "alertmanager": Platform("https", ("token", "url", *_TLS)),
    "grafana": Platform("https", ("token", "url", *_TLS)),
    "git": Platform("ssh", ("remotes", "folder", "documents"), ("folder",)),
    "pgbackrest": Platform("ssh", ("stanza",)),
    "barman": Platform("ssh", ("server",)),
    "walg": Platform("ssh", ("wrapper",)),
    "restic": Platform("ssh", ("repository", "secret_file"), ("repository",)),
    "borg": Platform("ssh", ("repository", "secret_file"), ("repository",)),
    "rclone": Platform("ssh", ("remote", "pattern", "covers"), ("remote",)),
    "pbm": Platform("ssh", ()),
    "iperius": Platform("files", ("folder", "every", "language", "pattern", "covers"), ("folder",)),
    "records": Platform("files", ("folder",), ("folder",)),
}
"""Name > what is known of it, in the order in which manuals list them."""

SHELLS = ("ssh", "openssh", "local", "command")
"""Transports that run a script; `become` means something to them alone."""
