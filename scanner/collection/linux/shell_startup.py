"""Follows the startup files of login shells in the order in which a shell reads them, without running anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux.shell_text import BrokenError, Command, Guard, commands
from scanner.model.evidence import Gap, error

PROFILE = "/etc/profile"
BASHRC = "/etc/bash.bashrc"
PROFILE_D = "/etc/profile.d/"

_LIBRARIES = ("/usr/share/", "/usr/lib/")
_DEPTH = 6
_MOST = 20_000
_LONGEST = 1000
_INTERACTIVE = re.compile(r"PS1|\$-|\$\{-|-t 0|-t 1|BASH\b|BASH_VERSION|BASH-")
_UID = r"""(?:\$\(id -u\)|`id -u`|\$\{?E?UID\}?)"""
_EQUAL = re.compile(rf"\[\[? {_UID} (?:-eq|==?) 0 \]\]?")
_OTHERS = re.compile(rf"\[\[? {_UID} (?:(?:-ne|!=) 0|-g[te] [1-9][0-9]{{0,8}}|-gt 0) \]\]?")
_NAMED = re.compile(r"\[\[? \$\{?(?:USER|LOGNAME)\}? ==? root \]\]?")
_THERE = re.compile(r"(?:\[|test) -[defrsx] \S+(?: \])?[; \n]*")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
_DECLARING = ("export", "readonly", "declare", "typeset")


@dataclass(frozen=True, slots=True)
class StartupFile:
    """A file as it was shown; `gap` says why its text is not there."""

    path: str
    lines: tuple[str, ...] = ()
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A command that startup files run, and for whom: `all`, `root` or `users`."""

    file: str
    line: int
    words: tuple[str, ...]
    """With the values of variables that are known at this place."""
    conditional: bool
    scope: str


@dataclass(slots=True)
class Startup:
    """What a shell runs while it starts, and what could not be followed."""

    steps: list[Step] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def follow(files: Mapping[str, StartupFile], first: Sequence[str], home: str) -> Startup:
    """Give the commands of these files and of all that they read in turn; a file that is not there has none."""
    walk = _Walk(files, home)
    for path in first:
        walk.file(path, (), 0)
    return walk.found


def expanded(word: str, values: Mapping[str, str]) -> str:
    """Put the values of variables in their places; those that are not known stay."""
    return _VARIABLE.sub(lambda match: values.get(match[1] or match[2], match[0]), word)


def assignment(word: str) -> tuple[str, str] | None:
    """Split `name=value`; `name+=value` becomes `name=$name` and the value."""
    match = _ASSIGNMENT.fullmatch(word)
    if match is None:
        return None
    return match[1], (f"${{{match[1]}}}" if match[2] else "") + match[3]


def assigned(words: Sequence[str], name: str) -> tuple[str | None, str]:
    """Give what a command assigns to a variable (None for nothing) and the letters of its options, `x` for export."""
    options = ""
    rest = list(words)
    if rest and rest[0] in _DECLARING:
        options = {"export": "x", "readonly": "r"}.get(rest[0], "")
        options += "".join(word[1:] for word in rest[1:] if word.startswith("-"))
        rest = rest[1:]
    elif any(assignment(word) is None for word in rest):
        return None, ""
    found = [pair[1] for pair in map(assignment, rest) if pair is not None and pair[0] == name]
    named = bool(found) or name in rest
    return (found[-1] if found else None), (options if named else "")


