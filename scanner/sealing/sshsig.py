"""Signatures as `ssh-keygen -Y sign` makes and `ssh-keygen -Y verify` checks them (OpenSSH's PROTOCOL.sshsig)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from scanner.model.errors import ReportError
from scanner.sealing.keys import Signer, check
from scanner.sealing.wire import MalformedError, Reader, string

NAMESPACE: Final = "compliance-report@v1"
MAX_BYTES: Final = 65536
_MAGIC: Final = b"SSHSIG"
_BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----\n"
_END: Final = b"-----END SSH SIGNATURE-----\n"
_WIDTH: Final = 70
_HASHES: Final = {"sha512": hashlib.sha512, "sha256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was read, and not checked yet."""

    public: bytes
    namespace: str
    hash: str
    made: bytes
    reserved: bytes = b""


def sign(message: bytes, signer: Signer, namespace: str = NAMESPACE) -> bytes:
    """Sign a message; give the signature as text in ASCII armour."""
    made = signer.sign(_signed(message, namespace, "sha512", b""))
    return armour(Signature(signer.public, namespace, "sha512", made))


def armour(signature: Signature) -> bytes:
    """Give a signature as text, in the one form that OpenSSH writes."""
    blob = b"".join(
        (
            _MAGIC,
            (1).to_bytes(4, "big"),
            string(signature.public),
            string(signature.namespace.encode()),
            string(signature.reserved),
            string(signature.hash.encode()),
            string(signature.made),
        )
    )
    text = base64.b64encode(blob)
    lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
    return _BEGIN + b"".join(line + b"\n" for line in lines) + _END


def read(data: bytes, place: str) -> Signature:
    """Read a signature; raises ReportError for one that OpenSSH would not have written, byte for byte."""
    try:
        found = _read(data)
    except (MalformedError, binascii.Error, UnicodeError) as problem:
        raise ReportError(f"{place}: not an SSH signature: {problem} (it was changed or cut)") from None
    return found


def _read(data: bytes) -> Signature:
    if not data.startswith(_BEGIN) or not data.endswith(_END) or len(data) > MAX_BYTES:
        raise MalformedError("its first or last line is wrong")
    reader = Reader(base64.b64decode(b"".join(data[len(_BEGIN) : -len(_END)].split(b"\n")), validate=True))
    if reader.take(len(_MAGIC)) != _MAGIC or reader.number() != 1:
        raise MalformedError("it is of another version")
    public, namespace, reserved = reader.string(), reader.text(), reader.string()
    found = Signature(public, namespace, reader.text(), reader.string(), reserved)
    reader.end()
    if armour(found) != data:
        raise MalformedError("it is not written as OpenSSH writes signatures")
    return found


def verify(message: bytes, signature: Signature, place: str, namespace: str = NAMESPACE) -> None:
    """Check that the signature's own key made it for this message; raises ReportError.

    Whose key that is, and whether it may sign, is not known here.
    """
    if signature.namespace != namespace:
        raise ReportError(
            f"{place}: the signature is for {signature.namespace[:60]!r}, not for {namespace!r} "
            "(it was made for something else)"
        )
    if signature.hash not in _HASHES:
        raise ReportError(f"{place}: the signature is over {signature.hash[:40]!r}, which does not count (sign anew)")
    try:
        signed = _signed(message, namespace, signature.hash, signature.reserved)
        check(signature.public, signed, signature.made)
    except MalformedError as problem:
        raise ReportError(f"{place}: the signature does not hold: {problem} (do not trust this bundle)") from None


def _signed(message: bytes, namespace: str, name: str, reserved: bytes) -> bytes:
    """Give the bytes that are signed in the place of a message."""
    digest = _HASHES[name](message).digest()
    return _MAGIC + string(namespace.encode()) + string(reserved) + string(name.encode()) + string(digest)
