"""SSH keys: private ones that sign, public ones that check, each in the wire format (RFC 4253, 5656, 8332, 8709)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from scanner.model.errors import ConfigurationError
from scanner.sealing.wire import MalformedError, Reader, mpint, string

Public: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
Private: TypeAlias = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

RSA_BITS: Final = 2048
"""Shorter RSA keys neither sign nor count."""
_CURVES: Final[dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]]] = {
    "ecdsa-sha2-nistp256": (ec.SECP256R1(), hashes.SHA256()),
    "ecdsa-sha2-nistp384": (ec.SECP384R1(), hashes.SHA384()),
    "ecdsa-sha2-nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_RSA: Final[dict[str, hashes.HashAlgorithm]] = {"rsa-sha2-512": hashes.SHA512(), "rsa-sha2-256": hashes.SHA256()}
ED25519: Final = "ssh-ed25519"
RSA: Final = "ssh-rsa"
KINDS: Final = (ED25519, *_CURVES, RSA)


@dataclass(frozen=True, slots=True)
class Signer:
    """Something that signs with the private half of a public key."""

    public: bytes
    """The public key in the wire format."""
    sign: Callable[[bytes], bytes]
    """Bytes > the signature in the wire format."""


def fingerprint(blob: bytes) -> str:
    """Give a public key's fingerprint as `ssh-keygen -l` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def kind_of(blob: bytes) -> str:
    """Give the kind of a public key; raises MalformedError."""
    return Reader(blob).text()


def open_private(text: str, passphrase: str, place: str) -> Signer:
    """Open an OpenSSH (or PEM) private key; raises ConfigurationError, which never holds the key or the passphrase."""
    secret = passphrase.encode() if passphrase else None
    data = text.encode() + b"\n"
    load = serialization.load_ssh_private_key if "OPENSSH PRIVATE KEY" in text else serialization.load_pem_private_key
    problem = ""
    try:
        key = load(data, secret)
    except TypeError:
        need = "has a passphrase (name it with --sign-passphrase)"
        problem = "has no passphrase, and one is given (drop --sign-passphrase)" if passphrase else need
    except (ValueError, UnsupportedAlgorithm):
        wrong = "cannot be opened: the passphrase is wrong, or it is damaged"
        problem = wrong if passphrase else "is no private key that can be read here (make one with ssh-keygen)"
    if problem:
        raise ConfigurationError(f"{place}: the key {problem}")
    if not isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ConfigurationError(f"{place}: a key of this kind does not sign here (use ed25519, ecdsa or rsa)")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < RSA_BITS:
        raise ConfigurationError(f"{place}: an RSA key of {key.key_size} bits is too short (use ed25519)")
    blob = public_blob(key.public_key())
    return Signer(blob, lambda data: _sign(key, data))


def public_blob(key: Public) -> bytes:
    """Give a public key in the wire format."""
    text = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64decode(text.split()[1])


def _sign(key: Private, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return string(ED25519.encode()) + string(key.sign(data))
    if isinstance(key, rsa.RSAPrivateKey):
        made = key.sign(data, padding.PKCS1v15(), hashes.SHA512())
        return string(b"rsa-sha2-512") + string(made)
    name = kind_of(public_blob(key.public_key()))
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(_CURVES[name][1])))
    return string(name.encode()) + string(mpint(r) + mpint(s))


def open_public(blob: bytes) -> Public:
    """Read a public key; raises MalformedError for damaged ones and for kinds that are not known here."""
    reader = Reader(blob)
    try:
        key = _public(reader.text(), reader)
    except MalformedError:
        raise
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise MalformedError("no key") from problem
    reader.end()
    return key


def _public(kind: str, reader: Reader) -> Public:
    if kind == ED25519:
        return ed25519.Ed25519PublicKey.from_public_bytes(reader.string())
    if kind in _CURVES:
        if reader.text() != kind.removeprefix("ecdsa-sha2-"):
            raise MalformedError("the curve is not that of the key's kind")
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[kind][0], reader.string())
    if kind == RSA:
        exponent, modulus = reader.mpint(), reader.mpint()
        if not RSA_BITS <= modulus.bit_length() <= 16384:
            raise MalformedError(f"an RSA key of {modulus.bit_length()} bits does not count")
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    raise MalformedError(f"keys of kind {kind[:40]!r} are not known here")


def check(blob: bytes, data: bytes, signature: bytes) -> None:
    """Check a signature in the wire format; raises MalformedError when the key did not make it for these bytes."""
    key, reader = open_public(blob), Reader(signature)
    kind, made = reader.text(), reader.string()
    reader.end()
    try:
        if isinstance(key, ed25519.Ed25519PublicKey) and kind == ED25519:
            key.verify(made, data)
        elif isinstance(key, rsa.RSAPublicKey) and kind in _RSA:
            key.verify(made, data, padding.PKCS1v15(), _RSA[kind])
        elif isinstance(key, ec.EllipticCurvePublicKey) and kind == kind_of(blob):
            parts = Reader(made)
            r, s = parts.mpint(), parts.mpint()
            parts.end()
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(_CURVES[kind][1]))
        else:
            raise MalformedError(f"a signature of kind {kind[:40]!r} does not belong to its key")
    except InvalidSignature:
        raise MalformedError("the key did not make this signature") from None
