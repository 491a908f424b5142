"""Foreign errors and foreign texts, made into ours: one family, one line, no control characters."""

from __future__ import annotations

import os
import re
import socket
import unicodedata

from scanner.model.errors import CollectionError, UnreachableError

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: window titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|\x1b."
)

CLIP = 500
"""Longest foreign text in a message, in characters."""


def plain(text: str | bytes, limit: int = CLIP) -> str:
    """Make a foreign text fit for a message: one line, no terminal escapes, no invisible or bidirectional controls.

    Bytes are read as UTF-8, broken ones become U+FFFD. Longer texts than `limit` characters are clipped.
    """
    raw = text[: limit * 8].decode("utf-8", "replace") if isinstance(text, bytes) else text[: limit * 8]
    bare = _ESCAPES.sub("", raw)
    visible = "".join(" " if char.isspace() else char for char in bare if char.isspace() or _visible(char))
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _visible(char: str) -> bool:
    return not unicodedata.category(char).startswith("C")


def tail(stderr: bytes, limit: int = 200) -> str:
    """Give the last lines of a foreign stderr as one harmless line of at most `limit` characters."""
    line = plain(stderr[-4 * limit :], 4 * limit)
    return line if len(line) <= limit else "…" + line[1 - limit :]


def because(exc: BaseException) -> str:
    """Say in a few plain words what a foreign exception means."""
    if isinstance(exc, socket.gaierror):
        return f"the name does not resolve: {plain(exc.strerror or str(exc))}"
    if isinstance(exc, TimeoutError):
        return "no answer in time"
    if isinstance(exc, EOFError):
        return "the connection was closed by the other side"
    if isinstance(exc, OSError):
        words = exc.strerror or (os.strerror(exc.errno) if exc.errno else str(exc))
        return plain(words) or type(exc).__name__
    return plain(str(exc)) or type(exc).__name__


def translate(exc: Exception, place: str) -> CollectionError:
    """Map an exception of the operating system or the standard library; sockets' errors mean unreachable."""
    if isinstance(exc, CollectionError):
        return exc
    kind = UnreachableError if isinstance(exc, OSError | EOFError) else CollectionError
    return kind(f"{place}: {because(exc)}")
