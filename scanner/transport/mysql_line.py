"""A PyMySQL connection that a hostile server can neither flood nor talk into giving something away."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from ssl import SSLContext, SSLSocket
from types import MappingProxyType
from typing import Any

import pymysql
from pymysql._auth import scramble_caching_sha2
from pymysql.connections import Connection
from pymysql.constants import CLIENT, CR
from pymysql.cursors import SSCursor

MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")
"""How TLS is wanted, in libpq's words."""
_GREETING = 2**20
"""Most bytes that a server may send before we are let in."""
_CLEAR = ("mysql_clear_password", "dialog", "sha256_password")
"""Plug-ins by which the server would learn the password itself."""
_SHA2 = "caching_sha2_password"


class RefusedError(Exception):
    """We did not do what the server asked of us."""


class FloodError(Exception):
    """The server sent more than may come."""


class Line(Connection):  # type: ignore[misc]
    """One connection: bounded in bytes, never without the TLS that was wanted, silent about passwords and files."""

    ssl: bool
    _auth_plugin_name: str

    def __init__(self, mode: str, context: SSLContext | None, **settings: Any) -> None:
        trusted = mode.startswith("verify") or bool(settings.get("unix_socket"))
        self.allowance = _GREETING
        """Bytes that may still come."""
        self._mode = mode
        super().__init__(
            **settings,
            **({"ssl": context} if context else {"ssl_disabled": True}),
            auth_plugin_map=_guards(trusted),
            charset="utf8mb4",
            conv=_NUMBERS,
            use_unicode=False,
            cursorclass=SSCursor,
            autocommit=None,
            local_infile=False,
            program_name="controlproof",
            defer_connect=True,
        )
        self._trusted = trusted

    @property
    def encryption(self) -> str:
        """Protocol and cipher of our side; empty without TLS."""
        link = self._sock
        if not isinstance(link, SSLSocket):
            return ""
        return f"{link.version()} {(link.cipher() or ('',))[0]}"

    def next_packet(self) -> Any:
        """Read a packet; an error that the server sends is raised."""
        packet = self._read_packet()
        packet.check_error()
        return packet

    def drop(self) -> None:
        """End the connection without a word."""
        self._force_close()

    def _force_close(self) -> None:
        """Close, and leave nothing behind that would go on reading when it is thrown away."""
        pending = getattr(self, "_result", None)
        if pending is not None:
            pending.unbuffered_active = pending.has_next = False
        super()._force_close()

    def _get_server_information(self) -> None:
        super()._get_server_information()
        if self.ssl and not self.server_capabilities & CLIENT.SSL:
            if self._mode != "prefer":
                raise pymysql.err.OperationalError(CR.CR_SSL_CONNECTION_ERROR, "the server offers no TLS")
            self.ssl = self._ssl_required = False
            self.client_flag &= ~CLIENT.SSL
        if self._auth_plugin_name in (*_CLEAR, _SHA2) and not self._trusted:
            # So the server has to ask for its plug-in, and a guard answers; PyMySQL would follow the greeting at once.
            self._auth_plugin_name = "mysql_native_password"

    def _read_bytes(self, num_bytes: int) -> bytes:
        self.allowance -= num_bytes
        if self.allowance < 0:
            self._force_close()
            raise FloodError("the server sent more than the limit of an answer's size")
        found: bytes = super()._read_bytes(num_bytes)
        return found


class _Refusal:
    """Stands for a plug-in that would give the password to whoever answers."""

    def __init__(self, connection: Line) -> None:
        self.connection = connection

    def authenticate(self, packet: Any) -> None:
        """Say no."""
        del packet
        raise RefusedError(
            "the server wants the password itself, and nobody vouches for the server"
            " (give sslmode: verify-full, or another authentication plug-in)"
        )


class _Outdated(_Refusal):
    """Stands for the plug-in of before 4.1, whose answer anybody who listens can use."""

    def authenticate(self, packet: Any) -> None:
        """Say no."""
        del packet
        raise RefusedError("the server wants the old password scheme, which gives the password away (ALTER USER)")


class _Fast(_Refusal):
    """The half of caching_sha2_password that proves the password without sending it."""

    def authenticate(self, packet: Any) -> Any:
        """Answer a challenge; refuse to go on where the server does not know the proof."""
        line = self.connection
        if not packet.is_extra_auth_data():
            line.salt = packet.read_all().removesuffix(b"\0")
            line.write_packet(scramble_caching_sha2(line.password, line.salt))
            packet = line.next_packet()
            if not packet.is_extra_auth_data():
                return packet
        packet.advance(1)
        if packet.read_uint8() != _PROVED:
            return super().authenticate(packet)
        return line.next_packet()


_PROVED = 3


def _guards(trusted: bool) -> Mapping[str, type[_Refusal]]:
    guards: dict[str, type[_Refusal]] = {"mysql_old_password": _Outdated}
    if not trusted:
        guards |= dict.fromkeys(_CLEAR, _Refusal)
        guards[_SHA2] = _Fast
    return guards


_WHOLE = ("TINY", "SHORT", "LONG", "LONGLONG", "INT24", "YEAR")
_BROKEN = ("FLOAT", "DOUBLE", "DECIMAL", "NEWDECIMAL")
_NUMBERS: Mapping[int, Any] = MappingProxyType(
    {
        **{getattr(pymysql.constants.FIELD_TYPE, name): int for name in _WHOLE},
        **{getattr(pymysql.constants.FIELD_TYPE, name): float for name in _BROKEN},
    }
)
"""Type of a column > what reads it; all else stays bytes."""


def context_of(mode: str, ca_file: str, cert: str, key: str) -> ssl.SSLContext | None:
    """Make the context for a mode of TLS; None for none. Raises OSError (or ssl.SSLError) for files that cannot be used."""
    if mode == "disable":
        return None
    context = ssl.create_default_context(cafile=ca_file or None)
    if not mode.startswith("verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif mode == "verify-ca":
        context.check_hostname = False
    if cert:
        context.load_cert_chain(cert, key or None)
    return context


def link_to(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to an address, or to a socket when it begins with a slash; raises OSError."""
    if not address.startswith("/"):
        return socket.create_connection((address, port), seconds)
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.settimeout(seconds)
        link.connect(address)
    except OSError:
        link.close()
        raise
    return link


def shut(link: socket.socket) -> None:
    """End the connection under the feet of whoever waits for it; `link` is a copy of its socket."""
    with suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
