"""OpenSSL's cipher strings, expanded to the suites that they stand for."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SEPARATOR = re.compile(r"[:, ;]+")
_LONGEST = 2000
_STRONG_BITS = 128


@dataclass(frozen=True, slots=True)
class Suites:
    """What a cipher string stands for, by the OpenSSL of this machine."""

    names: tuple[str, ...]
    weak: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    """Words that add suites and that this OpenSSL does not know: the server's may."""


def expand(string: str) -> Suites:
    """Give the suites of TLS 1.2 and older that a cipher string of a server allows (openssl-ciphers(1)).

    Raises ValueError for a string that allows none, or that cannot be one. Security levels are left out, for the
    server's own is not known here: more suites than it would agree to may be listed, never fewer.
    """
    words = [word for word in _SEPARATOR.split(string.strip()) if word]
    if len(string) > _LONGEST or not words:
        raise ValueError("not a cipher string")
    kept = [word for word in words if not word.upper().startswith("@SECLEVEL")]
    found = _suites(":".join(kept))
    if found is None:
        raise ValueError(f"OpenSSL finds no cipher in {string[:100]}")
    unknown = tuple(word for word in kept if word[0] not in "!-+@" and not _known(word))
    return Suites(tuple(each["name"] for each in found), tuple(each["name"] for each in found if _weak(each)), unknown)


def _suites(string: str) -> list[Mapping[str, Any]] | None:
    """Give what OpenSSL knows of each suite; None when there is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.set_ciphers(f"{string}:@SECLEVEL=0")
    except (ssl.SSLError, ValueError):
        return None
    # Suites of TLS 1.3 are always listed, and have nothing to do with the string.
    return [each for each in context.get_ciphers() if each["protocol"] != "TLSv1.3"]


def _known(word: str) -> bool:
    # `NULL` and the like are known, but stand for nothing unless the security level is 0, which it is here.
    return bool(_suites(word))


def _weak(suite: Mapping[str, Any]) -> bool:
    forward = suite.get("kea") in ("kx-ecdhe", "kx-dhe", "kx-ecdhe-psk", "kx-dhe-psk")
    return (
        not forward
        or not suite.get("aead")
        or suite.get("auth") == "auth-null"
        or suite.get("strength_bits", 0) < _STRONG_BITS
    )


def library() -> str:
    """Name the OpenSSL that expands."""
    return ssl.OPENSSL_VERSION
