"""Splits the text of pg_hba.conf or pg_ident.conf into lines of fields of words, as the server's own reader does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from scanner.model.evidence import Gap, error

DEEPEST = 10
"""How deep files may include each other, as in the server."""
MOST_FILES = 1000
_LONGEST_NAME = 255
_LONGEST_WORD_OF_15 = 10_239
_BLANK = " \t\r"
_AFTER_NUL = re.compile("\0[^\n]*\n?")
_INCLUDES = ("include", "include_if_exists", "include_dir")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a file or folder could not be read; `missing` when it is not there, for the server as little as for us."""

    reason: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Files:
    """How files are read: path > text, and folder > names of the files in it.

    A folder read as a file has an empty text: the server takes it for one without complaint.
    """

    text: Callable[[str], str | Trouble]
    names: Callable[[str], Sequence[str] | Trouble]


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its quotes removed; a quoted one is never a keyword, `+role` or `@file`."""

    text: str
    quoted: bool = False

    def is_keyword(self, keyword: str) -> bool:
        """True when this is the bare keyword."""
        return not self.quoted and self.text == keyword


Fields: TypeAlias = tuple[tuple[Word, ...], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: where it begins, its fields (each a list of words between commas), and why it cannot be read."""

    path: str
    number: int
    fields: Fields = ()
    error: str = ""


@dataclass(slots=True)
class Lexed:
    """All lines of a file and of those that it includes, in order; a gap when a file could not be read by us."""

    lines: list[Line] = field(default_factory=list)
    gap: Gap | None = None


