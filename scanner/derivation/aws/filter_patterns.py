"""Patterns of CloudWatch metric filters, read as far as they are conditions on fields of JSON: what they match."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Event: TypeAlias = Mapping[str, str | None]
"""Path of a field such as `userIdentity.type` > its text, None where the event lacks it; others may be anything."""
Verdict: TypeAlias = bool | None
"""None where it hangs on what the event does not tell."""
Matcher: TypeAlias = Callable[[Event], Verdict]

_TOKEN = re.compile(
    r"\s*(?:(?P<mark>&&|\|\||[()]|!=|>=|<=|=|>|<)|(?P<quoted>\"(?:[^\"\\]|\\.)*\")|(?P<word>[^\s()=!<>&|\"%]+))"
)
_DEEPEST = 50
LONGEST = 1024
"""Characters of a pattern that AWS takes."""


class UnreadableError(ValueError):
    """A pattern of another kind than conditions on fields, or one that cannot be read."""


def matcher(pattern: str) -> Matcher:
    """Give what tells whether a pattern matches an event; an empty pattern matches all.

    Raises UnreadableError for anything but conditions on fields of JSON: terms, columns, regular expressions.
    """
    text = pattern.strip()
    if not text:
        return lambda _event: True
    if len(text) > LONGEST or not (text.startswith("{") and text.endswith("}")):
        raise UnreadableError("it is no condition on fields of JSON")
    reader = _Reader(_tokens(text[1:-1]))
    made = reader.any(0)
    if reader.rest:
        raise UnreadableError(f"'{reader.rest[0][:40]}' was not expected there")
    return made


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise UnreadableError(f"'{text[at : at + 20].strip()}' cannot be read")
        found.append(token["mark"] or token["quoted"] or token["word"])
        at = token.end()
    return found


@dataclass(slots=True)
class _Reader:
    """Reads tokens into matchers; `&&` binds closer than `||`."""

    rest: list[str]

    def any(self, depth: int) -> Matcher:
        parts = [self.all(depth)]
        while self._taken("||"):
            parts.append(self.all(depth))
        return _joined(parts, True)

    def all(self, depth: int) -> Matcher:
        parts = [self._one(depth)]
        while self._taken("&&"):
            parts.append(self._one(depth))
        return _joined(parts, False)

    def _one(self, depth: int) -> Matcher:
        if depth > _DEEPEST:
            raise UnreadableError("it is nested too deep")
        if self._taken("("):
            made = self.any(depth + 1)
            if not self._taken(")"):
                raise UnreadableError("a parenthesis is open")
            return made
        field = self._next()
        if not field.startswith("$."):
            raise UnreadableError(f"'{field[:40]}' is no field")
        return self._condition(field[2:])

    def _condition(self, path: str) -> Matcher:
        operator = self._next()
        if operator.upper() in ("EXISTS", "NOT"):
            wanted = operator.upper() == "EXISTS"
            if not wanted and self._next().upper() != "EXISTS":
                raise UnreadableError("NOT stands without EXISTS")
            return lambda event: None if path not in event else (event[path] is not None) == wanted
        if operator not in ("=", "!="):
            raise UnreadableError(f"the operator '{operator[:20]}' is not read here")
        value = self._next()
        if value in ("(", ")", "&&", "||", "=", "!="):
            raise UnreadableError("a value is missing")
        return _compared(path, operator == "=", value)

    def _next(self) -> str:
        if not self.rest:
            raise UnreadableError("it ends too early")
        return self.rest.pop(0)

    def _taken(self, token: str) -> bool:
        if self.rest and self.rest[0] == token:
            self.rest.pop(0)
            return True
        return False


def _compared(path: str, equal: bool, value: str) -> Matcher:
    """Compare a field with a text, in which `*` stands for anything; case counts."""
    plain = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
    wanted = re.compile(".*".join(re.escape(part) for part in plain.split("*")), re.DOTALL)

    def judge(event: Event) -> Verdict:
        found = event.get(path)
        if found is None:
            # What an event lacks equals nothing; whether it differs then, AWS does not say.
            return False if equal and path in event else None
        return (wanted.fullmatch(found) is not None) == equal

    return judge


def _joined(parts: list[Matcher], one_is_enough: bool) -> Matcher:
    if len(parts) == 1:
        return parts[0]

    def judge(event: Event) -> Verdict:
        found = [part(event) for part in parts]
        if one_is_enough in found:
            return one_is_enough
        return None if None in found else not one_is_enough

    return judge
