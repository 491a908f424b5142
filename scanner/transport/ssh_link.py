"""One authenticated SSH connection to one server, by itself or through a bastion that others share."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from paramiko import Transport

from scanner.model.errors import HostKeyError, UnreachableError
from scanner.transport import known_hosts
from scanner.transport.errors import plain
from scanner.transport.known_hosts import Standing
from scanner.transport.shell import Limits
from scanner.transport.ssh_auth import Credentials, authenticate
from scanner.transport.ssh_client import Client
from scanner.transport.ssh_errors import BROKEN, foreign, translated
from scanner.transport.ssh_settings import Hop
from scanner.transport.ssh_tunnel import Tunnel

_KEEPALIVE = 15
_LOG = "controlproof.paramiko"
_RSA = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")

# what paramiko logs (tracebacks of refused connections among it) is told in our errors
logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False

_accepting = threading.Lock()


@dataclass(slots=True)
class Link:
    """A connection on which commands can be started and tunnels opened."""

    hop: Hop
    transport: Transport
    key: str
    """Kind and SHA256 fingerprint of the host key."""
    accepted_new_key: bool
    release: Callable[[], None]
    """Lets go of what carries the connection."""

    @property
    def alive(self) -> bool:
        """True while the connection stands."""
        return self.transport.is_active()

    def tunnel(self, hop: Hop, seconds: float) -> Tunnel:
        """Open a way through this server to the next one; raises UnreachableError."""
        try:
            there, here = (hop.host, hop.port), ("127.0.0.1", 0)
            return Tunnel(self.transport.open_channel("direct-tcpip", there, here, timeout=seconds))
        except BROKEN as exc:
            reason = translated(exc, hop.place)
            raise UnreachableError(f"{reason} (through {self.hop.place})") from exc

    def close(self) -> None:
        """Hang up; harmless when repeated."""
        self.transport.close()
        release, self.release = self.release, _nothing
        release()


def _nothing() -> None:
    """Nothing else is held."""


def dial(hop: Hop, seconds: float) -> socket.socket:
    """Open a TCP connection with TCP_NODELAY (without it each small exchange waits 40 ms).

    Tries the addresses of the name in turn, all within so many seconds. Raises UnreachableError.
    """
    deadline = time.monotonic() + seconds
    with foreign(hop.place):
        addresses = socket.getaddrinfo(hop.host, hop.port, type=socket.SOCK_STREAM)
    last: OSError = TimeoutError()
    for family, kind, protocol, _, address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(left)
            connection.connect(address)
        except OSError as exc:
            last = exc
            connection.close()
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    if isinstance(last, TimeoutError):
        raise UnreachableError(f"{hop.place}: no answer within {seconds:g} s")
    with foreign(hop.place):
        raise last


def shake_hands(
    hop: Hop, carrier: socket.socket | Tunnel, credentials: Credentials, limits: Limits, release: Callable[[], None]
) -> Link:
    """Make an authenticated connection out of a byte stream to the server.

    Raises UnreachableError, HostKeyError, AuthenticationError, DeadlineError; the carrier is closed then and
    `release` called.
    """
    transport: Transport | None = None
    try:
        with foreign(hop.place):
            transport = Client(carrier)  # type: ignore[arg-type]  # socket-like is enough
            transport.set_log_channel(_LOG)
            entries = _known_hosts(hop)
            _prefer(transport, known_hosts.kinds(entries))
            _negotiate(transport, hop, limits.connect)
            server_key = transport.get_remote_server_key()
            kind, blob = server_key.get_name(), server_key.asbytes()
            accepted = _verify(hop, entries, kind, blob)
            authenticate(transport, hop, credentials, limits.auth)
            transport.set_keepalive(_KEEPALIVE)
    except BaseException:
        if transport is not None:
            # else its timer would keep the whole program alive until the time-out
            transport.packetizer.complete_handshake()
            transport.close()
        with contextlib.suppress(*BROKEN):
            carrier.close()
        release()
        raise
    return Link(hop, transport, f"{plain(kind, 60)} {known_hosts.fingerprint(blob)}", accepted, release)


def _negotiate(transport: Transport, hop: Hop, seconds: float) -> None:
    # start_client(timeout=…) returns without a word when the time is up, hence an event of our own
    done = threading.Event()
    transport.banner_timeout = transport.handshake_timeout = seconds
    transport.start_client(event=done)
    if not done.wait(seconds):
        raise UnreachableError(f"{hop.place}: connected, but no SSH handshake within {seconds:g} s")
    if not transport.is_active():
        raise transport.get_exception() or EOFError()


def _prefer(transport: Transport, kinds: list[str]) -> None:
    """Ask the server first for the kinds of key that are known, so that a known host is recognised."""
    wanted = [name for kind in kinds for name in (_RSA if kind == "ssh-rsa" else (kind,))]
    options = transport.get_security_options()
    offered = list(options.key_types)
    options.key_types = sorted(offered, key=lambda name: wanted.index(name) if name in wanted else len(wanted))


def _verify(hop: Hop, entries: Sequence[known_hosts.Entry], kind: str, blob: bytes) -> bool:
    """Check the host key; True when it was new and the operator lets us accept it. Raises HostKeyError."""
    found = known_hosts.judge(entries, hop.known_as, kind, blob)
    if found.standing is Standing.UNKNOWN and hop.accept_new and not found.authority:
        with _accepting:
            found = known_hosts.judge(_known_hosts(hop), hop.known_as, kind, blob)
            if found.standing is Standing.UNKNOWN:
                if not hop.known_hosts:
                    raise HostKeyError(f"{hop.place}: there is no file to keep the new host key in (set `known_hosts`)")
                known_hosts.add(hop.known_hosts[0], hop.known_as[0], kind, blob)
                return True
    if found.standing is not Standing.KNOWN:
        raise HostKeyError(f"{hop.place}: {_complaint(hop, found, kind, blob)}")
    return False


def _known_hosts(hop: Hop) -> list[known_hosts.Entry]:
    return known_hosts.about(known_hosts.load((*hop.known_hosts, *hop.global_known_hosts)), hop.known_as)


def _complaint(hop: Hop, found: known_hosts.Finding, kind: str, blob: bytes) -> str:
    seen = f"{plain(kind, 60)} {known_hosts.fingerprint(blob)}"
    name = hop.known_as[0]
    if found.standing is Standing.REVOKED:
        return f"the host key {seen} is revoked in {found.entries[0].place} (somebody may be listening in)"
    if found.standing is Standing.CHANGED:
        old = found.entries[0]
        return (
            f"the host key has changed: {old.place} has {plain(old.kind, 60)} {known_hosts.fingerprint(old.blob)}, "
            f"the host showed {seen} (somebody may be listening in; if the host was set up anew, remove the old "
            f"key with `ssh-keygen -R '{name}'`)"
        )
    if found.authority:
        return (
            f"the host key {seen} is not known; known_hosts trusts a certificate authority for this host, which "
            "the ssh transport cannot check (use `transport: openssh`)"
        )
    file = hop.known_hosts[0] if hop.known_hosts else "known_hosts"
    return (
        f"the host key {seen} is not known (compare it with the host's own, then add it with "
        f"`ssh-keyscan -p {hop.port} {hop.host} >> {file}`, or accept new hosts once with --accept-new)"
    )
