"""Objects of Kubernetes read with care: names, labels, quantities, and durations as Go writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from scanner.collection.exported.values import at, word
from scanner.model.evidence import ABSENT, Absent, Gap, error

_GO = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_QUANTITY = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)(?:([KMGTPE]i)|([kMGTPE])|[eE]([+]?\d{1,2}))?")
_MOST = 2**63


def name(raw: Any) -> str:
    """Give the name of an object; empty when it has none."""
    return word(at(raw, "metadata", "name"))


def namespace(raw: Any) -> str:
    """Give the namespace of an object; empty for those of the whole cluster."""
    return word(at(raw, "metadata", "namespace"))


def full_name(raw: Any) -> str:
    """Give `namespace/name`, or the name alone."""
    return f"{namespace(raw)}/{name(raw)}" if namespace(raw) else name(raw)


def uid(raw: Any) -> str:
    """Give the unique id of an object."""
    return word(at(raw, "metadata", "uid"))


def labels(raw: Any) -> dict[str, str]:
    """Give the labels of an object."""
    found = at(raw, "metadata", "labels")
    pairs: Mapping[Any, Any] = found if isinstance(found, dict) else {}
    return {word(key)[:300]: word(value)[:300] for key, value in pairs.items() if isinstance(value, str)}


def go_duration(raw: Any) -> float | Absent | Gap:
    """Give the seconds of a duration such as `720h0m0s`."""
    if raw is None or raw == "":
        return ABSENT
    if not isinstance(raw, str) or len(raw) > 60:
        return error("the duration cannot be read")
    parts = _GO.findall(raw)
    if not parts or "".join(number + unit for number, unit in parts) != raw:
        return error(f"the duration {raw!r} cannot be read")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return seconds if seconds < _MOST else error("the duration is out of all bounds")


def quantity(raw: Any) -> int | Absent | Gap:
    """Give the bytes of a quantity such as `10Gi` or `5e9`."""
    if raw is None or raw == "":
        return ABSENT
    found = _QUANTITY.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        return error("the size cannot be read")
    try:
        number = Decimal(found[1])
    except InvalidOperation:
        return error("the size cannot be read")
    if found[2]:
        number *= 2 ** (10 * ("KMGTPE".index(found[2][0]) + 1))
    elif found[3]:
        number *= 10 ** (3 * ("kMGTPE".index(found[3]) + 1))
    elif found[4]:
        number *= Decimal(10) ** int(found[4])
    return int(number) if number < _MOST else error("the size is out of all bounds")