def lexed(path: str, files: Files, major: int) -> Lexed:
    """Read a file for a server of this major version (15 or later).

    A file that is missing gives a line with an error, as in the server. One that we may not read makes a gap,
    for the server may be able to.
    """
    reader = _Reader(files, major)
    found = reader.file(path, 0)
    if isinstance(found, Trouble):
        return Lexed([Line(path, 0, error=found.reason)], reader.gap)
    return Lexed(found, reader.gap)


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines with the number at which they begin; a backslash at the very end joins the next one.

    The server reads C strings: what stands between a NUL and the end of its line is lost, the line's end included.
    """
    physical = _AFTER_NUL.sub("", text).split("\n")
    if physical[-1] == "":
        physical.pop()
    parts: list[str] = []
    begun = 1
    for number, each in enumerate(physical, 1):
        part = each.rstrip("\r")
        if part.endswith("\\"):
            parts.append(part[:-1])
            continue
        parts.append(part)
        yield begun, "".join(parts).rstrip("\r")
        parts, begun = [], number + 1
    if parts:
        yield begun, "".join(parts)


def next_word(text: str, at: int) -> tuple[Word | None, bool, int]:
    """Give the next word of a line, whether a comma ends it, and where to go on; None at the end of the line.

    Only a quote before the first character makes a word quoted. Two quotes within quotes are one.
    """
    while at < len(text) and (text[at] in _BLANK or text[at] == ","):
        at += 1
    found: list[str] = []
    inside = was = saw = quoted = comma = False
    while at < len(text):
        char = text[at]
        if not inside:
            if char in _BLANK:
                break
            if char == "#":
                at = len(text)
                break
            if char == ",":
                comma = True
                break
        if char != '"' or was:
            found.append(char)
        was = not was if inside and char == '"' else False
        if char == '"':
            inside = not inside
            saw = True
            quoted = quoted or not found
        at += 1
    return (Word("".join(found), quoted) if saw or found else None), comma, at


class _Reader:
    """Reads a file and what it includes; remembers what could not be read."""

    def __init__(self, files: Files, major: int) -> None:
        self.files = files
        self.major = major
        self.gap: Gap | None = None
        self.opened = 0

    def file(self, path: str, depth: int) -> list[Line] | Trouble:
        """Give the lines of a file, or why the server cannot open it; nothing for one that only we may not read."""
        if depth > DEEPEST:
            return Trouble(f"{path} is included more than {DEEPEST} files deep")
        if any(len(part.encode("utf-8", "surrogatepass")) > _LONGEST_NAME for part in path.split("/")):
            return Trouble("the name of the file is too long")
        if self.opened >= MOST_FILES:
            self.gap = self.gap or error(f"more than {MOST_FILES} files are included")
            return []
        self.opened += 1
        text = self.files.text(path)
        if isinstance(text, Trouble):
            return self._trouble(path, text) or []
        return [line for number, each in logical_lines(text) for line in self._line(path, number, each, depth)]

    def _trouble(self, path: str, trouble: Trouble) -> Trouble | None:
        if trouble.missing:
            return Trouble(f"{path} cannot be opened: {trouble.reason}", missing=True)
        self.gap = self.gap or error(f"{path} could not be read: {trouble.reason}")
        return None

    def _line(self, path: str, number: int, text: str, depth: int) -> list[Line]:
        fields, wrong = self._fields(path, text, depth)
        if not fields and not wrong:
            return []
        here = Line(path, number, fields, wrong)
        if wrong or self.major < 16 or len(fields) != 2 or fields[0][0].text not in _INCLUDES:
            return [here]
        return self._included(here, fields[0][0].text, fields[1][0].text, depth)

    def _included(self, here: Line, how: str, name: str, depth: int) -> list[Line]:
        found: list[Line] = []
        wrong: list[str] = []
        for path in self._paths(here, how, name, wrong):
            lines = self.file(path, depth + 1)
            if not isinstance(lines, Trouble):
                found += lines
            elif how != "include_if_exists" or not lines.missing:
                wrong.append(lines.reason)
        return [*found, Line(here.path, here.number, here.fields, "; ".join(wrong))] if wrong else found

    def _paths(self, here: Line, how: str, name: str, wrong: list[str]) -> list[str]:
        if how != "include_dir":
            return [_place(name, here.path)]
        if not name.strip(" \t\r\n"):
            wrong.append("the name of the folder to include is empty")
            return []
        folder = _place(name, here.path)
        names = self.files.names(folder)
        if isinstance(names, Trouble):
            told = self._trouble(folder, names)
            wrong += [told.reason] if told else []
            return []
        fitting = (each for each in names if each.endswith(".conf") and len(each) > 5 and not each.startswith("."))
        return [_joined(folder, each) for each in sorted(fitting, key=str.encode)]

    def _fields(self, path: str, text: str, depth: int) -> tuple[Fields, str]:
        fields: list[tuple[Word, ...]] = []
        at = 0
        while at < len(text):
            words, wrong, at = self._field(path, text, at, depth)
            if words:
                fields.append(tuple(words))
            if wrong:
                return tuple(fields), wrong
        return tuple(fields), ""

    def _field(self, path: str, text: str, at: int, depth: int) -> tuple[list[Word], str, int]:
        words: list[Word] = []
        comma = True
        while comma:
            word, comma, at = next_word(text, at)
            if word is None:
                break
            if self.major < 16 and _too_long(word, comma or text[at - 1] == '"'):
                return words, f"a word is longer than {_LONGEST_WORD_OF_15} bytes", len(text)
            if word.quoted or len(word.text) < 2 or not word.text.startswith("@"):
                words.append(word)
                continue
            listed = self.file(_place(word.text[1:], path), depth + 1)
            if isinstance(listed, Trouble):
                return words, listed.reason, at
            wrong = next((each.error for each in listed if each.error), "")
            if wrong:
                return words, wrong, at
            words += [each for line in listed for listed_field in line.fields for each in listed_field]
        return words, "", at


def _too_long(word: Word, more: bool) -> bool:
    """Tell whether a word does not fit into the room that the server had before 16; `more` follows it at once."""
    return len(word.text.encode("utf-8", "surrogatepass")) + more > _LONGEST_WORD_OF_15


def _place(name: str, included_by: str) -> str:
    """Give the path of an included file: as it stands if absolute, else from the folder of the one that names it."""
    return name if name.startswith("/") else _joined(posixpath.dirname(included_by), name)


def _joined(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))
