"""Splits shell text into simple commands, and tells under which conditions each of them runs. Nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_OPERATOR = re.compile(r";;&?|;&|&&|\|\||\|&|[;&|()\n]")
_REDIRECTION = re.compile(r"[0-9]*(?:<<<|<<-?|<>|>>|>&|<&|>\||&>>?|<|>)[ \t]*")
_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition around a command: its kind (`if`, `and`, `case`, `loop`, `function`), its text, and whether it must fail."""

    kind: str
    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command: words with their quotes removed, where it begins, and what it runs under."""

    words: tuple[str, ...]
    line: int
    guards: tuple[Guard, ...] = ()
    detached: bool = False
    """In a subshell, a pipe or the background: what it sets is lost."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    line: int
    operator: bool = False
    quoted: bool = False


@dataclass(slots=True)
class _Frame:
    kind: str
    heading: bool = True
    words: list[str] = field(default_factory=list)
    negated: bool = False
    several: bool = False


class BrokenError(Exception):
    """The text ends within a quote, or nests beyond measure."""


def commands(text: str) -> Iterator[Command]:
    """Give the commands in order; raises BrokenError where the text cannot be split to its end."""
    return _Reader(list(_tokens(text))).run()


def _tokens(text: str) -> Iterator[_Token]:
    at, line = 0, 1
    here: list[str] = []
    while at < len(text):
        letter = text[at]
        if letter in " \t\r":
            at += 1
        elif text.startswith("\\\n", at):
            at, line = at + 2, line + 1
        elif letter == "#":
            at = _end(text, at)
        elif match := _REDIRECTION.match(text, at):
            at = match.end()
            word, after, _ = _word(text, at)
            if match[0].strip() in ("<<", "<<-"):
                here.append(word)
            line += text.count("\n", at, after)
            at = after
        elif match := _OPERATOR.match(text, at):
            yield _Token(match[0], line, operator=True)
            at = match.end()
            if match[0] == "\n":
                line += 1
                for ending in here:
                    at, line = _beyond(text, at, line, ending)
                here = []
        else:
            word, after, quoted = _word(text, at)
            yield _Token(word, line, quoted=quoted)
            line += text.count("\n", at, after)
            at = max(after, at + 1)
    yield _Token("\n", line, operator=True)


def _end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _beyond(text: str, at: int, line: int, ending: str) -> tuple[int, int]:
    """Skip a here-document."""
    while at < len(text):
        end = _end(text, at)
        whole = text[at:end].strip("\t\r")
        at, line = end + 1, line + 1
        if whole == ending:
            break
    return at, line


def _word(text: str, at: int) -> tuple[str, int, bool]:
    """Give a word with its quotes removed, where it ends, and whether anything in it was quoted."""
    parts: list[str] = []
    quoted = False
    while at < len(text) and text[at] not in " \t\r\n;&|()<>":
        letter = text[at]
        if letter == "'":
            end = text.find("'", at + 1)
            if end < 0:
                raise BrokenError
            parts.append(text[at + 1 : end])
            at, quoted = end + 1, True
        elif letter == '"':
            inner, at = _double(text, at + 1)
            parts.append(inner)
            quoted = True
        elif letter == "\\":
            parts.append(text[at + 1 : at + 2].replace("\n", ""))
            at, quoted = at + 2, True
        elif letter in "$`":
            end = _substituted(text, at, 0)
            parts.append(text[at:end])
            at = end
        else:
            parts.append(letter)
            at += 1
    return "".join(parts), at, quoted


def _double(text: str, at: int, depth: int = 0) -> tuple[str, int]:
    parts: list[str] = []
    while at < len(text):
        letter = text[at]
        if letter == '"':
            return "".join(parts), at + 1
        if letter == "\\" and text[at + 1 : at + 2] in ("$", "`", '"', "\\", "\n"):
            parts.append(text[at + 1].replace("\n", ""))
            at += 2
        elif letter in "$`":
            end = _substituted(text, at, depth)
            parts.append(text[at:end])
            at = end
        else:
            parts.append(letter)
            at += 1
    raise BrokenError


def _substituted(text: str, at: int, depth: int) -> int:
    """Give where a `$…`, `${…}`, `$(…)` or backquoted text ends."""
    closing = "`" if text[at] == "`" else {"(": ")", "{": "}"}.get(text[at + 1 : at + 2])
    if closing is None:
        return at + 1
    place = at + (1 if closing == "`" else 2)
    opened = 1
    while place < len(text):
        letter = text[place]
        if letter == closing:
            opened -= 1
            if not opened:
                return place + 1
        elif letter == "(" and closing == ")":
            opened += 1
        place = _past(text, place, closing, depth)
    raise BrokenError


