"""A setting's text as typed cells: switch, number, time, amount, list."""

from __future__ import annotations

import re

from scanner.model.evidence import ABSENT, Cell, Gap, error

_TRUE = frozenset({"on", "true", "yes", "1", "t", "y", "tr", "tru", "ye"})
_FALSE = frozenset({"off", "false", "no", "0", "f", "n", "of", "fa", "fal", "fals"})
_QUANTITY = re.compile(r"\s*([+-]?\d{1,30}(?:\.\d{1,30})?)\s*([A-Za-z]*)\s*")
_OCTAL = re.compile(r"[+-]?0[0-7]+")
"""How modes of files are shown."""
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"B": 1, "kB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_BASE = re.compile(r"(\d*)([A-Za-z]+)")


def items(value: str) -> list[str]:
    """Split a list setting at commas; quotation marks and spaces around each part go."""
    return [part.strip().strip('"') for part in value.split(",") if part.strip().strip('"')]


def typed(value: Cell, vartype: str, unit: str) -> dict[str, Cell]:
    """Give the cells `value enabled number duration size items` for a setting's text.

    `vartype` and `unit` are those of pg_settings; a number without a unit of its own counts in `unit`.
    """
    if not isinstance(value, str):
        return dict.fromkeys(("value", "enabled", "number", "duration", "size", "items"), value)
    cells: dict[str, Cell] = {"value": value, "enabled": ABSENT, "number": ABSENT, "duration": ABSENT, "size": ABSENT}
    cells["items"] = items(value)
    if vartype == "bool":
        cells.update(_switch(value))
    elif vartype == "enum":
        cells["value"] = value.lower()
    elif vartype in ("integer", "real"):
        cells.update(_quantity(value, unit))
    return cells


def _switch(value: str) -> dict[str, Cell]:
    word = value.strip().lower()
    if word in _TRUE:
        return {"value": "on", "enabled": True}
    if word in _FALSE:
        return {"value": "off", "enabled": False}
    return {"enabled": error(f"neither on nor off: {value[:40]!r}")}


def _quantity(value: str, unit: str) -> dict[str, Cell]:
    found = _QUANTITY.fullmatch(value)
    if _OCTAL.fullmatch(value.strip()):
        return {"number": int(value, 8)}
    base = _BASE.fullmatch(unit)
    factor, kind = (int(base[1] or 1) or 1, base[2]) if base else (1, "")
    if found is None or (found[2] and found[2] not in (_SECONDS if kind in _SECONDS else _BYTES)):
        gap: Gap = error(f"not a number: {value[:40]!r}")
        return {"number": gap, "duration": gap, "size": gap}
    amount = float(found[1])
    if kind in _SECONDS:
        seconds = amount * (_SECONDS[found[2]] if found[2] else factor * _SECONDS[kind])
        number = seconds / (factor * _SECONDS[kind])
        return {"number": round(number), "duration": round(seconds, 6) if amount >= 0 else ABSENT}
    if kind in _BYTES:
        size = amount * (_BYTES[found[2]] if found[2] else factor * _BYTES[kind])
        return {"number": round(size / (factor * _BYTES[kind])), "size": round(size) if amount >= 0 else ABSENT}
    return {"number": round(amount)}
