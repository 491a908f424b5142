"""Reads pg_ident.conf as the server does: which user of the system may become which role, under which map."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.collection.postgres.hba_lexer import Files, Line, Word, lexed
from scanner.collection.postgres.hba_regex import broken
from scanner.model.evidence import Gap

_NOTHING = Word("")


@dataclass(frozen=True, slots=True)
class IdentRule:
    """A line of pg_ident.conf; with `error` the server refuses it and nothing else is known."""

    path: str
    line: int
    map: str = ""
    system_user: Word = _NOTHING
    role: Word = _NOTHING
    error: str = ""


@dataclass(frozen=True, slots=True)
class IdentFile:
    """All lines in order; a gap when a file could not be read by us, so that lines may be missing."""

    rules: tuple[IdentRule, ...]
    gap: Gap | None = None


def ident_file(path: str, files: Files, major: int) -> IdentFile:
    """Read the maps of a file and of all that it includes; `major` is the server's major version, 15 or later.

    Source: the manual's chapter on user name maps, and the reader of the server. Never raises on odd text.
    """
    found = lexed(path, files, major)
    return IdentFile(tuple(_rule(line, major) for line in found.lines), found.gap)


def _rule(line: Line, major: int) -> IdentRule:
    wrong = line.error or _wrong(line, major)
    if wrong:
        return IdentRule(line.path, line.number, error=wrong)
    (name, *_), (user, *_), (role, *_) = line.fields[:3]
    return IdentRule(line.path, line.number, name.text, user, role)


def _wrong(line: Line, major: int) -> str:
    if any(len(words) > 1 for words in line.fields[:3]):
        return "there is more than one word between blanks"
    if len(line.fields) < 3:
        return "the line ends before the role"
    patterns = [words[0].text for words in line.fields[1 : 3 if major >= 16 else 2]]
    wrong = any(text.startswith("/") and broken(text[1:]) for text in patterns)
    return "a regular expression is not valid" if wrong else ""
