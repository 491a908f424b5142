"""Probes of a MongoDB server: without TLS, without a login, with old TLS, and its certificate; none logs in."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import bson
from bson.errors import BSONError

from scanner.transport.errors import because
from scanner.transport.probing import (
    ACCEPTED,
    CERTIFICATE,
    OLD_TLS,
    PLAINTEXT,
    REFUSED,
    UNAUTHENTICATED,
    Probed,
)
from scanner.transport.shell import Limits
from scanner.transport.tls import Place, certificate, old_tls

_MESSAGE = 2013
"""The operation OP_MSG of the wire protocol."""
_ALERT = b"\x15\x03"
"""How a refusal of TLS begins, which whatever stands before the server may send."""
_LARGEST = 2**20
_UNAUTHORIZED = 13
_GREETING = {"hello": 1, "$db": "admin"}
_QUESTION = {"listDatabases": 1, "nameOnly": True, "$db": "admin"}


def probe(kind: str, settings: Mapping[str, Any], limits: Limits) -> Probed:
    """Try one kind of connection, without a login; never raises.

    `settings` are those of the ordinary connection, in pymongo's words.
    """
    try:
        if kind == PLAINTEXT:
            return _plaintext(settings, limits)
        if kind == UNAUTHENTICATED:
            return _unauthenticated(settings, limits)
    except (OSError, BSONError, ValueError, RecursionError) as problem:
        told = because(problem) if isinstance(problem, OSError) else "the server's answer cannot be read"
        return Probed(kind, detail=told)
    host = str(settings["host"]).strip("[]")
    if host.startswith("/"):
        return Probed(kind, detail="the target is reached through a socket (give its network address to probe it)")
    place = Place(host, int(settings["port"]))
    if kind == OLD_TLS:
        return old_tls(place, limits.connect)
    if kind == CERTIFICATE:
        return certificate(place, host, limits.connect, str(settings.get("tlsCAFile") or ""))
    return Probed(kind, detail="there is no probe of that kind")


def _plaintext(settings: Mapping[str, Any], limits: Limits) -> Probed:
    """Say hello without TLS; a server that requires it hangs up."""
    with _connected(settings, limits) as plain:
        if _exchange(plain, _GREETING) is None:
            return Probed(PLAINTEXT, REFUSED, "the server hung up on a connection without TLS")
        return Probed(PLAINTEXT, ACCEPTED, "the server answered a connection without TLS")


def _unauthenticated(settings: Mapping[str, Any], limits: Limits) -> Probed:
    """Ask for the list of databases without a login; a server with access control refuses."""
    with _connected(settings, limits) as plain, _encrypted(plain, settings) as connection:
        _exchange(connection, _GREETING)
        found = _exchange(connection, _QUESTION)
    if found is None:
        return Probed(UNAUTHENTICATED, detail="the server hung up without an answer")
    if found.get("ok"):
        return Probed(UNAUTHENTICATED, ACCEPTED, "the server listed its databases without a login")
    if found.get("code") == _UNAUTHORIZED:
        return Probed(UNAUTHENTICATED, REFUSED, "the server refused to list its databases without a login")
    return Probed(UNAUTHENTICATED, detail=f"the server answered with error {found.get('code')!r:.20}")


def _connected(settings: Mapping[str, Any], limits: Limits) -> socket.socket:
    host = str(settings["host"]).strip("[]")
    if host.startswith("/"):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(limits.connect)
        try:
            made.connect(host)
        except OSError:
            made.close()
            raise
        return made
    return socket.create_connection((host, int(settings["port"])), limits.connect)


def _encrypted(plain: socket.socket, settings: Mapping[str, Any]) -> socket.socket:
    """Put TLS on a connection as the ordinary one has it."""
    if not settings.get("tls"):
        return plain
    context = ssl.create_default_context(cafile=settings.get("tlsCAFile"))
    if settings.get("tlsAllowInvalidCertificates") or settings.get("tlsAllowInvalidHostnames"):
        context.check_hostname = False
    if settings.get("tlsAllowInvalidCertificates"):
        context.verify_mode = ssl.CERT_NONE
    if settings.get("tlsCertificateKeyFile"):
        context.load_cert_chain(settings["tlsCertificateKeyFile"])
    return context.wrap_socket(plain, server_hostname=str(settings["host"]).strip("[]"))


def _exchange(connection: socket.socket, document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Send a command and give the reply's document; None when the server hangs up."""
    body = struct.pack("<IB", 0, 0) + bson.encode(document)
    try:
        connection.sendall(struct.pack("<iiii", 16 + len(body), 1, 0, _MESSAGE) + body)
        header = _read(connection, 16)
        if header is None or header.startswith(_ALERT):
            return None
        length, _, _, operation = struct.unpack("<iiii", header)
        if operation != _MESSAGE or not 26 <= length <= _LARGEST:
            raise ValueError("not a message of MongoDB")
        rest = _read(connection, length - 16)
    except (ConnectionResetError, BrokenPipeError):
        return None
    if rest is None:
        return None
    found: Mapping[str, Any] = bson.decode(rest[5:])
    return found


def _read(connection: socket.socket, size: int) -> bytes | None:
    """Give exactly so many bytes; None when the other side ended before."""
    parts = bytearray()
    while len(parts) < size:
        with suppress(ssl.SSLEOFError):
            part = connection.recv(size - len(parts))
            if part:
                parts += part
                continue
        return None
    return bytes(parts)
