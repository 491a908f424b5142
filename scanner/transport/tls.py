"""What a server does when somebody begins TLS with it: handshakes by raw socket, for probes that log in nowhere."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scanner.model.errors import CollectionError, UnreachableError
from scanner.transport.certificates import matches, read
from scanner.transport.errors import plain
from scanner.transport.probing import ACCEPTED, CERTIFICATE, NO_TLS, OLD_TLS, REFUSED, Handshake, Probed
from scanner.transport.tls_begin import NoTlsError, begin, old_hello, receive, send

_HANDSHAKE, _ALERT = 22, 21
_OLD = {b"\x03\x00": "SSLv3", b"\x03\x01": "TLSv1", b"\x03\x02": "TLSv1.1"}
_ALERTS = {
    40: "handshake failure",
    70: "protocol version",
    71: "insufficient security",
    80: "internal error (a library whose security level refuses the signatures of old TLS says this)",
}
_REFUSALS = (70, 71)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and how TLS begins there."""

    address: str
    port: int
    protocol: str = ""
    """`postgres` or `mysql` where TLS is asked for first; empty where it begins at once."""


def certificate(place: Place, server_name: str, timeout: float, ca_file: str = "") -> Probed:
    """Look at the certificate that a server shows; never raises.

    `ca_file` holds the authorities to be trusted; empty for those of this machine.
    """
    try:
        found = handshake(place, server_name, timeout, ca_file)
    except NoTlsError as problem:
        return Probed(CERTIFICATE, NO_TLS, problem.reason)
    except CollectionError as problem:
        return Probed(CERTIFICATE, detail=problem.reason)
    return Probed(CERTIFICATE, ACCEPTED, f"{found.version} {found.cipher}", found)


def old_tls(place: Place, timeout: float) -> Probed:
    """Offer TLS 1.1 and older alone, and see whether the server agrees; never raises.

    The offer is made by hand, so that the library of this machine cannot stand in its way. Only an alert that
    names the version (or its strength) counts as a refusal.
    """
    end = time.monotonic() + timeout
    try:
        with opened(place, end) as link:
            begin(link, place.protocol, end)
            send(link, old_hello(), end)
            header = receive(link, 5, end)
            body = receive(link, min(int.from_bytes(header[3:5], "big"), 6), end)
    except NoTlsError as problem:
        return Probed(OLD_TLS, NO_TLS, problem.reason)
    except CollectionError as problem:
        return Probed(OLD_TLS, detail=problem.reason)
    return _agreed(header, body)


def _agreed(header: bytes, body: bytes) -> Probed:
    """Read the first record of a server's answer: a ServerHello with the version it chose, or an alert."""
    if header[0] == _ALERT and len(body) >= 2:
        told = _ALERTS.get(body[1], f"alert {body[1]}")
        if body[1] in _REFUSALS:
            return Probed(OLD_TLS, REFUSED, f"the server answered with the alert '{told}'")
        return Probed(OLD_TLS, detail=f"the server broke off with '{told}', which does not tell why")
    version = _OLD.get(bytes(body[4:6]))
    if header[0] == _HANDSHAKE and body[:1] == b"\x02" and version:
        return Probed(OLD_TLS, ACCEPTED, f"the server chose {version}")
    return Probed(OLD_TLS, detail="the server's answer is none of TLS")


def handshake(place: Place, server_name: str, timeout: float, ca_file: str = "") -> Handshake:
    """Make a handshake, and let go at once.

    A chain that does not verify is looked at all the same, over a second connection. Raises NoTlsError when the
    server offers no TLS, UnreachableError and CollectionError when nothing came of it.
    """
    end = time.monotonic() + timeout
    strict = _context(ca_file)
    why = ""
    for context in (strict, _lax()):
        try:
            version, cipher, chain = _shake(place, context, server_name, end)
        except ssl.SSLCertVerificationError as problem:
            if context is not strict:
                raise CollectionError(f"{place.address}:{place.port}: {_told(problem)}") from None
            why = plain(problem.verify_message or str(problem), 200)
            continue
        certificates = tuple(read(der) for der in chain)
        name = server_name or place.address
        fits = bool(certificates) and matches(certificates[0].names, name)
        return Handshake(version, cipher, certificates, context is strict, fits, why)
    raise CollectionError(f"{place.address}:{place.port}: no handshake came about")


def _context(ca_file: str) -> ssl.SSLContext:
    """Make a context that verifies the chain; the name is looked at apart, so that both are known."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    if not ca_file or ca_file == "system":
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(Path(ca_file).expanduser())
    except (OSError, ssl.SSLError) as problem:
        raise CollectionError(f"{ca_file}: no authorities can be read there: {_told(problem)}") from None
    return context


def _lax() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # A weak key or signature is something to be reported, not a reason to see nothing.
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _shake(place: Place, context: ssl.SSLContext, server_name: str, end: float) -> tuple[str, str, list[bytes]]:
    with opened(place, end) as link:
        begin(link, place.protocol, end)
        link.settimeout(max(0.1, end - time.monotonic()))
        try:
            with context.wrap_socket(link, server_hostname=server_name or place.address) as secure:
                cipher = secure.cipher()
                return secure.version() or "", cipher[0] if cipher else "", _chain(secure)
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, ValueError) as problem:
            raise CollectionError(f"{place.address}:{place.port}: the handshake failed: {_told(problem)}") from None


@contextmanager
def opened(place: Place, end: float) -> Iterator[socket.socket]:
    """Give a connection that is closed at the end; raises UnreachableError."""
    try:
        link = socket.create_connection((place.address, place.port), timeout=max(0.1, end - time.monotonic()))
    except (OSError, ValueError, OverflowError) as problem:
        raise UnreachableError(f"{place.address}:{place.port}: {_told(problem)}") from None
    with link:
        yield link


def _chain(secure: ssl.SSLSocket) -> list[bytes]:
    """Give what the server sent, as DER; before Python 3.13 the way to it is there, but has no public name."""
    public = getattr(secure, "get_unverified_chain", None)
    if public is not None:
        return list(public())[:10]
    inner = getattr(getattr(secure, "_sslobj", None), "get_unverified_chain", None)
    if inner is not None:
        pem = (part.public_bytes() for part in (inner() or ())[:10])
        return [ssl.PEM_cert_to_DER_cert(text) for text in pem]
    own = secure.getpeercert(binary_form=True)
    return [own] if own else []


def _told(problem: Exception) -> str:
    if isinstance(problem, TimeoutError):
        return "no answer in time"
    if isinstance(problem, ssl.SSLError) and problem.reason:
        return plain(problem.reason.replace("_", " ").lower(), 200)
    if isinstance(problem, OSError) and problem.strerror:
        return plain(problem.strerror, 200)
    return plain(str(problem), 200) or type(problem).__name__