def _past(text: str, place: int, closing: str, depth: int) -> int:
    """Give the place after a letter, or after the quote or substitution that begins with it."""
    letter = text[place]
    if letter == "\\":
        return place + 2
    if closing == "`":
        return place + 1
    if letter == "'" and closing == ")":
        end = text.find("'", place + 1)
        return len(text) if end < 0 else end + 1
    if letter == '"' or letter == "`" or text[place : place + 2] in ("$(", "${"):
        if depth > _DEPTH:
            raise BrokenError
        return _double(text, place + 1, depth + 1)[1] if letter == '"' else _substituted(text, place, depth + 1)
    return place + 1


class _Reader:
    """Follows compound commands from token to token."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.frames: list[_Frame] = []
        self.words: list[str] = []
        self.line = 0
        self.before: list[Guard] = []
        self.piped = False
        self.function = False
        self.place = 0

    def run(self) -> Iterator[Command]:
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            self.place += 1
            if self.words[:1] == ["[["] and self.words[-1] != "]]" and token.text != "\n":
                self.words.append(token.text)
            elif token.operator:
                yield from self._operator(token)
            elif self.words or token.quoted or not self._reserved(token):
                self._add(token)

    def _add(self, token: _Token) -> None:
        if not self.words:
            self.line = token.line
        self.words.append(token.text)

    def _operator(self, token: _Token) -> Iterator[Command]:
        text = token.text
        if text in ("|", "(") and self._top("case") and self.frames[-1].heading:
            return
        if text == "(" and self.words and self.words[-1].endswith("="):
            self._array()
            return
        if text == "(" and len(self.words) == 1:
            self.words = []
            self.function = True
            return
        if text == ")" and self.function:
            self.function = True
            return
        if text == ")" and self._top("case") and self.frames[-1].heading:
            self.frames[-1].heading = False
            self.words = []
            return
        yield from self._finish(text)
        if text == "(":
            self.function = False
            self._push("subshell", heading=False)
        elif text == ")":
            self._pop("subshell")
        elif text in (";;", ";;&", ";&") and self._top("case"):
            self.frames[-1].heading = True

    def _array(self) -> None:
        """Leave the values of an array out."""
        while self.place < len(self.tokens) and self.tokens[self.place].text != ")":
            self.place += 1
        self.place += 1

    def _finish(self, operator: str) -> Iterator[Command]:
        words, self.words = self.words, []
        frame = self.frames[-1] if self.frames else None
        if words and frame is not None and frame.kind == "loop" and frame.heading and frame.several:
            frame.words += words
            words = []
        if words:
            if frame is not None and frame.heading and frame.kind == "if":
                frame.words += [*words, operator]
            detached = operator in ("|", "|&", "&") or self.piped or any(one.kind == "subshell" for one in self.frames)
            yield Command(tuple(words), self.line, (*self._guards(), *self.before), detached)
        self.piped = operator in ("|", "|&")
        if operator in ("&&", "||"):
            self.before.append(Guard("and", " ".join(words), negated=operator == "||"))
        elif operator not in ("|", "|&"):
            self.before = []

    def _guards(self) -> Iterator[Guard]:
        for frame in self.frames:
            if frame.kind in ("group", "subshell") or (frame.kind == "if" and frame.heading):
                continue
            text = " ".join(frame.words)
            yield Guard(frame.kind, text, frame.negated)

    def _reserved(self, token: _Token) -> bool:
        """Take a reserved word; tells whether it was one."""
        word = token.text
        if word in ("if", "while", "until"):
            self._push("if" if word == "if" else "loop")
        elif word in ("then", "do"):
            if self.frames:
                self.frames[-1].heading = False
        elif word in ("else", "elif"):
            self._otherwise(word)
        elif word in ("fi", "done", "esac", "}"):
            self._pop({"fi": "if", "done": "loop", "esac": "case"}.get(word, "group"))
        elif word in ("for", "select"):
            self._push("loop")
            self.frames[-1].several = True
        elif word == "case":
            self._push("case")
            self._header()
        elif word == "{":
            self._push("function" if self.function else "group", heading=False)
            self.function = False
        elif word == "function":
            self.place += 1
            self.function = True
        else:
            return word in ("!", "time")
        return True

    def _header(self) -> None:
        """Take the word of a case, up to `in`."""
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            self.place += 1
            if token.text == "in":
                return
            self.frames[-1].words.append(token.text)

    def _otherwise(self, word: str) -> None:
        if self._top("if"):
            frame = self.frames[-1]
            if word == "elif" or frame.several:
                frame.words, frame.several, frame.heading = ["elif"], True, word == "elif"
                return
            frame.negated, frame.heading = True, False

    def _push(self, kind: str, *, heading: bool = True) -> None:
        if len(self.frames) > _DEPTH:
            raise BrokenError
        self.frames.append(_Frame(kind, heading))
        self.before = []

    def _pop(self, kind: str) -> None:
        while self.frames:
            frame = self.frames.pop()
            if frame.kind == kind or (kind == "group" and frame.kind == "function"):
                return

    def _top(self, kind: str) -> bool:
        return bool(self.frames) and self.frames[-1].kind == kind
