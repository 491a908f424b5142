"""TLS of the `https` transport: verified by authorities, or by the fingerprint of one certificate, before a byte is sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from scanner.model.errors import ConfigurationError
from scanner.transport.errors import because


@dataclass(frozen=True, slots=True)
class Trusted:
    """What is trusted, and what we show of ourselves; texts in PEM stand where no file does."""

    ca_file: str = ""
    ca_text: str = ""
    fingerprint: str = ""
    """SHA-256 of the one certificate that is trusted, in any usual writing."""
    client_cert: str = ""
    client_key: str = ""
    client_text: str = ""
    """Certificate and key of the client as PEM, instead of files."""


class Trust(ssl.SSLContext):
    """A context whose sockets compare the certificate's fingerprint as part of the handshake."""

    expected: str = ""
    """Hexadecimal digits; empty when the authorities alone decide."""
    met: str = ""
    """The fingerprint that the last server showed."""


class _Pinned(ssl.SSLSocket):
    """A socket that is closed to whoever shows another certificate than the expected one."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands, then look whose hand it was."""
        super().do_handshake(block)
        context = self.context
        if not isinstance(context, Trust):
            return
        shown = self.getpeercert(binary_form=True) or b""
        context.met = hashlib.sha256(shown).hexdigest()
        if context.expected and not hmac.compare_digest(context.met, context.expected):
            raise ssl.SSLCertVerificationError(f"its certificate has the fingerprint {spelled(context.met)}")


def trust(trusted: Trusted) -> Trust:
    """Make the context of a client.

    A fingerprint stands instead of the authorities, unless a `ca_file` asks for both. Raises ConfigurationError
    when a file cannot be read.
    """
    context = Trust(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = _Pinned
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trusted.fingerprint:
        context.expected = digits(trusted.fingerprint)
    own = trusted.ca_file not in ("", "system")
    if context.expected and not own and not trusted.ca_text:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif own or trusted.ca_text:
        _load_authorities(context, trusted)
    else:
        context.load_default_certs()
    _load_client(context, trusted)
    return context


def digits(fingerprint: str) -> str:
    """Give a SHA-256 fingerprint as 64 lower hexadecimal digits; raises ConfigurationError for what is none."""
    bare = fingerprint.strip()
    with suppress(ValueError):
        if bare.upper().startswith("SHA256:"):
            raw = base64.b64decode(bare[7:] + "=" * (-len(bare[7:]) % 4), validate=True)
        else:
            raw = bytes.fromhex(bare.replace(":", ""))
        if len(raw) == 32:
            return raw.hex()
    raise ConfigurationError("fingerprint: this is no SHA-256 fingerprint (write 32 pairs of hexadecimal digits)")


def spelled(fingerprint: str) -> str:
    """Give a fingerprint as people compare it: `AB:CD:…`."""
    upper = fingerprint.upper()
    return ":".join(upper[at : at + 2] for at in range(0, len(upper), 2))


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return False


def _load_authorities(context: Trust, trusted: Trusted) -> None:
    path = Path(trusted.ca_file).expanduser() if trusted.ca_file else None
    try:
        context.load_verify_locations(cafile=path, cadata=None if path else trusted.ca_text)
    except (OSError, ValueError) as problem:
        place = trusted.ca_file or "the authorities of the kubeconfig"
        raise ConfigurationError(f"{place}: no certificates can be read there: {because(problem)}") from None


def _load_client(context: Trust, trusted: Trusted) -> None:
    if not trusted.client_cert and not trusted.client_text:
        return
    try:
        if trusted.client_text:
            with _in_memory(trusted.client_text) as place:
                context.load_cert_chain(place, password=_no_passphrase)
            return
        key = Path(trusted.client_key).expanduser() if trusted.client_key else None
        context.load_cert_chain(Path(trusted.client_cert).expanduser(), key, password=_no_passphrase)
    except (OSError, ValueError) as problem:
        place = trusted.client_cert or "the client certificate of the kubeconfig"
        raise ConfigurationError(f"{place}: certificate and key cannot be used: {because(problem)}") from None


def _no_passphrase() -> str:
    """Stand where OpenSSL would ask at the terminal."""
    raise ValueError("the key has a passphrase (keep one without it, readable by its owner alone)")


@contextmanager
def _in_memory(text: str) -> Iterator[str]:
    """Give a path to a text that never lies on a disk; OpenSSL reads keys from paths alone."""
    place = os.memfd_create("client", os.MFD_CLOEXEC)
    try:
        os.write(place, text.encode())
        yield f"/proc/self/fd/{place}"
    finally:
        os.close(place)
