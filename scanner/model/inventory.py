"""Targets, assets and the inventory that names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ESTATE: Final = "estate"
"""Id under which results of scope estate stand, beside those of targets: no target may bear it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How to reach a target: targets that share an endpoint share one visit."""

    transport: str
    """`local`, `command`, `ssh`, `openssh`, `replay`, later `sql`, `aws` and others."""
    address: str = ""
    port: int | None = None
    user: str = ""
    become: tuple[str, ...] = ()
    """Argument prefix that raises privilege, such as `sudo -n`; empty for none."""
    become_password: str = ""
    """A secret reference (`env:`, `file:`, `command:`), never the secret."""
    password: str = ""
    """A secret reference."""
    passphrase: str = ""
    """A secret reference for the private key."""
    identity: str = ""
    """Path of a private key."""
    jump: tuple[str, ...] = ()
    """Hops `user@host:port`, in the order they are taken."""
    command: tuple[str, ...] = ()
    """The argv prefix of the `command` transport."""
    options: tuple[tuple[str, str], ...] = ()
    """Further settings of the transport, sorted: `known_hosts`, `ssh_config`, `accept_new` …"""

    def option(self, name: str, default: str = "") -> str:
        """Give one of the further settings."""
        return dict(self.options).get(name, default)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a target is not assessed for a while."""

    state: str
    reason: str
    approver: str = ""
    until: str = ""
    """ISO date; from the day after, the target is assessed again."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is assessed over a transport."""

    id: str
    platform: str
    endpoint: Endpoint
    labels: Mapping[str, str] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    service_class: str = ""
    runs_on: str = ""
    """Id of the host target that this one (a database) runs on."""
    groups: tuple[str, ...] = ()
    exclusion: Exclusion | None = None
    path: str = ""
    """The inventory file, for SARIF locations; empty when there is none."""
    line: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)
    """The platform's own settings (regions, role to assume …)."""
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys under which backup systems know it."""

    @property
    def fields(self) -> dict[str, str]:
        """What `{target: NAME}` in a rule may name: id, platform, service_class, address and `labels.<name>`."""
        plain = {"id": self.id, "platform": self.platform, "service_class": self.service_class}
        labels = {f"labels.{name}": value for name, value in self.labels.items()}
        return {**plain, "address": self.endpoint.address, **labels}


@dataclass(frozen=True, slots=True)
class Asset:
    """A protected thing with stable keys; may have no transport."""

    id: str
    kind: str
    service_class: str = ""
    owner: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    site: str = ""
    created: str = ""
    """Day on which it came to be; empty when not known."""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Inventory:
    """All targets and assets of one inventory file."""

    targets: tuple[Target, ...] = ()
    assets: tuple[Asset, ...] = ()
    path: str = ""
    sha256: str = ""
