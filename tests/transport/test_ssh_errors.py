from __future__ import annotations

import importlib
import inspect
import pkgutil
import struct

import paramiko
import pytest
from paramiko import ssh_exception

from scanner.model.errors import (
    AuthenticationError,
    CollectionError,
    ConfigurationError,
    ControlproofError,
    HostKeyError,
    UnreachableError,
)
from scanner.transport.ssh_errors import foreign, translated

KEY = paramiko.RSAKey.generate(1024)

ARGUMENTS: dict[str, tuple[object, ...]] = {
    "BadAuthenticationType": ("no", ["publickey"]),
    "PartialAuthentication": (["password"],),
    "BadHostKeyException": ("web01", KEY, KEY),
    "ChannelException": (2, "Connection refused\x1b[2J"),
    "ProxyCommandFailure": ("nc", "died"),
    "NoValidConnectionsError": ({("127.0.0.1", 22): OSError("x")},),
    "CouldNotCanonicalize": ("web01",),
    "InvalidHostKey": ("web01 x", ValueError("x")),
    "UnknownKeyType": ("odd", b"x"),
}

KINDS: dict[str, type[ControlproofError]] = {
    "AuthenticationException": AuthenticationError,
    "BadAuthenticationType": AuthenticationError,
    "PartialAuthentication": AuthenticationError,
    "PasswordRequiredException": AuthenticationError,
    "UnableToAuthenticate": AuthenticationError,
    "AuthFailure": AuthenticationError,
    "BadHostKeyException": HostKeyError,
    "IncompatiblePeer": UnreachableError,
    "NoValidConnectionsError": UnreachableError,
    "PipeTimeout": UnreachableError,
    "SFTPError": CollectionError,
    "ConfigParseError": ConfigurationError,
    "CouldNotCanonicalize": ConfigurationError,
}


def paramikos() -> list[type[Exception]]:
    """Every exception class that any module of paramiko defines."""
    found: dict[str, type[Exception]] = {}
    for module in pkgutil.iter_modules(paramiko.__path__):
        if module.name in ("_winapi", "win_openssh", "win_pageant"):
            continue
        for name, thing in vars(importlib.import_module(f"paramiko.{module.name}")).items():
            if inspect.isclass(thing) and issubclass(thing, Exception) and thing.__module__.startswith("paramiko"):
                found[name] = thing
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("kind", paramikos(), ids=lambda kind: kind.__name__)
def test_every_exception_of_paramiko_is_mapped(kind: type[Exception]) -> None:
    exc = (
        paramiko.auth_strategy.AuthFailure(result=[])
        if kind.__name__ == "AuthFailure"
        else kind(*ARGUMENTS.get(kind.__name__, ("some words\x1b[31m",)))
    )

    with pytest.raises(ControlproofError) as caught, foreign("web01"):
        raise exc

    assert type(caught.value) is KINDS.get(kind.__name__, CollectionError)
    assert str(caught.value).startswith("web01: ")
    assert "\x1b" not in str(caught.value)


def test_the_walk_finds_them_all() -> None:
    documented = {name for name, thing in vars(ssh_exception).items() if inspect.isclass(thing)}

    assert documented <= {kind.__name__ for kind in paramikos()}


@pytest.mark.parametrize(
    ("exc", "kind"),
    [
        (EOFError(), UnreachableError),
        (ConnectionResetError(104, "Connection reset by peer"), UnreachableError),
        (TimeoutError(), UnreachableError),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), CollectionError),
        (struct.error("x"), CollectionError),
        (KeyError("x"), CollectionError),
        (IndexError(), CollectionError),
        (AttributeError("x"), CollectionError),
        (ValueError(), CollectionError),
        (paramiko.SSHException("Error reading SSH protocol banner"), UnreachableError),
        (paramiko.SSHException('Indecipherable protocol version "HTTP"'), UnreachableError),
    ],
)
def test_what_else_comes_out_of_its_threads_is_mapped(exc: Exception, kind: type[ControlproofError]) -> None:
    assert type(translated(exc, "web01")) is kind


def test_our_own_errors_pass() -> None:
    mine = AuthenticationError("no")

    with pytest.raises(AuthenticationError) as caught, foreign("web01"):
        raise mine
    assert caught.value is mine


def test_interrupts_are_not_ours_to_map() -> None:
    with pytest.raises(KeyboardInterrupt), foreign("web01"):
        raise KeyboardInterrupt


@pytest.mark.parametrize(("code", "words"), [(1, "forbids"), (2, "Connection refused"), (99, "reason 99")])
def test_channel_errors_say_why(code: int, words: str) -> None:
    assert words in str(translated(paramiko.ChannelException(code, "Connection refused"), "web01"))
