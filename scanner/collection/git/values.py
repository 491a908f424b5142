"""Single values out of what git prints."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from scanner.collection.linux.text import shown
from scanner.model.evidence import Cell, error

_DENIED = re.compile(r"permission denied|operation not permitted|dubious ownership|unsafe repository", re.IGNORECASE)


def clean(text: str, longest: int) -> str:
    """Give a text for evidence: on one line, without control characters, not too long."""
    line = shown(text.encode("utf-8", "surrogateescape"))
    return line if len(line) <= longest else line[:longest] + "…"


def denied(text: str) -> bool:
    """True when git says that it may not read."""
    return bool(_DENIED.search(text))


def moment(seconds: int | str) -> Cell:
    """Give the time of a commit, which git tells in seconds since 1970."""
    try:
        number = int(seconds) if len(str(seconds)) <= 12 else -1
        when = datetime.fromtimestamp(number, UTC) if number > 0 else None
    except (ValueError, OverflowError, OSError):
        when = None
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else error("the time of a commit cannot be read")
