"""What probes of a server bring back: whether it refused what it should, and the certificate that it shows."""

from __future__ import annotations

from dataclasses import dataclass

PLAINTEXT, OLD_TLS, CERTIFICATE = "plaintext", "old-tls", "certificate"
UNAUTHENTICATED = "unauthenticated"
"""The kinds of probes that an inventory may opt into."""
ACCEPTED, REFUSED, NO_TLS = "accepted", "refused", "no-tls"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says; times are RFC 3339 in UTC, empty texts say that it cannot be read."""

    sha256: str
    """Hash of the whole certificate, in hex."""
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    """DNS names and addresses that it is for; the common name where it has none of these."""
    not_before: str = ""
    not_after: str = ""
    key_type: str = ""
    """`rsa`, `ec`, or another algorithm's name."""
    key_bits: int = 0
    """0 for keys that have but one size."""
    signature_hash: str = ""
    """Hash of the signature, such as `sha256`; empty for algorithms that have their own."""
    authority: bool = False
    self_signed: bool = False
    """True when it names itself as its issuer."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """A handshake that came about."""

    version: str
    """Such as `TLSv1.3`."""
    cipher: str
    certificates: tuple[Certificate, ...]
    """As the server sent them, its own first."""
    trusted: bool
    """True when the chain leads to an authority that we trust, and is in its time."""
    name_matches: bool
    """True when the server's certificate is for the name that was expected."""
    why_not: str = ""
    """What verification says against the chain."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of one probe; an empty outcome says that it could not be told, and `detail` why."""

    kind: str
    outcome: str = ""
    """`refused`, `accepted`, or `no-tls` for a server that offers no TLS at all."""
    detail: str = ""
    handshake: Handshake | None = None
