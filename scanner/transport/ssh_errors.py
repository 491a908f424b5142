"""paramiko's errors, and whatever else comes out of its threads, mapped to ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from scanner.model.errors import (
    AuthenticationError,
    CollectionError,
    ConfigurationError,
    ControlproofError,
    HostKeyError,
    UnreachableError,
)
from scanner.transport.errors import because, plain, translate

_BANNER = "Error reading SSH protocol banner"

BROKEN = (paramiko.SSHException, EOFError, OSError)
"""What paramiko raises of a broken connection; which of them depends on which of its threads noticed first."""

_OPEN_FAILED = {
    1: "the server forbids it",
    2: "the connection failed",
    3: "the server does not know this kind of channel",
    4: "the server is short of resources",
}
"""Reason codes of SSH_MSG_CHANNEL_OPEN_FAILURE, RFC 4254 section 5.1."""


def translated(exc: Exception, place: str) -> ControlproofError:
    """Map any exception that paramiko raises, or passes on from its reading thread."""
    if isinstance(exc, ControlproofError):
        return exc
    if isinstance(exc, paramiko.ConfigParseError | paramiko.CouldNotCanonicalize):
        return ConfigurationError(f"{place}: ssh_config: {because(exc)} (use `transport: openssh`)")
    if isinstance(exc, paramiko.BadHostKeyException):
        return HostKeyError(f"{place}: the host key is not the known one")
    if isinstance(exc, paramiko.AuthenticationException):
        return AuthenticationError(f"{place}: not let in: {because(exc)}")
    if isinstance(exc, IncompatiblePeer):
        return UnreachableError(
            f"{place}: no common algorithms with the server: {because(exc)} (use `transport: openssh`)"
        )
    if isinstance(exc, paramiko.ChannelException):
        why = _OPEN_FAILED.get(exc.code, f"reason {exc.code}")
        return CollectionError(f"{place}: no channel: {why}: {plain(exc.text)}")
    if isinstance(exc, paramiko.SSHException):
        return _protocol_error(exc, place)
    if isinstance(exc, OSError | EOFError):
        return translate(exc, place)
    return CollectionError(f"{place}: the SSH connection broke: {type(exc).__name__}: {because(exc)}")


def _protocol_error(exc: paramiko.SSHException, place: str) -> CollectionError:
    text = str(exc)
    if text.startswith(_BANNER):
        return UnreachableError(
            f"{place}: no greeting of an SSH server came (is it one? does it refuse so many connections at once, "
            "MaxStartups?)"
        )
    if "Indecipherable protocol version" in text or "Invalid SSH banner" in text:
        return UnreachableError(f"{place}: what answers is not an SSH server: {plain(text, 120)}")
    return CollectionError(f"{place}: the SSH connection broke: {because(exc)}")


@contextmanager
def foreign(place: str) -> Iterator[None]:
    """Let nothing but our own errors out of the block.

    Everything is caught, for paramiko raises in our thread whatever its reading thread met: a hostile server
    can bring about UnicodeDecodeError, struct.error, KeyError and more.
    """
    try:
        yield
    except ControlproofError:
        raise
    except Exception as exc:
        raise translated(exc, place) from exc
