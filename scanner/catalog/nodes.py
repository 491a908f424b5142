"""Reading YAML into plain values: the place of every key kept, and everything ambiguous refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from scanner.catalog import scalars
from scanner.model.errors import Problem

MAX_BYTES = 4 * 2**20
MAX_DEPTH = 50
MAX_PROBLEMS = 100

Key: TypeAlias = str | int
"""One step into a document: the key of a map, or the index of a list."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Refused(str):
    """The text of a plain word that was refused; its problem is recorded, so nobody needs to complain again."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A file's one document: plain dicts, lists and scalars, and the line of every key and item."""

    path: str
    value: Any
    lines: Mapping[tuple[Key, ...], int]

    def line(self, *keys: Key) -> int:
        """Give the line (from 1) of what `keys` lead to; of the nearest known parent when it is not there."""
        while keys:
            found = self.lines.get(keys)
            if found is not None:
                return found
            keys = keys[:-1]
        return self.lines.get((), 1)


def quoted(text: str, limit: int = 60) -> str:
    """Render text from a file for a problem: in single quotes, on one line, cut at `limit` characters."""
    return f"'{one_line(text if len(text) <= limit else text[: limit - 1] + '…')}'"


def one_line(text: str) -> str:
    """Give text in which nothing moves the cursor or hides: line breaks escaped, the unprintable replaced."""
    if text.isprintable():
        return text
    return "".join(_ESCAPES.get(each, each if each.isprintable() else "\ufffd") for each in text)


def read(path: str, data: bytes, problems: list[Problem]) -> Document | None:
    """Read one YAML file; what is wrong is appended to `problems`.

    Gives None when the file cannot be read at all: larger than 4 MiB, not UTF-8, control characters, broken
    syntax, nesting deeper than 50, several documents, nothing in it. Duplicate and non-text keys, anchors,
    aliases, merge keys, tags and words that YAML programs read differently are problems too, but reading goes
    on, so that all of them are found at once: whoever gets a Document must still look at `problems`.

    Only `true` and `false` are booleans, only plain decimal numbers are int or float, `2026-12-01` is a date,
    RFC 3339 times with a zone are datetimes, and an empty value is None. Never raises on odd content.
    """
    text = _text(path, data, problems)
    if text is None:
        return None
    parser = None
    try:
        parser = _LOADER(text)
        return _Builder(path, parser.get_event, problems).build()
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        said = ", ".join(part for part in (wrong.context, wrong.problem) if part)
        hint = "quote what holds [ ] { } or , there" if "flow" in said else "mend the syntax"
        problems.append(Problem(path, mark.line + 1 if mark else 1, f"not YAML: {said}", hint))
    except yaml.YAMLError as wrong:
        problems.append(Problem(path, 1, f"not YAML: {' '.join(str(wrong).split())}", "mend the syntax"))
    except _UnreadableError as wrong:
        problems.append(wrong.problem)
    finally:
        if parser is not None:
            parser.dispose()
    return None


