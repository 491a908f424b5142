"""Literals: from what YAML gives to the form that evidence has, and from evidence to words for people."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from scanner.matching.units import duration, duration_words, size, size_words
from scanner.matching.versions import version_key
from scanner.model.errors import near
from scanner.model.evidence import ABSENT, Gap
from scanner.model.fact import Kind, Type

_MODE = re.compile(r"[0-7]{3,4}", re.ASCII)


def literal(type_: Type, raw: object) -> Any:
    """Convert what YAML gave into the evidence form of the type.

    Durations become seconds, sizes bytes, times RFC 3339 in UTC, modes four octal digits, addresses their
    compressed form. Raises ValueError whose text reads `what is wrong (what to do)`.
    """
    if raw is None:
        raise ValueError(f"nothing is written where {type_} is declared (write a value, or {{absent: true}})")
    if not type_.many:
        return _one(type_, raw)
    if not isinstance(raw, list):
        raise _refuse(raw, type_, f"write it as a list: [{_plain(raw)}]")
    inner = Type(type_.kind, literals=type_.literals)
    return [literal(inner, item) for item in raw]


def show(type_: Type, value: object) -> str:
    """Render a value in evidence form for people; what does not fit the type is shown as it is."""
    if isinstance(value, str):
        return value or "an empty text"
    if isinstance(value, Gap):
        return f"{value.kind}: {value}"
    if isinstance(value, (list, tuple)):
        inner = Type(type_.kind, literals=type_.literals)
        return ", ".join(show(inner, item) for item in value) or "an empty list"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" for key, item in value.items()) or "an empty map"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)) and type_.kind is Kind.DURATION:
        return duration_words(value)
    if isinstance(value, int) and type_.kind is Kind.SIZE:
        return size_words(value)
    return "absent" if value is ABSENT else str(value)


def _one(type_: Type, raw: object) -> Any:
    if type_.kind is Kind.ENUM:
        return _enum(type_, raw)
    return _CONVERTERS[type_.kind](raw)


def _seen(raw: object) -> str:
    """Name what YAML read, so that its author sees what became of it."""
    if isinstance(raw, bool):
        return f"the bool {_plain(raw)} was read"
    if isinstance(raw, (int, float)):
        return f"the number {raw} was read"
    if isinstance(raw, str):
        return f"the text {raw!r} was read"
    names = {"list": "list", "dict": "map"}
    name = type(raw).__name__
    return f"a {names.get(name, name)} was read"


def _plain(raw: object) -> str:
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def _refuse(raw: object, kind: Kind | Type, remedy: str) -> ValueError:
    return ValueError(f"{_seen(raw)} where {kind} is declared ({remedy})")


def _texts(kind: Kind, raw: object) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        raise _refuse(raw, kind, 'quote it: write "yes", "no" or the word that is meant')
    if isinstance(raw, (int, float, date)):
        raise _refuse(raw, kind, f'quote it as it is meant, such as "{raw}"')
    raise _refuse(raw, kind, "write one text")


def _text(raw: object) -> str:
    return _texts(Kind.TEXT, raw)


def _enum(type_: Type, raw: object) -> str:
    word = _texts(Kind.ENUM, raw)
    if word not in type_.literals:
        hint = near(word, type_.literals) or f" (write one of {', '.join(type_.literals)})"
        raise ValueError(f"{word!r} is none of the literals{hint}")
    return word


def _int(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    raise _refuse(raw, Kind.INT, "write a whole number without quotes")


def _bool(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    raise _refuse(raw, Kind.BOOL, "write true or false without quotes")


def _duration(raw: object) -> int | float:
    if isinstance(raw, str):
        return duration(raw)
    if raw == 0 and not isinstance(raw, bool):
        return 0
    raise _refuse(raw, Kind.DURATION, f"write it with a unit, such as {_count(raw)}s or {_count(raw)}d")


def _size(raw: object) -> int:
    if isinstance(raw, str):
        return size(raw)
    if raw == 0 and not isinstance(raw, bool):
        return 0
    raise _refuse(raw, Kind.SIZE, f"write it with a unit, such as {_count(raw)} MiB or {_count(raw)} B")


def _count(raw: object) -> int | float:
    return raw if isinstance(raw, (int, float)) and not isinstance(raw, bool) else 90


def _time(raw: object) -> str:
    remedy = 'write such as "2026-11-20" or "2026-11-20T01:02:03Z"'
    if isinstance(raw, (datetime, date)):
        raise _refuse(raw, Kind.TIME, f'quote it: "{raw}"')
    text = _texts(Kind.TIME, raw)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time ({remedy})") from None
    if moment.tzinfo is None and len(text) > len("2026-11-20"):
        raise ValueError(f"{text!r} does not say its time zone (add Z for UTC)")
    try:
        zoned = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside of the calendar ({remedy})") from None
    return zoned.isoformat().replace("+00:00", "Z")


def _version(raw: object) -> str:
    text = _texts(Kind.VERSION, raw)
    try:
        version_key(text)
    except ValueError as wrong:
        raise ValueError(f"{text!r}: {wrong}") from None
    return text


def _mode(raw: object) -> str:
    if isinstance(raw, int) and not isinstance(raw, bool):
        raise _refuse(raw, Kind.MODE, 'quote the octal digits, such as "0644"')
    text = _texts(Kind.MODE, raw)
    if not _MODE.fullmatch(text):
        raise ValueError(f'{text!r} is no mode (write four octal digits in quotes, such as "0644")')
    return text.zfill(4)


def _address(raw: object) -> str:
    text = _texts(Kind.ADDRESS, raw)
    try:
        return str(ipaddress.ip_network(text)) if "/" in text else str(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no address (write such as 10.0.0.1, 10.0.0.0/8 or fd00::/8)") from None
    raise ValueError(f"{text!r} has bits set behind its prefix (write {network})")


def _map(raw: object) -> dict[str, str]:
    if not isinstance(raw, dict):
        raise _refuse(raw, Kind.MAP, "write a map of texts, such as {env: prod}")
    return {_text(key): _text(value) for key, value in raw.items()}


_CONVERTERS: Mapping[Kind, Callable[[object], Any]] = {
    Kind.TEXT: _text,
    Kind.INT: _int,
    Kind.BOOL: _bool,
    Kind.DURATION: _duration,
    Kind.SIZE: _size,
    Kind.TIME: _time,
    Kind.VERSION: _version,
    Kind.MODE: _mode,
    Kind.ADDRESS: _address,
    Kind.MAP: _map,
}
