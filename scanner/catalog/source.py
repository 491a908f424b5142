"""A document under reading: plain values taken out with complaints that name file, line, near word and remedy."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, TypeAlias

from scanner.catalog.nodes import Document, Key, Refused, one_line, quoted
from scanner.matching.convert import literal
from scanner.model.errors import Problem, near
from scanner.model.fact import Kind, Type

Place: TypeAlias = tuple[Key, ...]
"""Where a value stands in its document: the keys and indexes that lead to it."""

IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:[_.-][a-z0-9]+)*")
_LISTED = 12


def remedy(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Say what to write instead of an unknown word: the near one, else `otherwise`, else all when they are few."""
    names = list(known)
    if close := near(word, names):
        return close[2:-1]
    if otherwise or len(names) > _LISTED:
        return otherwise
    return f"known: {', '.join(names)}" if names else ""


class Source:
    """One document and the list of everything found wrong in it."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.document = document
        self.path = document.path
        self.problems = problems

    def line(self, place: Place) -> int:
        """Give the line of a place."""
        return self.document.line(*place)

    def complain(self, place: Place, what: str, remedy: str = "") -> None:
        """Record a problem."""
        self.problems.append(Problem(self.path, self.line(place), one_line(what), one_line(remedy)))

    def complain_sentence(self, place: Place, sentence: str) -> None:
        """Record a problem that reads `what is wrong (what to do)`."""
        cut = sentence.rfind(" (") if sentence.endswith(")") else -1
        self.complain(place, *((sentence[:cut], sentence[cut + 2 : -1]) if cut > 0 else (sentence,)))

    def unknown(self, place: Place, kind: str, word: str, known: Iterable[str], otherwise: str = "") -> None:
        """Record that a word is not known, with the near one."""
        self.complain(place, f"unknown {kind} {quoted(word)}", remedy(word, known, otherwise))

    def table(
        self, place: Place, raw: object, says: str, known: Collection[str], required: Iterable[str] = ()
    ) -> dict[str, Any] | None:
        """Give a map with its known keys alone; None, with a problem, when it is none. Missing keys are problems too."""
        if not isinstance(raw, dict):
            if not isinstance(raw, Refused):
                self.complain(place, f"{says} is {_kind(raw)}, not a map", "write key: value")
            return None
        for key in required:
            if key not in raw:
                self.complain(place, f"{says} lacks {quoted(key)}", "write it")
        if all(key in known for key in raw):
            return raw
        for key in raw:
            if key not in known:
                self.unknown((*place, key), f"key in {says}:", key, known)
        return {key: value for key, value in raw.items() if key in known}

    def items(self, place: Place, raw: object, says: str, *, empty: bool = False) -> list[Any]:
        """Give a list; an empty one is a problem unless `empty`, and so is what is no list."""
        if isinstance(raw, list):
            if not raw and not empty:
                self.complain(place, f"{says} is an empty list", "write an item, or leave the key out")
            return raw
        if not isinstance(raw, Refused):
            self.complain(place, f"{says} is {_kind(raw)}, not a list", "write [ … ]")
        return []

    def text(self, place: Place, raw: object, says: str, *, one_line: bool = False) -> str:
        """Give a text that says something, blanks around it removed; an empty one after a problem."""
        if isinstance(raw, Refused):
            return ""
        if not isinstance(raw, str):
            hint = f'quote it: "{raw}"' if isinstance(raw, (bool, int, float, date)) else "write a text"
            self.complain(place, f"{says} is {_kind(raw)}, not text", hint if raw is not None else "write it")
            return ""
        text = raw.strip()
        if not text:
            self.complain(place, f"{says} is empty", "write it")
        elif one_line and "\n" in text:
            self.complain(place, f"{says} has several lines", "write it on one")
        return text

    def word(self, place: Place, raw: object, says: str, known: Collection[str]) -> str:
        """Give one of the known words; an empty text after a problem."""
        text = self.text(place, raw, says)
        if text and text not in known:
            self.unknown(place, f"{says}:", text, known)
            return ""
        return text

    def words(self, place: Place, raw: object, says: str, known: Collection[str] | None = None) -> tuple[str, ...]:
        """Give a list of different texts that is not empty, each one of `known` if that is given."""
        found: list[str] = []
        for index, item in enumerate(self.items(place, raw, says)):
            here = (*place, index)
            text = self.text(here, item, says) if known is None else self.word(here, item, says, known)
            if text and text in found:
                self.complain(here, f"{says}: {quoted(text)} stands here again", "keep one of them")
            elif text:
                found.append(text)
        return tuple(found)

    def identifier(self, place: Place, raw: object, says: str) -> str:
        """Give a name of small letters, digits and `_ . -` between them; an empty text after a problem."""
        text = self.text(place, raw, says)
        if text and not IDENTIFIER.fullmatch(text):
            self.complain(
                place, f"{says} {quoted(text)} is no name", "write small letters, digits and _ . - between them"
            )
            return ""
        return text

    def literal(self, place: Place, type_: Type, raw: object, says: str) -> Any:
        """Give a literal in the evidence form of its type; NOTHING after a problem."""
        if isinstance(raw, Refused) or (isinstance(raw, list) and any(isinstance(item, Refused) for item in raw)):
            return NOTHING
        if type_.kind is Kind.TIME:
            raw = [_spelled(item) for item in raw] if isinstance(raw, list) else _spelled(raw)
        try:
            return literal(type_, raw)
        except ValueError as wrong:
            self.complain_sentence(place, f"{says}: {wrong}")
            return NOTHING


class _Nothing:
    """The type of NOTHING."""


NOTHING = _Nothing()
"""Stands for a literal that could not be read; its problem is recorded."""


def _spelled(raw: object) -> object:
    """Give a date or time that YAML understood as the text it was."""
    return raw.isoformat() if isinstance(raw, (date, datetime)) else raw


def _kind(raw: object) -> str:
    """Name what YAML read."""
    names = {"dict": "a map", "list": "a list", "str": "text", "bool": "a bool", "NoneType": "empty"}
    name = type(raw).__name__
    return names.get(name, "a number" if name in ("int", "float") else f"a {name}")
