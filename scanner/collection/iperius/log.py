"""The log of the last run of an Iperius job: HTML in UTF-16, in the language of the one who installed it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

from scanner.collection.iperius.phrases import PHRASES
from scanner.model.evidence import Cell, error, unknown

_VERSION = re.compile(r"iperius(?:\s+backup)?[^\n\d]{0,40}?(\d{1,3}\.\d{1,3}(?:\.\d{1,5}){0,2})\b", re.IGNORECASE)
_WORST = ("failed", "cancelled", "warning", "ok")
_QUIET = frozenset({"script", "style"})
_MOST_LINES = 500_000
_EDGES = " \t\r\n.!:;-–—*\u00a0"


@dataclass(frozen=True, slots=True)
class Log:
    """What the log of a run says."""

    status: Cell
    message: str = ""
    """The sentence that decided."""
    version: str = ""


class _Lines(HTMLParser):
    """Gathers the texts of a page, each between two tags as a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._quiet += tag in _QUIET

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in _QUIET and self._quiet > 0

    def handle_data(self, data: str) -> None:
        if not self._quiet and len(self.lines) < _MOST_LINES:
            self.lines += [bare for each in data.splitlines() if (bare := " ".join(each.split()))]


def decoded(data: bytes) -> str | None:
    """Read UTF-16 with or without a mark, or UTF-8; None for what is neither."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    wide = marked or data[1:200:2].count(0) > len(data[1:200:2]) // 2
    try:
        return data.decode("utf-16" if marked else "utf-16-le" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        return None


def read_log(data: bytes, language: str = "") -> Log:
    """Read a log in one language, or in any that we know; a sentence that we do not know is no success."""
    text = decoded(data)
    if text is None:
        return Log(error("the log is neither UTF-16 nor UTF-8, or was cut"))
    page = _Lines()
    page.feed(text)
    page.close()
    version = _VERSION.search("\n".join(page.lines)[:200_000])
    table = _table(language)
    found: dict[str, str] = {}
    for each in page.lines:
        status = table.get(each.casefold().strip(_EDGES))
        if status:
            found.setdefault(status, each)
    worst = next((status for status in _WORST if status in found), None)
    told = version[1] if version else ""
    if worst is None:
        known = language if language in PHRASES else ", ".join(PHRASES)
        reason = (
            f"no sentence of the log tells how the run ended, in a language that we know ({known}), or it still runs"
        )
        return Log(unknown(reason), version=told)
    return Log(worst, found[worst][:300], told)


def _table(language: str) -> Mapping[str, str]:
    if language:
        return PHRASES.get(language, {})
    return {sentence: status for phrases in PHRASES.values() for sentence, status in phrases.items()}
