"""Text that goes into a shell script, and text that comes back from a host one does not trust."""

from __future__ import annotations

import re
import shlex

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_LOOKS_ESCAPED = re.compile(rb"\\(?=x[0-9a-f]{2})")


def quotable(word: str) -> bool:
    """True when the word can stand in a shell script: no NUL, and it has an UTF-8 form."""
    try:
        return b"\0" not in word.encode("utf-8")
    except UnicodeEncodeError:
        return False


def quoted(word: str) -> str:
    """Quote a word for sh so that it stays one literal word, and `<<` never stands together."""
    return re.sub("<(?=<)", "<''", shlex.quote(word))


def decoded(raw: bytes) -> str:
    r"""Decode UTF-8; other bytes become `\xNN`. Never raises."""
    return raw.decode("utf-8", "backslashreplace")


def shown(raw: bytes) -> str:
    r"""Give one line of text for a name: control characters and bytes that are not UTF-8 become `\xNN`.

    Two different names never look the same: a backslash that would read as such an escape is escaped itself.
    """
    if b"\\" in raw:
        raw = _LOOKS_ESCAPED.sub(rb"\\x5c", raw)
    return _CONTROL.sub(_escape_control, decoded(raw))


def tail(text: str, length: int = 300) -> str:
    r"""Give the end of a message on one line, control characters shown as `\xNN`."""
    folded = " ".join(text.split())
    return _CONTROL.sub(_escape_control, folded if len(folded) <= length else "…" + folded[-length:])


def _escape_control(match: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in match.group().encode("utf-8"))
