"""Splits configuration files into directives, and tells which of them win."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scanner.collection.linux.secret_words import CUT
from scanner.model.evidence import ABSENT, Absent, Cell, Gap, Row, unknown

BLANKS = " \t\r\f\v"
_HIDDEN = unknown("the value looks like a secret and does not leave the host")


class Style(StrEnum):
    """How a line is split into name and value."""

    EQUALS = "equals"
    SPACE = "space"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class _Directive:
    name: str
    value: str | Absent
    section: str | Absent
    path: str
    line: int


def rows_of(files: Sequence[tuple[str, list[str]]], style: Style, gap: Gap | None) -> list[Row]:
    """Give the rows of linux.file_line in the order of reading.

    With a `gap` a file is missing from `files`, so that no directive is known to win.
    """
    directives = [directive for path, lines in files for directive in _directives(path, lines, style)]
    last = {(directive.section, directive.name): place for place, directive in enumerate(directives)}
    rows: list[Row] = []
    for place, directive in enumerate(directives):
        wins = last[directive.section, directive.name] == place
        winning: Cell = gap if gap is not None and wins else wins
        rows.append(
            {
                "name": directive.name,
                "value": _HIDDEN if isinstance(directive.value, str) and CUT in directive.value else directive.value,
                "section": directive.section,
                "path": directive.path,
                "line": directive.line,
                "winning": winning,
            }
        )
    return rows


def _directives(path: str, lines: Sequence[str], style: Style) -> Iterator[_Directive]:
    section: str | Absent = ABSENT
    for number, line in _logical(lines, style):
        if style is Style.EQUALS and line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            continue
        name, value = _split(line, style)
        yield _Directive(name, value, section, path, number)


def _logical(lines: Sequence[str], style: Style) -> Iterator[tuple[int, str]]:
    """Give stripped lines with the numbers of their first halves; comments and blank lines left out.

    Where style is `equals`, a line that ends in a backslash goes on in the next one, as systemd.syntax(7) says.
    """
    comments = "#;" if style is Style.EQUALS else "#"
    begun, number = "", 0
    for place, line in enumerate(lines, 1):
        text = line.strip(BLANKS)
        if text[:1] and text[0] in comments:
            continue
        if not begun:
            number = place
        whole = begun + text
        if style is Style.EQUALS and _goes_on(whole):
            begun = whole[:-1] + " "
            continue
        begun = ""
        if whole.strip(BLANKS):
            yield number, whole.strip(BLANKS)
    if begun.strip(BLANKS):
        yield number, begun.strip(BLANKS)


def _goes_on(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _split(line: str, style: Style) -> tuple[str, str | Absent]:
    if style is Style.PLAIN:
        return line, ABSENT
    if style is Style.EQUALS:
        name, mark, value = line.partition("=")
    else:
        name, mark, value = _at_blank(line)
    return name.strip(BLANKS), _unquoted(value.strip(BLANKS)) if mark else ABSENT


def _at_blank(line: str) -> tuple[str, str, str]:
    parts = re.split(f"([{BLANKS}]+)", line, maxsplit=1)
    return (parts[0], parts[1], parts[2]) if len(parts) > 1 else (line, "", "")


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
