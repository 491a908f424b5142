"""The file of allowed signers (ssh-keygen(1), ALLOWED SIGNERS): who may sign with which key, for what, and when."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import translate
from functools import lru_cache
from typing import Final

from scanner.model.errors import ConfigurationError, ReportError
from scanner.sealing.keys import KINDS, fingerprint

_TIME = re.compile(r"\d{8}(?:\d{4}(?:\d{2})?)?Z?", re.ASCII)
_FORMS: Final = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_OPTIONS: Final = ("cert-authority", "namespaces", "valid-after", "valid-before")


@dataclass(frozen=True, slots=True)
class Allowed:
    """One line: identities that may sign with a key."""

    principals: str
    """Patterns with commas between them; `!` denies."""
    key: bytes
    place: str
    namespaces: str = ""
    """Patterns, empty for any."""
    after: datetime | None = None
    before: datetime | None = None
    authority: bool = False
    """The key signs certificates, not bundles."""


def read_signers(text: str, path: str) -> tuple[Allowed, ...]:
    """Read a file of allowed signers; raises ConfigurationError with the first line that is wrong."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if words and not words.startswith("#"):
            found.append(_allowed(words, f"{path}:{number}"))
    if not found:
        raise ConfigurationError(f"{path}: no signer is allowed (write a line: jo@example.org ssh-ed25519 AAAA…)")
    return tuple(found)


def _allowed(line: str, place: str) -> Allowed:
    words = _words(line, place)
    if len(words) < 3:
        raise ConfigurationError(f"{place}: not a line of allowed signers (write who, then the public key)")
    principals = words[0].strip('"')
    plain = words[1] in KINDS or words[1].startswith(("ssh-", "ecdsa-", "sk-"))
    kind, key = (words[1], words[2]) if plain else (words[2], words[3] if len(words) > 3 else "")
    options = {} if plain else _options(words[1], place)
    try:
        blob = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        blob = b""
    if not blob.startswith(len(kind).to_bytes(4, "big") + kind.encode()):
        raise ConfigurationError(f"{place}: there is no public key of kind {kind[:40]!r} (copy the .pub file's line)")
    return Allowed(
        principals,
        blob,
        place,
        options.get("namespaces", ""),
        _moment(options["valid-after"], place) if "valid-after" in options else None,
        _moment(options["valid-before"], place) if "valid-before" in options else None,
        "cert-authority" in options,
    )


def _words(line: str, place: str) -> list[str]:
    """Split at blanks outside of quotes."""
    if line.count('"') % 2:
        raise ConfigurationError(f"{place}: a quote is not closed (close it)")
    return re.findall(r'(?:"[^"]*"|[^\s"])+', line)


def _options(text: str, place: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in re.findall(r'(?:"[^"]*"|[^,"])+', text):
        name, equals, value = each.partition("=")
        name = name.lower()
        if name not in _OPTIONS or bool(equals) == (name == "cert-authority") or name in found:
            raise ConfigurationError(f"{place}: the option {each[:60]!r} is not known (known: {', '.join(_OPTIONS)})")
        if equals and not (len(value) > 1 and value[0] == value[-1] == '"'):
            raise ConfigurationError(f'{place}: the value of {name} stands in no quotes (write {name}="…")')
        found[name] = value.strip('"')
    return found


def _moment(text: str, place: str) -> datetime:
    """Give a time; without a Z it is one of this machine's zone, as it is for OpenSSH."""
    digits = text.removesuffix("Z")
    try:
        if _TIME.fullmatch(text):
            moment = datetime.strptime(digits, _FORMS[len(digits)])  # noqa: DTZ007
            return moment.replace(tzinfo=UTC) if text.endswith("Z") else moment.astimezone()
    except (ValueError, OverflowError):
        pass
    raise ConfigurationError(f"{place}: '{text[:40]}' is no time (write YYYYMMDD or YYYYMMDDHHMMSSZ)")


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    # Brackets mean themselves in OpenSSH's patterns.
    return re.compile(translate(text.replace("[", "[[]")))


def matches(patterns: str, word: str) -> bool:
    """Tell whether a word matches a list of patterns (PATTERNS in ssh_config(5)): one must, and none with `!` may."""
    found = False
    for each in patterns.split(","):
        if each.startswith("!"):
            if _pattern(each[1:].strip()).fullmatch(word):
                return False
        elif each.strip() and _pattern(each.strip()).fullmatch(word):
            found = True
    return found


def identify(allowed: tuple[Allowed, ...], key: bytes, identity: str, namespace: str, at: datetime, place: str) -> str:
    """Give who signed: the identity asked for, or without one the principals of the line that lets the key sign.

    `at` is the time at which the key must be valid. Raises ReportError when no line allows it, with the reason of
    the line that comes nearest.
    """
    why = ""
    for line in allowed:
        if line.key != key:
            continue
        if identity and not matches(line.principals, identity):
            why = why or f"it is the key of {line.principals}, not of {identity}"
            continue
        reasons = list(_against(line, namespace, at))
        if not reasons:
            return identity or line.principals
        why = f"{line.place}: {reasons[0]}"
    wrong = why or "nobody who may sign has that key"
    raise ReportError(f"{place}: signed with {fingerprint(key)}, and {wrong} (do not trust this bundle)")


def _against(line: Allowed, namespace: str, at: datetime) -> Iterator[str]:
    if line.authority:
        yield "the key is a certificate authority's, and certificates are not supported here"
    if line.namespaces and not matches(line.namespaces, namespace):
        yield f"the key may not sign for {namespace}"
    if line.after is not None and at < line.after:
        yield f"the key is not valid before {line.after:%Y-%m-%d %H:%M %Z}"
    if line.before is not None and at > line.before:
        yield f"the key was valid until {line.before:%Y-%m-%d %H:%M %Z}"
