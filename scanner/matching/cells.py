"""Cells of evidence read into comparable values; what does not fit its declared type is a surprise, never a verdict."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from scanner.matching.versions import version_key
from scanner.model.fact import Kind, Type

Reader: TypeAlias = Callable[[Any], Any]
"""Gives a comparable, hashable value of a cell that is neither absent nor a gap; raises SurpriseError."""

_SHOWN = 40


class SurpriseError(ValueError):
    """The evidence holds something that its declared type does not allow."""


def reader(type_: Type) -> Reader:
    """Give the function that reads cells of this type."""
    one = _literals(type_) if type_.kind is Kind.ENUM and type_.literals else _READERS[type_.kind]
    return _many(one, type_) if type_.many else one


def moment(text: str) -> float | None:
    """Give the seconds since 1970 of an RFC 3339 time; None for an empty text or what is no zoned time."""
    return _moment(text) if isinstance(text, str) else None


# Every assertion on a host asks for the same few times.
@lru_cache(maxsize=256)
def _moment(text: str) -> float | None:
    try:
        return _time(text)
    except SurpriseError:
        return None


def _surprise(cell: object, declared: str) -> SurpriseError:
    names = {"str": "text", "bool": "a bool", "int": "a number", "float": "a number", "NoneType": "nothing"}
    name = type(cell).__name__
    return SurpriseError(f"the evidence holds {names.get(name, f'a {name}')} where {declared} was declared")


def _malformed(cell: str, declared: str) -> SurpriseError:
    shown = cell if len(cell) <= _SHOWN else cell[:_SHOWN] + "…"
    return SurpriseError(f"the evidence holds {shown!r} where {declared} was declared")


def _many(one: Reader, type_: Type) -> Reader:
    def read(cell: Any) -> tuple[Any, ...]:
        if isinstance(cell, (list, tuple)):
            return tuple(one(item) for item in cell)
        raise _surprise(cell, f"a {type_}")

    return read


def _literals(type_: Type) -> Reader:
    allowed = frozenset(type_.literals)

    def read(cell: Any) -> str:
        text = _text(cell)
        if text not in allowed:
            raise _malformed(text, f"one of {', '.join(type_.literals)}")
        return text

    return read


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    raise _surprise(cell, "text")


def _int(cell: Any) -> int:
    if type(cell) is int:
        return cell
    raise _surprise(cell, "a whole number")


def _bool(cell: Any) -> bool:
    if type(cell) is bool:
        return cell
    raise _surprise(cell, "a bool")


def _number(cell: Any) -> float:
    if type(cell) is int or (type(cell) is float and math.isfinite(cell)):
        return cell
    raise _surprise(cell, "a number of seconds")


def _time(cell: Any) -> float:
    text = _text(cell)
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise _malformed(text, "a time with its zone")
        return found.timestamp()
    except (ValueError, OverflowError):
        raise _malformed(text, "a time with its zone") from None


def _version(cell: Any) -> Any:
    text = _text(cell)
    try:
        return version_key(text)
    except ValueError:
        raise _malformed(text, "a version") from None


_MODES = {f"{bits:04o}": bits for bits in range(0o10000)}


def _mode(cell: Any) -> int:
    try:
        return _MODES[cell]
    except (KeyError, TypeError):
        raise _malformed(_text(cell), "a mode of four octal digits") from None


def _address(cell: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    text = _text(cell)
    try:
        bare = text.split("%", 1)[0]
        found = ipaddress.ip_network(bare, strict=False)
    except ValueError:
        raise _malformed(text, "an address or network") from None
    mapped = found.network_address.ipv4_mapped if found.version == 6 else None
    if mapped is not None and found.prefixlen >= 96:
        return ipaddress.ip_network(f"{mapped}/{found.prefixlen - 96}")
    return found


def _map(cell: Any) -> Mapping[str, str]:
    if isinstance(cell, Mapping) and all(type(part) is str for entry in cell.items() for part in entry):
        return cell
    raise _surprise(cell, "a map of text")


_READERS: Mapping[Kind, Reader] = {
    Kind.TEXT: _text,
    Kind.ENUM: _text,
    Kind.INT: _int,
    Kind.BOOL: _bool,
    Kind.DURATION: _number,
    Kind.SIZE: _int,
    Kind.TIME: _time,
    Kind.VERSION: _version,
    Kind.MODE: _mode,
    Kind.ADDRESS: _address,
    Kind.MAP: _map,
}
