"""Words of Proxmox's APIs: task ids, ends of tasks, moments, property strings; nothing here trusts its input."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scanner.model.evidence import ABSENT, Absent, Gap, error
from scanner.transport.errors import plain

JsonRow = Mapping[str, Any]

_UPID = re.compile(
    r"UPID:(?P<node>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}))"
    r":(?P<pid>[0-9A-Fa-f]{8}):(?P<pstart>[0-9A-Fa-f]{8,9})"
    r"(?::(?P<task>[0-9A-Fa-f]{8,16}))?:(?P<start>[0-9A-Fa-f]{8})"
    r":(?P<type>[^:\s]{1,64}):(?P<id>[^:\s]{0,512}):(?P<user>[^:\s]{1,256}):.{0,64}"
)
"""Proxmox VE's lack the task's number."""
_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")
_CANCELLED = frozenset({"aborted", "task aborted", "interrupted by signal", "received interrupt", "unexpected status"})
_LATEST = 253402300799
_MOST = 2**62


@dataclass(frozen=True, slots=True)
class Upid:
    """A task's id, taken apart."""

    node: str
    started_at: str
    type: str
    id: str
    user: str


def upid(value: object) -> Upid | None:
    """Take a task's id apart; None for what is none. Both forms are read, with and without a task number."""
    match = _UPID.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    started = moment(int(match["start"], 16))
    if not isinstance(started, str):
        return None
    named = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), match["id"])
    return Upid(match["node"], started, match["type"], word(named, 400), word(match["user"], 200))


def ended(status: str) -> str:
    """Tell how a task ended: its word for success is exact, and the text of a failure is free."""
    text = status.strip()
    if text == "OK":
        return "ok"
    if text.startswith("WARNINGS"):
        return "warning"
    return "cancelled" if text.lower() in _CANCELLED else "failed"


def moment(value: object) -> str | Absent | Gap:
    """Give Unix seconds as RFC 3339 in UTC; nothing is absent, and what is no moment a gap."""
    if value is None:
        return ABSENT
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LATEST:
        return error(f"no moment: {plain(repr(value)[:60], 60)}")
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(value: object) -> int:
    """Give Unix seconds; 0 for what are none."""
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LATEST
    return int(value) if fits and isinstance(value, int) else 0


def number(value: object) -> int | Absent | Gap:
    """Give a whole number, also one written as text; nothing is absent."""
    if value is None or value == "":
        return ABSENT
    if isinstance(value, str) and re.fullmatch(r"\d{1,15}", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        return error(f"no number: {plain(repr(value)[:60], 60)}")
    return value


def text(value: object, longest: int = 500) -> str | Absent | Gap:
    """Give a text; nothing is absent, and an empty text too."""
    if value is None or value == "":
        return ABSENT
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST:
        return str(value)
    if not isinstance(value, str):
        return error("no text")
    # Most texts are names: looking at each character of fifty thousand snapshots takes its time.
    if len(value) <= longest and value.isascii() and value.isprintable() and " " not in value:
        return value
    return plain(value, longest) or ABSENT


def word(value: object, longest: int = 300) -> str:
    """Give a text that names something; empty for what is none."""
    found = text(value, longest)
    return found if isinstance(found, str) else ""


def truth(value: object, default: bool) -> bool | Gap:
    """Give a yes or no, in whichever of Proxmox's ways it is written."""
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    if value in (0, 1, "0", "1", "yes", "no", "true", "false", "on", "off"):
        return value in (1, "1", "yes", "true", "on")
    return error(f"neither yes nor no: {plain(repr(value)[:60], 60)}")


def properties(value: object, first: str = "") -> dict[str, str]:
    """Take a property string `a=1,b=2` apart; a leading word without a name gets the name `first`."""
    if isinstance(value, Mapping):
        return {word(name): word(inner) for name, inner in list(value.items())[:100]}
    found: dict[str, str] = {}
    for part in (value[:2000] if isinstance(value, str) else "").split(","):
        name, equals, inner = part.strip().partition("=")
        if equals:
            found[plain(name, 100)] = plain(inner, 300)
        elif name and first and first not in found:
            found[first] = plain(name, 300)
    return found


def version(value: object) -> tuple[int, ...]:
    """Give the numbers of a version; empty for what is none."""
    match = re.match(r"\d{1,6}(?:\.\d{1,6}){0,3}", value) if isinstance(value, str) else None
    return tuple(int(part) for part in match[0].split(".")) if match else ()
