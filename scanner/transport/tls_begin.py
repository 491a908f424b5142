"""How a client asks a database server for TLS before the handshake, and an offer of old TLS alone."""

from __future__ import annotations

import os
import socket
import struct
import time

from scanner.model.errors import CollectionError
from scanner.transport.errors import plain

_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_MYSQL_SSL = 0x0800
_MYSQL_FLAGS = 0x0200 | _MYSQL_SSL | 0x8000
"""CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION."""


class NoTlsError(CollectionError):
    """The server says that it offers no TLS."""


def begin(link: socket.socket, protocol: str, end: float) -> None:
    """Ask for TLS in a server's own protocol (`postgres`, `mysql`, or nothing), until the monotonic time `end`.

    Raises NoTlsError when the server has none, CollectionError for any other answer.
    """
    if protocol == "postgres":
        _postgres(link, end)
    elif protocol == "mysql":
        _mysql(link, end)


def _postgres(link: socket.socket, end: float) -> None:
    """Send an SSLRequest (PostgreSQL, "Message Flow", SSL Session Encryption)."""
    send(link, _SSL_REQUEST, end)
    told = receive(link, 1, end)
    if told == b"N":
        raise NoTlsError("the server offers no TLS here")
    if told != b"S":
        raise CollectionError("the server answered a request for TLS with neither yes nor no")


def _mysql(link: socket.socket, end: float) -> None:
    """Read the greeting and send an SSLRequest packet (MariaDB, "Connection")."""
    header = receive(link, 4, end)
    size = int.from_bytes(header[:3], "little")
    greeting = receive(link, min(size, 4096), end)
    if greeting[:1] == b"\xff":
        raise CollectionError(
            f"the server lets nobody in from here: {plain(greeting[3:].decode('utf-8', 'replace'), 200)}"
        )
    rest = greeting[1:].partition(b"\0")[2]
    if greeting[:1] != b"\x0a" or len(rest) < 15:
        raise CollectionError("the server's greeting is not one of MariaDB or MySQL")
    if not int.from_bytes(rest[13:15], "little") & _MYSQL_SSL:
        raise NoTlsError("the server offers no TLS")
    body = struct.pack("<IIB23x", _MYSQL_FLAGS, 2**24, 45)
    send(link, len(body).to_bytes(3, "little") + bytes([header[3] + 1 & 0xFF]) + body, end)


def send(link: socket.socket, data: bytes, end: float) -> None:
    """Send everything until `end`; raises CollectionError."""
    link.settimeout(max(0.1, end - time.monotonic()))
    try:
        link.sendall(data)
    except OSError as problem:
        raise CollectionError(f"the connection broke: {plain(problem.strerror or str(problem), 200)}") from None


def receive(link: socket.socket, size: int, end: float) -> bytes:
    """Receive just so many bytes until `end`; raises CollectionError when they do not come."""
    data = b""
    while len(data) < size:
        left = end - time.monotonic()
        if left <= 0:
            raise CollectionError("the server did not answer in time")
        link.settimeout(left)
        try:
            part = link.recv(size - len(data))
        except TimeoutError:
            raise CollectionError("the server did not answer in time") from None
        except OSError as problem:
            raise CollectionError(f"the connection broke: {plain(problem.strerror or str(problem), 200)}") from None
        if not part:
            raise CollectionError("the server closed the connection")
        data += part
    return data


_SUITES = (
    *(0xC00A, 0xC014, 0x0039, 0x0038, 0xC00F, 0xC005, 0x0035, 0xC009, 0xC013, 0x0033, 0x0032, 0xC00E, 0xC004, 0x002F),
    *(0xC008, 0xC012, 0x0016, 0x0013, 0xC00D, 0xC003, 0x000A, 0xC007, 0xC011, 0x0005, 0x0004, 0x0088, 0x0087, 0x0084),
    *(0x0045, 0x0044, 0x0041, 0x009A, 0x0099, 0x0096, 0x0007, 0x0015, 0x0012, 0x0009),
)
"""Every suite with a certificate that TLS 1.0 and 1.1 know and servers still have: AES, 3DES, RC4, Camellia, SEED, DES."""


def old_hello() -> bytes:
    """Give a ClientHello that offers TLS 1.1 and nothing newer (RFC 4346), whatever our own library would allow."""
    suites = b"".join(struct.pack("!H", suite) for suite in (*_SUITES, 0x00FF))
    groups = struct.pack("!HHHH", 29, 23, 24, 25)
    extensions = b"".join(
        struct.pack("!HH", kind, len(body)) + body
        for kind, body in ((10, struct.pack("!H", len(groups)) + groups), (11, b"\x01\x00"))
    )
    body = b"\x03\x02" + os.urandom(32) + b"\0" + struct.pack("!H", len(suites)) + suites + b"\x01\x00"
    body += struct.pack("!H", len(extensions)) + extensions
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack("!H", len(message)) + message
