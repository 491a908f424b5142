"""Finds the selectors of a PromQL expression, so that each can be asked for; what it cannot read it does not guess."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LONGEST = 10_000
_DEEPEST = 200
_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
      | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`)
      | (?P<number>[0-9.][0-9A-Za-z_.]*)
      | (?P<word>[A-Za-z_:][A-Za-z0-9_:]*)
      | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^=<>(){}\[\],@:])""",
    re.VERBOSE,
)
_LABEL_LISTS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_SET_OPERATORS = frozenset({"or", "unless"})
_WORDS = _LABEL_LISTS | _SET_OPERATORS | {"and", "bool", "offset", "atan2", "inf", "nan"}
_ABSENT = frozenset({"absent", "absent_over_time"})
_RELABELLING = frozenset({"label_replace", "label_join", "count_values", "info"})
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector as it is written, without range and offset."""

    text: str
    metric: str
    """Its metric; empty where it fits several."""
    labels: tuple[str, ...]
    """Labels that it names."""
    wanted_absent: bool
    """True within absent(): that no series fits is what the expression waits for."""


@dataclass(frozen=True, slots=True)
class Expression:
    """What an expression looks at."""

    selectors: tuple[Selector, ...]
    optional: bool
    """True when `or` or `unless` stands in it, so that a selector without series need not matter."""
    relabels: bool
    """True when a function in it makes labels that its series do not have."""

    @property
    def metrics(self) -> list[str]:
        """Metrics that are named, each once."""
        return sorted({each.metric for each in self.selectors if each.metric})


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class _Reader:
    source: str
    tokens: list[_Token]
    at: int = 0
    inside: list[str] = field(default_factory=list)
    """Functions whose brackets are open."""
    selectors: list[Selector] = field(default_factory=list)
    optional: bool = False
    relabels: bool = False

    def next_is(self, *texts: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].text.lower() in texts

    def skip_to(self, last: str) -> None:
        """Pass over everything up to a sign; raise ValueError when it does not come."""
        while self.at < len(self.tokens):
            self.at += 1
            if self.tokens[self.at - 1].text == last and self.tokens[self.at - 1].kind == "sign":
                return
        raise ValueError(f"no {last}")

    def step(self) -> None:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "word":
            self._word(token)
        elif token.text == "{" and token.kind == "sign":
            self._selector(token, "", token)
        elif token.text == "[" and token.kind == "sign":
            self.skip_to("]")
        elif token.text == "(" and token.kind == "sign":
            self._open("")
        elif token.text == ")" and token.kind == "sign":
            self.inside.pop()
        elif token.text in ("}", "]") and token.kind == "sign":
            raise ValueError(token.text)

    def _word(self, token: _Token) -> None:
        word = token.text.lower()
        self.optional = self.optional or word in _SET_OPERATORS
        if word in _LABEL_LISTS:
            if self.next_is("("):
                self.skip_to(")")
        elif word in _WORDS:
            return
        elif self.next_is("("):
            self.at += 1
            self.relabels = self.relabels or word in _RELABELLING
            self._open(word)
        elif self.next_is("by", "without"):
            return
        elif self.next_is("{"):
            brace = self.tokens[self.at]
            self.at += 1
            self._selector(token, token.text, brace)
        else:
            self._add(token.text, token.text, ())

    def _open(self, function: str) -> None:
        self.inside.append(function)
        if len(self.inside) > _DEEPEST:
            raise ValueError("too deep")

    def _selector(self, first: _Token, metric: str, brace: _Token) -> None:
        begin = self.at
        self.skip_to("}")
        parts = self.tokens[begin : self.at - 1]
        labels: list[str] = []
        for number, part in enumerate(parts):
            following = parts[number + 1].text if number + 1 < len(parts) else ","
            if part.text in ("{", "(", ")", "[", "]") and part.kind == "sign":
                raise ValueError(part.text)
            if part.kind not in ("word", "string") or (number and parts[number - 1].text != ","):
                continue
            if following in ("=", "=~", "!=", "!~"):
                name = _unquoted(part.text) if part.kind == "string" else part.text
                if name == "__name__" and following == "=" and number + 2 < len(parts):
                    metric = _unquoted(parts[number + 2].text)
                else:
                    labels.append(name)
            elif part.kind == "string":
                metric = _unquoted(part.text)
            else:
                raise ValueError(part.text)
        self._add(self.source[first.start : self.tokens[self.at - 1].end], metric, tuple(labels))

    def _add(self, text: str, metric: str, labels: tuple[str, ...]) -> None:
        self.selectors.append(Selector(text, metric, labels, bool(_ABSENT & set(self.inside))))


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    return inner if text[:1] == "`" else _ESCAPE.sub(lambda found: _PLAIN.get(found[1], found[1]), inner)


def read(source: str) -> Expression | None:
    """Take an expression apart; None when it cannot be read for certain. Never raises."""
    if len(source) > _LONGEST:
        return None
    tokens: list[_Token] = []
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            return None
        if found.lastgroup != "space":
            tokens.append(_Token(str(found.lastgroup), found.group(), found.start(), found.end()))
        at = found.end()
    reader = _Reader(source, tokens)
    try:
        while reader.at < len(tokens):
            reader.step()
    except (ValueError, IndexError):
        return None
    if reader.inside:
        return None
    return Expression(tuple(dict.fromkeys(reader.selectors)), reader.optional, reader.relabels)