class _Walk:
    """Goes through the files; remembers for which part of the users the rest of a file is."""

    def __init__(self, files: Mapping[str, StartupFile], home: str) -> None:
        self.files = files
        self.found = Startup()
        self.values = {"HOME": home}
        self.home = home

    def file(self, path: str, outer: tuple[tuple[bool, str], ...], depth: int) -> None:
        """Add the steps of a file, run under the conditions of those who read it."""
        shown = self.files.get(path)
        if shown is None:
            return
        if shown.gap is not None:
            self.found.gaps.append(shown.gap)
            return
        if depth > _DEPTH or len(self.found.steps) > _MOST:
            self.found.gaps.append(error(f"{path}: startup files read each other too often"))
            return
        left = False
        try:
            for command in commands("\n".join(shown.lines) + "\n"):
                if command.detached or len(self.found.steps) > _MOST:
                    continue
                conditional, scope = _condition(command)
                for above in outer:
                    conditional, scope = conditional or above[0], above[1] if scope == "all" else scope
                leaves = _leaves(command)
                if leaves == "all":
                    return
                left = left or leaves == "some"
                self._step(path, command, (conditional or left, scope), depth)
        except BrokenError:
            self.found.gaps.append(error(f"{path}: its text cannot be split into commands"))

    def _step(self, path: str, command: Command, state: tuple[bool, str], depth: int) -> None:
        words = command.words
        while words and words[0] in ("builtin", "command"):
            words = words[1:]
        if words and words[0] in (".", "source"):
            self._source(path, command, words[1] if len(words) > 1 else "", state, depth)
            return
        self._remember(words)
        known = tuple(expanded(word, self.values) for word in words)
        self.found.steps.append(Step(path, command.line, known, *state))

    def _remember(self, words: Sequence[str]) -> None:
        for word in words:
            pair = assignment(word)
            if pair is not None and pair[0] not in ("PATH", "HOME"):
                value = expanded(pair[1], self.values)
                if "$" in value or "`" in value or value == "_" or len(value) > _LONGEST:
                    self.values.pop(pair[0], None)
                else:
                    self.values[pair[0]] = value

    def _source(self, path: str, command: Command, word: str, state: tuple[bool, str], depth: int) -> None:
        loops = [guard.text for guard in command.guards if guard.kind == "loop"]
        if any(PROFILE_D in text for text in loops):
            for name in sorted(file for file in self.files if file.startswith(PROFILE_D)):
                self.file(name, (state,), depth + 1)
            return
        target = expanded(word, self.values)
        if target.startswith("~/"):
            target = f"{self.home}{target[1:]}"
        if target.startswith(_LIBRARIES):
            return
        if target in self.files:
            self.file(target, (state,), depth + 1)
        elif not target.startswith("/") or "$" in target or "`" in target:
            self.found.gaps.append(error(f"{path}:{command.line}: it reads a file whose name is not known here"))
        else:
            self.found.gaps.append(error(f"{path}:{command.line}: it reads {target}, which was not shown"))


def _condition(command: Command) -> tuple[bool, str]:
    """Tell whether a command may be skipped, and for whom it runs; that a file is there needs no proof where it is read."""
    conditional, scope = False, "all"
    reads = command.words[:1] in ((".",), ("source",))
    for guard in command.guards:
        narrowed = "all" if reads and _THERE.fullmatch(guard.text) and not guard.negated else _narrowed(guard)
        if narrowed is None:
            conditional = True
        elif narrowed != "all":
            conditional = conditional or scope not in ("all", narrowed)
            scope = narrowed
    return conditional, scope


def _narrowed(guard: Guard) -> str | None:
    """Give for whom a guard holds (`all` for one that holds in any interactive bash); None when it is not known."""
    text = guard.text.rstrip("; \n").strip()
    if guard.kind == "loop":
        return "all" if PROFILE_D in text else None
    if guard.kind == "function":
        return None
    if _EQUAL.fullmatch(text) or _NAMED.fullmatch(text):
        return "users" if guard.negated else "root"
    if _OTHERS.fullmatch(text):
        return "root" if guard.negated else "users"
    if guard.negated or guard.kind == "case":
        return "all" if guard.kind == "case" and _INTERACTIVE.search(text) else None
    usual = _INTERACTIVE.search(text) and not re.search("-z|!", text.replace("!= /bin/sh", ""))
    return "all" if usual else None


def _leaves(command: Command) -> str:
    """Tell whether a file ends here: `all` for everybody, `some` under a condition, empty for no, or not for interactive shells."""
    if command.words[:1] not in (("return",), ("exit",)) or any(guard.kind == "function" for guard in command.guards):
        return ""
    if not command.guards:
        return "all"
    return "" if any(_INTERACTIVE.search(guard.text) for guard in command.guards) else "some"
