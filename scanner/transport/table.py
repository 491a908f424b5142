"""Names of transports > what opens them, imported only when one is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from types import MappingProxyType
from typing import Protocol, TypeAlias

from scanner.facts.backup.platforms import SHELL_TOOLS
from scanner.model.errors import ConfigurationError, near
from scanner.model.inventory import Endpoint
from scanner.transport.errors import plain
from scanner.transport.shell import Limits, Shell
from scanner.transport.tool import Tool

Opener = Callable[[Endpoint, Callable[[str], str], Limits], Shell]
"""Takes an endpoint, what resolves secret references, and the limits of connecting."""


class Client(Protocol):
    """What visits are made with, a shell or a client of an API: what it offers beyond, its platform's collectors know."""

    def close(self) -> None:
        """Break off what is under way; harmless when nothing is."""


ClientOpener: TypeAlias = Callable[[Endpoint, Callable[[str], str], Limits], Client]

_HTTPS = ("pbs", "pve", "veeam", "kubernetes", "prometheus", "alertmanager", "grafana")
_FOLDER = ("scanner.transport.folder", "open_folder", "")

CLIENTS: Mapping[tuple[str, str], tuple[str, str, str]] = MappingProxyType(
    {
        **{("https", each): ("scanner.transport.https", f"open_{each}", "") for each in _HTTPS},
        **{("files", each): _FOLDER for each in ("veeam", "iperius", "kubernetes", "records")},
        ("aws", "aws"): ("scanner.transport.aws", "open_aws", ""),
        ("mongo", "mongodb"): ("scanner.transport.mongo", "open_mongo", "mongodb"),
        ("sql", "mariadb"): ("scanner.transport.mysql", "open_mysql", "mariadb"),
        ("sql", "postgres"): ("scanner.transport.postgres", "open_postgres", ""),
    }
)
"""Transport and platform > module, its opener, and the extra that installs its driver (empty: always there)."""

TOOLS = (*SHELL_TOOLS, "git")
"""Platforms asked over a shell with settings of their own."""

_SSH_OPTIONS = ("accept_new", "known_hosts", "ssh_config")

SHELLS: Mapping[str, tuple[str, str, tuple[str, ...]]] = MappingProxyType(
    {
        "command": ("scanner.transport.command", "open_command", ()),
        "local": ("scanner.transport.local", "open_local", ()),
        "openssh": ("scanner.transport.openssh", "open_openssh", _SSH_OPTIONS),
        "replay": ("scanner.transport.replay", "open_replay", ()),
        "ssh": ("scanner.transport.ssh", "open_ssh", _SSH_OPTIONS),
    }
)
"""Name > module, its opener, and the options that an endpoint may set."""


def open_shell(
    endpoint: Endpoint,
    secret: Callable[[str], str],
    limits: Limits,
    extras: Mapping[str, Opener] = MappingProxyType({}),
) -> Shell:
    """Make the shell of an endpoint; nothing is connected before its first run.

    Built-in names come first, `extras` (of plug-ins) second. Raises ConfigurationError for a name or an option
    that is not known, and for settings that cannot be.
    """
    name = endpoint.transport
    if name in SHELLS:
        module, function, options = SHELLS[name]
        _check_options(endpoint, options)
        opener: Opener = getattr(import_module(module), function)
        return opener(endpoint, secret, limits)
    if name in extras:
        return extras[name](endpoint, secret, limits)
    known = [*SHELLS, *extras]
    raise ConfigurationError(f"transport '{plain(name, 40)}': there is none of that name{near(name, known)}")


def open_client(
    platform: str,
    endpoint: Endpoint,
    secret: Callable[[str], str],
    limits: Limits,
    extras: Mapping[str, Opener] = MappingProxyType({}),
) -> Client:
    """Make what a platform's collectors ask an endpoint with: a shell, or the client of a server or an API.

    Raises ConfigurationError as `open_shell` does, and when the driver of a platform is not installed.
    """
    known = CLIENTS.get((endpoint.transport, platform))
    if known is None:
        if endpoint.transport in {transport for transport, _ in CLIENTS}:
            raise ConfigurationError(
                f"transport {endpoint.transport}: it does not reach targets of platform {platform}"
            )
        return (
            _open_tool(endpoint, secret, limits, extras)
            if platform in TOOLS
            else open_shell(endpoint, secret, limits, extras)
        )
    module, function, extra = known
    try:
        opener: ClientOpener = getattr(import_module(module), function)
    except ModuleNotFoundError as missing:
        if not extra:
            raise
        raise ConfigurationError(
            f"platform {platform}: its driver {missing.name} is not installed (install controlproof[{extra}])"
        ) from None
    return opener(endpoint, secret, limits)


def tool_settings(endpoint: Endpoint) -> dict[str, str]:
    """Give the settings of a tool that is asked over a shell, without those of the way there."""
    return {name: value for name, value in endpoint.options if name not in _SSH_OPTIONS}


def _open_tool(
    endpoint: Endpoint, secret: Callable[[str], str], limits: Limits, extras: Mapping[str, Opener]
) -> Client:
    """Make the shell that a tool is asked over, and keep the tool's settings beside it."""
    own = tool_settings(endpoint)
    rest = tuple((name, value) for name, value in endpoint.options if name not in own)
    return Tool(open_shell(replace(endpoint, options=rest), secret, limits, extras), own)


def _check_options(endpoint: Endpoint, known: Sequence[str]) -> None:
    for option, _ in endpoint.options:
        if option not in known:
            raise ConfigurationError(
                f"transport {endpoint.transport}: it has no option '{plain(option, 40)}'{near(option, known)}"
            )
