"""Values of foreign JSON made into cells: what is not there is absent, what is odd is a gap, nothing raises."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from scanner.model.evidence import ABSENT, Absent, Cell, Gap, error

_LONGEST = 2_000
_DEEPEST = 60
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d{1,12})?(Z|z|[+-]\d\d:?\d\d)?")
_EARLIEST = 1990
"""Programs write times before it for `never`, and clocks show them that were never set."""


def parsed(data: bytes | str) -> Any:
    """Read JSON of UTF-8, with or without a byte order mark, or of UTF-16 with one.

    Raises ValueError, in plain words, for what is none, or is nested deeper than anybody means.
    """
    try:
        text = data if isinstance(data, str) else _decoded(data)
        found = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError as problem:
        raise ValueError(f"it is no JSON, or was cut: {problem.msg} in line {problem.lineno}") from None
    except ValueError:
        raise ValueError("it is no JSON, or not in UTF-8") from None
    if _deep(found, _DEEPEST):
        raise ValueError("it is nested too deeply")
    return found


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def _deep(raw: Any, left: int) -> bool:
    if not isinstance(raw, dict | list):
        return False
    inner: Iterable[Any] = raw.values() if isinstance(raw, dict) else raw
    return left == 0 or any(_deep(each, left - 1) for each in inner)


def at(raw: Any, *path: str) -> Any:
    """Follow a path of keys; None as soon as there is nothing."""
    for key in path:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw


def mappings(raw: Any) -> list[dict[str, Any]]:
    """Give the maps of a list; everything else is left out."""
    return [each for each in raw if isinstance(each, dict)] if isinstance(raw, list) else []


def words(raw: Any) -> list[str]:
    """Give the texts of a list; everything else is left out."""
    return [bounded(each) for each in raw if isinstance(each, str)] if isinstance(raw, list) else []


def word(raw: Any) -> str:
    """Give a text, cut to a bounded length; anything else is empty."""
    return bounded(raw) if isinstance(raw, str) else ""


def bounded(raw: str) -> str:
    """Cut a text to a bounded length; halves of surrogate pairs, which no file can hold, are spelt out."""
    return raw[:_LONGEST].encode("utf-8", "backslashreplace").decode()


def text(raw: Any, what: str = "it") -> str | Absent | Gap:
    """Give a text's cell; an empty one is absent."""
    if raw is None or raw == "":
        return ABSENT
    return bounded(raw) if isinstance(raw, str) else error(f"{what} is no text")


def flag(raw: Any, what: str = "it") -> bool | Absent | Gap:
    """Give a truth value's cell."""
    if raw is None:
        return ABSENT
    return raw if isinstance(raw, bool) else error(f"{what} is neither true nor false")


def whole(raw: Any, what: str = "it") -> int | Absent | Gap:
    """Give a whole number's cell, also where it came as a double; negative ones are odd."""
    if raw is None:
        return ABSENT
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return error(f"{what} is no number")
    if isinstance(raw, float) and not (math.isfinite(raw) and raw == int(raw)):
        return error(f"{what} is no whole number")
    return int(raw) if 0 <= raw < 2**63 else error(f"{what} is out of all bounds")


def moment(raw: Any, what: str = "the time") -> str | Absent | Gap:
    """Give a time's cell in UTC to the second; one without a zone is a gap, for its moment is not known."""
    if raw is None or raw == "":
        return ABSENT
    read = _moment(raw) if isinstance(raw, str) and len(raw) < 60 else "cannot be read"
    return read if read.endswith("Z") else error(f"{what} {read}")


@lru_cache(maxsize=50_000)
def _moment(raw: str) -> str:
    """Give a time in UTC, which ends in Z, or what is wrong with it, which does not."""
    found = _MOMENT.fullmatch(raw)
    if found is None:
        return "cannot be read"
    if found[3] is None:
        return "has no time zone"
    try:
        zone = "+00:00" if found[3] in "Zz" else found[3]
        when = datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return "is no moment of the calendar"
    if when.year < _EARLIEST:
        return f"lies before {_EARLIEST}"
    return when.replace(tzinfo=None).isoformat() + "Z"


def known(cell: Cell) -> bool:
    """Tell whether a cell holds a value."""
    return cell is not ABSENT and not isinstance(cell, Gap)


def seconds_between(earlier: str, later: str) -> float | None:
    """Give the seconds from one time of ours to another; None where one is none."""
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except (ValueError, TypeError):
        return None


def chosen(table: Mapping[str, str], raw: Any, what: str) -> str | Absent | Gap:
    """Translate a foreign word; one that the table does not have is a gap that tells it."""
    if raw is None or raw == "":
        return ABSENT
    if isinstance(raw, str) and raw.casefold() in table:
        return table[raw.casefold()]
    return error(f"{what} is {str(raw)[:60]!r}, which we do not know")
