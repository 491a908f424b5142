"""Reads what an HTTP server sent: bounded JSON, times of headers, and a sentence for what is no answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from scanner.transport.errors import plain

DEEPEST = 60
"""Levels of JSON that are followed."""
TEXT = 2000
"""Longest text that is kept of a body which is no JSON."""
_LONGEST_WAIT = 30.0


class BodyError(ValueError):
    """A body that is not taken; the text says why."""


def parse(body: bytes) -> Any:
    """Parse JSON that may be hostile; raises BodyError for what is broken, too deep, or no JSON by RFC 8259."""
    try:
        found = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
    except RecursionError:
        raise BodyError("its JSON is nested too deeply") from None
    except UnicodeDecodeError:
        raise BodyError("its JSON is not UTF-8") from None
    except ValueError:
        raise BodyError("its JSON is broken") from None
    _measure(found)
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def _measure(found: Any) -> None:
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise BodyError("its JSON is nested too deeply")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return (each for each in value.values() if isinstance(each, dict | list))
    if isinstance(value, list):
        return (each for each in value if isinstance(each, dict | list))
    return ()


def date(header: str) -> str:
    """Give the `Date` header (RFC 9110) as RFC 3339 in UTC; empty for what is none."""
    found = _moment(header)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if found else ""


def retry_after(header: str) -> float | None:
    """Give how many seconds a server wants to be left alone; None when it does not say, or too long to be waited for."""
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) < 6:
        seconds = float(text)
    else:
        found = _moment(text)
        if found is None:
            return None
        seconds = max(0.0, (found - datetime.now(UTC)).total_seconds())
    return seconds if seconds <= _LONGEST_WAIT else None


def too_long(header: str) -> bool:
    """Tell whether a server wants to be left alone for longer than anybody waits."""
    return bool(header.strip()) and retry_after(header) is None


def _moment(header: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(header[:64])
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def refusal(status: int, phrase: str, data: Any, text: str) -> str:
    """Say in one line what a server refused with: its status, and what it says of it."""
    told = ""
    if isinstance(data, dict):
        for name in ("message", "error", "errorMessage"):
            if isinstance(data.get(name), str) and data[name].strip():
                told = data[name]
                break
    words = plain(told or ("" if data is not None or text.lstrip().startswith("<") else text), 200)
    usual = plain(phrase, 200)
    said = words if words and words not in usual else ""
    return f"HTTP {status}" + (f" {usual}" if usual else "") + (f": {said}" if said else "")
