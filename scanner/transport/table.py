"""Names of transports > what opens them, imported only when one is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType

from scanner.model.errors import ConfigurationError, near
from scanner.model.inventory import Endpoint
from scanner.transport.errors import plain
from scanner.transport.shell import Limits, Shell

Opener = Callable[[Endpoint, Callable[[str], str], Limits], Shell]
"""Takes an endpoint, what resolves secret references, and the limits of connecting."""

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


def _check_options(endpoint: Endpoint, known: Sequence[str]) -> None:
    for option, _ in endpoint.options:
        if option not in known:
            raise ConfigurationError(
                f"transport {endpoint.transport}: it has no option '{plain(option, 40)}'{near(option, known)}"
            )
