"""Text of hosts and files made safe at the edge it crosses: terminal, XML, spreadsheet, Markdown, URI."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from io import TextIOWrapper
from typing import BinaryIO, Final
from urllib.parse import quote

REPLACEMENT: Final = "\ufffd"

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # invisible, or turning the direction of writing
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"  # surrogates, non-characters, tags
)
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_MARKDOWN = re.compile(r"([\\`*_\[\]|#~])")
_LIMIT: Final = 4000


def _visible(match: re.Match[str]) -> str:
    """Show a C0 control as its picture (ESC as ␛), anything else as U+FFFD."""
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else REPLACEMENT


def plain(text: str) -> str:
    """Give the text without anything that a terminal, a parser or a reader's eye could be misled by.

    Tab and newline stay; every other control character, bidirectional override, lone surrogate and
    non-character becomes visible. The result encodes to UTF-8 and holds only XML 1.0 characters.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_visible, text.replace("\r\n", "\n"))


def clip(text: str, limit: int = _LIMIT) -> str:
    """Cut a text to `limit` characters; an ellipsis says so."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def line(text: str, limit: int = _LIMIT) -> str:
    """Give the text as one safe line of at most `limit` characters."""
    return clip(" ".join(plain(text[: 4 * limit]).split()), limit)


def xml(text: str, limit: int = _LIMIT) -> str:
    """Escape for XML content."""
    return clip(plain(text), limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def attribute(text: str, limit: int = _LIMIT) -> str:
    """Escape for an XML attribute in double quotes; newlines and tabs survive the reader's normalisation."""
    return xml(text, limit).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def cell(text: str, limit: int = 30_000) -> str:
    """Give a spreadsheet cell: what a spreadsheet would take for a formula gets an apostrophe in front.

    The limit lies below the 32,767 characters of a cell in common spreadsheets.
    """
    safe = clip(plain(text), limit)
    return f"'{safe}" if safe.lstrip(" \u00a0").startswith(_FORMULA) else safe


def spreadsheet(out: BinaryIO, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table as CSV: UTF-8 with a byte order mark, every cell safe, lines as RFC 4180 ends them."""
    text = TextIOWrapper(out, encoding="utf-8-sig", newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(columns)
    lines.writerows([cell(value) for value in row] for row in rows)
    text.flush()
    text.detach()


def markdown(text: str, limit: int = 400) -> str:
    """Give one line of inert Markdown: no markup, link, mention, table cell or HTML comes out of it."""
    safe = line(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _MARKDOWN.sub(r"\\\1", safe).replace("@", "&#64;")
    return safe.replace("://", "&#58;//").replace("www.", "www&#46;")


def message(text: str, limit: int = _LIMIT) -> str:
    """Give text for a SARIF message: `[words](target)` would be a link there, so its halves are set apart."""
    return clip(plain(text), limit).replace("](", "] (")


def segment(text: str, limit: int = 160) -> str:
    """Give one path segment of a URI, percent-encoded; a long one ends in a hash so that it stays unique."""
    safe = plain(text)
    if not safe.strip("."):
        safe = safe.replace(".", "_") or "_"
    if len(safe) > limit:
        safe = f"{safe[: limit - 13]}-{hashlib.sha256(safe.encode()).hexdigest()[:12]}"
    return quote(safe, safe="")


@lru_cache(maxsize=4096)
def relative(path: str) -> str:
    """Give a relative path as a URI reference; empty for one that is absolute, climbs up, or names a scheme."""
    safe = plain(path).replace("\\", "/").removeprefix("./")
    parts = safe.split("/")
    if not safe or safe.startswith("/") or ".." in parts or "." in parts or re.match(r"[A-Za-z][\w+.-]*:", safe):
        return ""
    return "/".join(quote(part, safe="") for part in parts if part)
