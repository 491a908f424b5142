"""X.509 certificates read as plain data."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from scanner.transport.errors import plain
from scanner.transport.probing import Certificate

_ODD = (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


def read(der: bytes) -> Certificate:
    """Read a certificate; never raises, for a server may send anything."""
    digest = hashlib.sha256(der).hexdigest()
    try:
        found = x509.load_der_x509_certificate(der)
        key_type, key_bits = _key(found)
        return Certificate(
            digest,
            plain(found.subject.rfc4514_string(), 500),
            plain(found.issuer.rfc4514_string(), 500),
            tuple(plain(name, 253) for name in _names(found)[:100]),
            _time(found.not_valid_before_utc),
            _time(found.not_valid_after_utc),
            key_type,
            key_bits,
            _hash(found),
            _authority(found),
            found.subject == found.issuer,
        )
    except _ODD:
        return Certificate(digest)


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _key(found: x509.Certificate) -> tuple[str, int]:
    key = found.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "rsa", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ec", key.key_size
    return type(key).__name__.removesuffix("PublicKey").strip("_").lower(), int(getattr(key, "key_size", 0))


def _hash(found: x509.Certificate) -> str:
    with suppress(UnsupportedAlgorithm):
        algorithm = found.signature_hash_algorithm
        return algorithm.name if algorithm else ""
    return found.signature_algorithm_oid.dotted_string


def _authority(found: x509.Certificate) -> bool:
    with suppress(x509.ExtensionNotFound):
        return found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    return False


def _names(found: x509.Certificate) -> list[str]:
    with suppress(x509.ExtensionNotFound):
        other = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = other.get_values_for_type(x509.DNSName)
        names += [str(address) for address in other.get_values_for_type(x509.IPAddress)]
        if names:
            return names
    common = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return [str(part.value) for part in common]


def matches(names: Iterable[str], expected: str) -> bool:
    """Tell whether a certificate for these names is one for `expected`; `*` stands for one first label (RFC 6125)."""
    wanted = expected.rstrip(".").lower()
    with suppress(ValueError):
        address = ipaddress.ip_address(wanted)
        return any(_same(address, name) for name in names)
    rest = wanted.partition(".")[2]
    return any(
        name.lower() == wanted or (name.startswith("*.") and rest.count(".") > 0 and name[2:].lower() == rest)
        for name in names
    )


def _same(address: ipaddress.IPv4Address | ipaddress.IPv6Address, name: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(name) == address
    return False
