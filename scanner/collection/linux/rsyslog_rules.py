"""Takes a configuration of rsyslog apart into actions: selectors with old actions, and RainerScript."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from scanner.facts.linux.rsyslog import FACILITIES
from scanner.model.evidence import ABSENT, Cell, Row

_OBJECT = re.compile(r"([A-Za-z_]+)\s*\(")
_SELECTOR = re.compile(r"([A-Za-z0-9*,;.=!]+\.[A-Za-z0-9*=!]+)[ \t]+")
_PROPERTY = re.compile(r':[^,\n"]+,[ \t]*!?[A-Za-z]+[ \t]*,[ \t]*"(?:\\.|[^"\\])*"[ \t]*')
_PAIR = re.compile(r'([A-Za-z0-9_.]+)\s*=\s*"((?:\\.|[^"\\])*)"')
_SKIPPED = re.compile(r"(?:call|set|reset|unset|call_indirect|continue)\b[^;\n{}]*;?")
_REMOTE = re.compile(r"(@{1,2})(?:\([^)]*\))?(\[[^\]]*\]|[^:;\s]+)")
_THEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\bthen\b', re.IGNORECASE)


def rows_of(path: str, lines: Sequence[str]) -> tuple[list[Row], int]:
    """Give the rows of linux.rsyslog_action, and the line of the first statement that is not understood (0: none)."""
    reader = _Reader(path, _uncommented("\n".join(lines) + "\n"))
    reader.run()
    return reader.rows, reader.odd


def facilities_of(selector: str) -> list[str]:
    """Give the facilities that a selector lets through, some priority of each."""
    found: set[str] = set()
    for part in selector.split(";"):
        names, _, priority = part.rpartition(".")
        chosen = FACILITIES if "*" in names else [name.strip().lower() for name in names.split(",")]
        if priority.lower() == "none":
            found.difference_update(chosen)
        else:
            found.update(chosen)
    return [name for name in FACILITIES if name in found]


_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|(?:(?<=\s)|^)#[^\n]*|\\\n', re.DOTALL | re.MULTILINE)


def _uncommented(text: str) -> str:
    """Blank out comments and continued line ends; the number of lines stays."""
    return _COMMENT.sub(lambda found: found.group() if found.group()[0] == '"' else _blank(found.group()), text)


def _blank(text: str) -> str:
    # A continued line goes on: its end is no end of a statement, but counts as a line.
    return "\v" if text == "\\\n" else "\n" * text.count("\n")


@dataclass(slots=True)
class _Reader:
    path: str
    text: str
    rows: list[Row] = field(default_factory=list)
    odd: int = 0
    at: int = 0
    blocks: list[str] = field(default_factory=list)
    """What each open block is chosen by."""
    chosen: str = ""
    """Selector or expression before the next action; empty for none."""
    last: str = ""
    """Selector that `&` refers to."""

    def run(self) -> None:
        while self.at < len(self.text):
            letter = self.text[self.at]
            if letter in " \t\n\v\r;":
                self.at += 1
            elif letter == "{":
                self.blocks.append(self.chosen or "block")
                self.chosen = ""
                self.at += 1
            elif letter == "}":
                self.blocks = self.blocks[:-1]
                self.at += 1
            else:
                self._statement()

    def _statement(self) -> None:
        start = self.at
        rest = self.text[self.at : self.at + 20].lower()
        if rest[0] == "$":
            self._rest_of_line()
        elif re.match(r"if\b", rest):
            self._expression()
        elif re.match(r"else\b", rest):
            self.chosen = "else"
            self.at += 4
        elif found := _OBJECT.match(self.text, self.at):
            self._object(found.group(1).lower(), found.end(), start)
        elif found := _PROPERTY.match(self.text, self.at) or _SELECTOR.match(self.text, self.at):
            self.chosen = self.last = found.group().strip()
            self.at = found.end()
            self._after_selector(start)
        elif rest[0] == "&":
            self.at += 1
            self.chosen = self.last
            self._after_selector(start)
        elif found := re.compile(r"stop\b").match(self.text, self.at):
            self.at = found.end()
            self._row("discard", "", start)
        elif found := _SKIPPED.match(self.text, self.at):
            self.at = found.end()
            self.chosen = ""
        else:
            self._strange(start)
            self._rest_of_line()

    def _after_selector(self, start: int) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t", "\v"):
            self.at += 1
        if self.text[self.at : self.at + 1] in ("{", "") or _OBJECT.match(self.text, self.at):
            return
        self._old_action(self._rest_of_line().replace("\v", " ").strip(), start)

    def _expression(self) -> None:
        start = self.at
        for found in _THEN.finditer(self.text, self.at):
            if found.group().lower() == "then":
                self.chosen = " ".join(self.text[start : found.start()].split())
                self.at = found.end()
                return
        self._strange(start)
        self.at = len(self.text)

    def _object(self, name: str, inside: int, start: int) -> None:
        end = self._closing(inside)
        if end is None:
            self._strange(start)
            self.at = len(self.text)
            return
        pairs = {key.lower(): value for key, value in _PAIR.findall(self.text[inside:end])}
        self.at = end + 1
        if name == "action":
            self._action(pairs, start)
        elif name == "ruleset":
            self.chosen = f"ruleset {pairs.get('name', '')}"

    def _closing(self, place: int) -> int | None:
        quote = ""
        while place < len(self.text):
            letter = self.text[place]
            if letter == "\\":
                place += 1
            elif quote:
                quote = "" if letter == quote else quote
            elif letter in "\"'":
                quote = letter
            elif letter == ")":
                return place
            place += 1
        return None

    def _action(self, pairs: dict[str, str], start: int) -> None:
        kind = pairs.get("type", "").lower()
        if kind in ("omfwd", "omrelp"):
            protocol = "relp" if kind == "omrelp" else pairs.get("protocol", "udp").lower()
            self._row("forward", pairs.get("target", ""), start, protocol)
        elif kind in ("omfile", "ompipe"):
            self._row("file", pairs.get("file") or pairs.get("dynafile") or pairs.get("pipe", ""), start)
        elif kind == "omusrmsg":
            self._row("user", pairs.get("users", ""), start)
        elif kind == "omprog":
            self._row("program", pairs.get("binary", ""), start)
        else:
            self._row("other", kind, start)

    def _old_action(self, action: str, start: int) -> None:
        first = action.removeprefix("-").partition(";")[0].strip()
        if found := _REMOTE.match(action):
            self._row("forward", found.group(2), start, "tcp" if found.group(1) == "@@" else "udp")
        elif action[:1] in ("/", "-", "?", "|"):
            self._row("file", first.lstrip("|? "), start)
        elif action in ("~", "stop"):
            self._row("discard", "", start)
        elif action[:1] == "^":
            self._row("program", first[1:], start)
        elif action.startswith(":omusrmsg:"):
            self._row("user", first.removeprefix(":omusrmsg:"), start)
        elif action[:1] == ":":
            self._row("other", action.split(":")[1], start)
        elif re.fullmatch(r"\*|[\w.-]+(\s*,\s*[\w.-]+)*", action):
            self._row("user", action, start)
        else:
            self._strange(start)

    def _row(self, kind: str, target: str, start: int, protocol: str = "") -> None:
        selector = self.chosen or (self.blocks[-1] if self.blocks else "*.*")
        plain = not self.blocks and bool(_SELECTOR.fullmatch(selector + " "))
        outer: Cell = facilities_of(selector) if plain else []
        self.rows.append(
            {
                "selector": selector.replace("\v", " "),
                "facilities": outer,
                "kind": kind,
                "target": target,
                "protocol": protocol or ABSENT,
                "path": self.path,
                "line": self._line(start),
            }
        )
        self.chosen = ""

    def _rest_of_line(self) -> str:
        end = self.text.find("\n", self.at)
        end = len(self.text) if end < 0 else end
        text, self.at = self.text[self.at : end], end
        return text

    def _strange(self, start: int) -> None:
        self.odd = self.odd or self._line(start)

    def _line(self, place: int) -> int:
        return self.text.count("\n", 0, place) + self.text.count("\v", 0, place) + 1
