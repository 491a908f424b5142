"""Signing by a running ssh-agent (draft-ietf-sshm-ssh-agent): the private key never comes here."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from scanner.model.errors import ConfigurationError
from scanner.sealing.keys import Signer, fingerprint
from scanner.sealing.wire import MalformedError, Reader, string

_LIST, _KEYS, _SIGN, _SIGNED = 11, 12, 13, 14
_SHA512 = 4
"""Flag that asks for rsa-sha2-512; other kinds of keys pass it over."""
_MAX = 256 * 1024
_TIMEOUT = 60.0
"""Seconds; a person may have to confirm."""


def open_agent(wanted: str, path: str) -> Signer:
    """Give the agent's key with this fingerprint, comment or `.pub` line; raises ConfigurationError."""
    place = f"agent:{wanted[:80]}"
    if not path:
        raise ConfigurationError(f"{place}: no agent runs (start ssh-agent, or set SSH_AUTH_SOCK)")
    with _said(place):
        keys = _keys(_ask(path, bytes((_LIST,))))
    words = wanted.split()
    line = base64.b64encode
    found = [blob for blob, name in keys if wanted in (fingerprint(blob), name) or line(blob).decode() in words]
    if len(found) != 1:
        what = f"{len(found)} keys are called so" if found else f"none of its {len(keys)} keys is called so"
        raise ConfigurationError(f"{place}: the agent has no such key: {what} (ssh-add -l names their fingerprints)")
    return Signer(found[0], partial(_sign, path, place, found[0]))


def _sign(path: str, place: str, blob: bytes, data: bytes) -> bytes:
    with _said(place):
        reader = Reader(_ask(path, bytes((_SIGN,)) + string(blob) + string(data) + _SHA512.to_bytes(4, "big")))
        if reader.take(1)[0] != _SIGNED:
            raise MalformedError("it refused to sign")
        return reader.string()


@contextmanager
def _said(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        what = problem.strerror or type(problem).__name__
        raise ConfigurationError(f"{place}: the agent does not answer: {what} (check SSH_AUTH_SOCK)") from None
    except MalformedError as problem:
        raise ConfigurationError(f"{place}: the agent does not sign: {problem} (try ssh-add -l)") from None


def _keys(answer: bytes) -> list[tuple[bytes, str]]:
    reader = Reader(answer)
    if reader.take(1)[0] != _KEYS:
        raise MalformedError("it does not list its keys")
    return [(reader.string(), reader.string().decode("utf-8", "replace")) for _ in range(min(reader.number(), 10_000))]


def _ask(path: str, message: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(_TIMEOUT)
        link.connect(path)
        link.sendall(string(message))
        size = int.from_bytes(_exactly(link, 4), "big")
        if size > _MAX:
            raise MalformedError("its answer is too long")
        return _exactly(link, size)


def _exactly(link: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        chunk = link.recv(size - len(found))
        if not chunk:
            raise MalformedError("its answer is cut")
        found += chunk
    return found