class _UnreadableError(Exception):
    """Reading cannot go on."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _text(path: str, data: bytes, problems: list[Problem]) -> str | None:
    if len(data) > MAX_BYTES:
        problems.append(Problem(path, 0, f"the file is larger than {MAX_BYTES >> 20} MiB", "split it"))
        return None
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        problems.append(Problem(path, line, f"byte 0x{data[wrong.start]:02x} is not UTF-8", "save the file as UTF-8"))
        return None
    if bad := _FORBIDDEN.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        problems.append(Problem(path, line, f"control character U+{ord(bad[0]):04X}", "remove it"))
        return None
    return text


def _line(event: Any) -> int:
    """Give the line of an event, counted from 1."""
    line: int = event.start_mark.line
    return line + 1


class _Builder:
    """Builds values from the parser's events; recursion is bounded by MAX_DEPTH before it can hurt."""

    def __init__(self, path: str, get: Callable[[], Any], problems: list[Problem]) -> None:
        self.path = path
        self.get = get
        self.problems = problems
        self.lines: dict[tuple[Key, ...], int] = {}
        self.limit = len(problems) + MAX_PROBLEMS

    def complain(self, line: int, what: str, remedy: str) -> None:
        """Record a problem; too many of them end the reading."""
        if len(self.problems) >= self.limit:
            raise _UnreadableError(
                Problem(self.path, line, "too many problems, the rest is not read", "mend those first")
            )
        self.problems.append(Problem(self.path, line, what, remedy))

    def build(self) -> Document:
        """Give the one document of the stream."""
        document: Document | None = None
        while (event := self.get()) is not None:
            if type(event) is yaml.DocumentStartEvent:
                line = _line(event)
                if document is not None:
                    problem = Problem(self.path, line, "a second document begins", "one file holds one document")
                    raise _UnreadableError(problem)
                first = self.get()
                self.lines[()] = _line(first)
                document = Document(self.path, self.node(first, ()), self.lines)
        if document is None or document.value is None:
            raise _UnreadableError(Problem(self.path, 1, "the file is empty", "write it, or remove it"))
        return document

    def node(self, event: Any, place: tuple[Key, ...]) -> Any:
        """Give the value that begins with `event`, with all that lies in it."""
        kind = type(event)
        if kind is yaml.AliasEvent:
            self.complain(_line(event), f"alias *{event.anchor}", "write the content out, aliases are not read")
            return Refused("")
        if event.anchor is not None:
            self.complain(_line(event), f"anchor &{event.anchor}", "remove it, aliases are not read")
        if kind is yaml.ScalarEvent:
            return self.scalar(event)
        if event.tag is not None:
            self.tag(event)
        if len(place) >= MAX_DEPTH:
            problem = Problem(self.path, _line(event), f"nested deeper than {MAX_DEPTH} levels", "flatten it")
            raise _UnreadableError(problem)
        return self.mapping(place) if kind is yaml.MappingStartEvent else self.sequence(place)

    def sequence(self, place: tuple[Key, ...]) -> list[Any]:
        """Build a list up to its end."""
        built: list[Any] = []
        get, lines = self.get, self.lines
        while type(event := get()) is not yaml.SequenceEndEvent:
            here = (*place, len(built))
            lines[here] = event.start_mark.line + 1
            built.append(self.node(event, here))
        return built

    def mapping(self, place: tuple[Key, ...]) -> dict[str, Any]:
        """Build a map up to its end; of two equal keys the first stays."""
        built: dict[str, Any] = {}
        get, lines = self.get, self.lines
        while type(event := get()) is not yaml.MappingEndEvent:
            key = self.key(event, place)
            here = (*place, key)
            if key in built:
                what = f"the key {quoted(key)} stands here again, first on line {lines[here]}"
                self.complain(_line(event), what, "keep one of them")
                self.discard(get(), here)
                continue
            lines[here] = event.start_mark.line + 1
            built[key] = self.node(get(), here)
        return built

    def discard(self, event: Any, place: tuple[Key, ...]) -> None:
        """Read over a value, but not over its problems; its lines must not stand in for the first one's."""
        kept = self.lines
        self.lines = {}
        self.node(event, place)
        self.lines = kept

    def key(self, event: Any, place: tuple[Key, ...]) -> str:
        """Give a key as text; what is not text is a problem."""
        if type(event) is not yaml.ScalarEvent:
            line = _line(event)
            self.complain(line, "a key is not text", "write a word")
            self.discard(event, (*place, "?"))
            return f"?{line}"
        if event.anchor is not None:
            self.complain(_line(event), f"anchor &{event.anchor}", "remove it, aliases are not read")
        text: str = event.value
        if event.tag is not None or not event.implicit[0]:
            self.scalar(event)
        elif text == "<<":
            self.complain(_line(event), "merge key <<", "write the content out")
        elif not scalars.text_as_key(text):
            self.complain(_line(event), f"the key {quoted(text)} is not text", f'quote it: "{text}"')
        return text

    def scalar(self, event: Any) -> Any:
        """Give the value of a scalar; a refused one stays as its text."""
        text: str = event.value
        if event.tag is not None:
            self.tag(event)
            return Refused(text)
        if event.implicit[0]:
            value = scalars.plain(text)
            if type(value) is not scalars.Trap:
                return value
            self.complain(_line(event), value.what, value.remedy)
            return Refused(text)
        if _FORBIDDEN.search(text):
            self.complain(_line(event), f"control character in {quoted(text)}", "remove the escape")
            return Refused(text)
        return text

    def tag(self, event: Any) -> None:
        """Refuse a tag."""
        self.complain(_line(event), f"tag {quoted(event.tag)}", "remove it, types come from the schema")
