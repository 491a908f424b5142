"""Values of a tool's JSON that nobody vouches for: typed when they are what they should be, None when not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from scanner.collection.linux.text import tail

_LATEST = 253402300799
"""The last second of the year 9999."""
_OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
_FRACTION = re.compile(r"\.\d+")
MAX_ROWS = 100_000
"""Rows of one answer that are looked at."""


class OddError(ValueError):
    """What came is not what the tool is known to say."""


def document(raw: bytes | str) -> Any:
    """Read JSON that may hold bytes which are not UTF-8 and bare control characters; what follows it is ignored.

    Raises OddError for anything that is no JSON, or nested too deep.
    """
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        glimpse = f": {tail(text, 100)}" if text.strip() else ": it is empty"
        raise OddError(f"the answer is no JSON{glimpse}") from None
    return found


def mapping(value: object) -> Mapping[str, Any]:
    """Give the value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> Iterator[Mapping[str, Any]]:
    """Iterate over the objects of a list; raises OddError when it is no list, holds other things, or too many."""
    if not isinstance(value, list):
        raise OddError("a list was expected")
    if len(value) > MAX_ROWS:
        raise OddError(f"the list has more than {MAX_ROWS} entries")
    for each in value:
        if not isinstance(each, dict):
            raise OddError("an entry of the list is no object")
        yield each


def text(value: object, length: int = 1000) -> str:
    """Give one line of text that can be shown; empty when it is none."""
    if not isinstance(value, str):
        return ""
    return tail(value.encode("utf-8", "replace").decode(), length)


def words(value: object, length: int = 200) -> str:
    """Give the beginning of a message, up to where it stops being text: a wrong key makes noise of what is read."""
    return re.split("[^ -~]", value, maxsplit=1)[0].rstrip(" :")[:length] if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """Give a number that is whole and not negative, also where it is written as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < 2**64 else None


def moment(seconds: object) -> str | None:
    """Give Unix seconds as RFC 3339 in UTC; None when they are no time after 1970."""
    number = whole(seconds)
    if not number or number > _LATEST:
        return None
    return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(value: object, *, utc: bool = False) -> str | None:
    """Give a time with its offset (any number of decimals) as RFC 3339 in UTC, cut to the second.

    A time without an offset is None, but with `utc`, where the tool was made to speak UTC.
    """
    if not isinstance(value, str) or len(value) > 40:
        return None
    plain = _FRACTION.sub("", value.strip(), count=1)
    offset = _OFFSET.search(plain)
    if not offset and not utc:
        return None
    try:
        read = datetime.fromisoformat(plain if offset else plain + "+00:00").astimezone(UTC)
        return read.strftime("%Y-%m-%dT%H:%M:%SZ") if read.year >= 1970 else None
    except (ValueError, OverflowError):
        return None


def seconds(value: str) -> int:
    """Give the Unix seconds of a time of ours."""
    return int(datetime.fromisoformat(value).timestamp())
