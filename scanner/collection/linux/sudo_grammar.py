"""Reads the entries of a sudoers file: Defaults, aliases, rules and includes, one line after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from scanner.collection.linux.sudo_lexer import Token, tokens

_DONE = Token("line", "", 0)
_SCOPES = {"": "global", "@": "host", ":": "user", ">": "runas", "!": "command"}
_ALIASES = {"User": "user", "Runas": "runas", "Host": "host", "Cmnd": "command", "Cmd": "command"}
_NAMES = ("word", "alias", "ALL")
_USERS = (*_NAMES, "group", "netgroup")
_HOSTS = (*_NAMES, "netgroup", "network")


@dataclass(frozen=True, slots=True)
class Default:
    """One setting of a Defaults line; `operator` is `=`, `+`, `-`, empty for a bare name, or `!`."""

    scope: str
    """global, host, user, runas or command."""
    members: tuple[str, ...]
    name: str
    operator: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Alias:
    """A named list; `kind` is user, runas, host or command."""

    kind: str
    name: str
    members: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Include:
    """A file, or a directory of files, to be read at this place."""

    directory: bool
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a rule with what holds for it, inherited tags and options included."""

    text: str
    line: int
    runas_users: tuple[str, ...] | None
    """None where the rule names nobody; an empty text in it is the user himself."""
    runas_groups: tuple[str, ...] | None
    tags: dict[str, bool] = field(default_factory=dict)
    """Tag without its NO > whether it is switched on."""
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may run what, on which hosts."""

    users: tuple[str, ...]
    hosts: tuple[str, ...]
    commands: tuple[Command, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is not of sudo's grammar."""

    line: int


Entry = Default | Alias | Include | Rule | Refused


def entries(text: str) -> Iterator[Entry]:
    """Give the entries of a file in order; a line that sudo would refuse comes as `Refused`, never as an exception."""
    line: list[Token] = []
    for token in tokens(text):
        if token.kind == "line":
            yield from _entries(line)
            line = []
        else:
            line.append(token)
    if line:
        yield Refused(line[0].line)


class _UnfitError(Exception):
    """The line breaks off the grammar."""


def _entries(line: list[Token]) -> list[Entry]:
    if not line:
        return []
    try:
        return _Line(line).entries()
    except _UnfitError:
        return [Refused(line[0].line)]


class _Line:
    """The tokens of one logical line, read from left to right."""

    def __init__(self, line: list[Token]) -> None:
        self.line = line
        self.place = 0

    def entries(self) -> list[Entry]:
        kind = self._next.kind
        found: list[Entry]
        if kind in ("include", "includedir"):
            start = self._take(kind)
            found = [Include(kind == "includedir", self._take("word").text, start.line)]
        elif kind == "defaults":
            found = self._defaults()
        elif kind == "alias kind":
            found = self._aliases()
        else:
            found = self._rules()
        if self.place < len(self.line):
            raise _UnfitError
        return found

    @property
    def _next(self) -> Token:
        return self.line[self.place] if self.place < len(self.line) else _DONE

    def _take(self, *kinds: str) -> Token:
        token = self._next
        if token.kind not in kinds:
            raise _UnfitError
        self.place += 1
        return token

    def _passed(self, kind: str) -> bool:
        if self._next.kind != kind:
            return False
        self.place += 1
        return True

    def _members(self, one: Callable[[], str]) -> tuple[str, ...]:
        found = [self._negatable(one)]
        while self._passed(","):
            found.append(self._negatable(one))
        return tuple(found)

    def _negatable(self, one: Callable[[], str]) -> str:
        return "!" + one() if self._passed("!") else one()

    def _user(self) -> str:
        return self._take(*_USERS).text

    def _host(self) -> str:
        return self._take(*_HOSTS).text

    def _group(self) -> str:
        return self._take(*_NAMES).text

    def _command(self) -> str:
        if self._next.kind == "word" and self._next.text == "list":
            return self._take("word").text
        return self._take("command", "alias", "ALL").text

    def _digested(self) -> str:
        """Read a command that digests may stand before; they do not widen what is allowed."""
        several = False
        while self._next.kind == "digest kind":
            self._take("digest kind")
            self._take(":")
            self._take("digest")
            several = True
            if not self._passed(","):
                break
        if several and self._next.kind == "alias":
            raise _UnfitError
        return self._negatable(self._command)

    def _commands(self) -> tuple[str, ...]:
        found = [self._digested()]
        while self._passed(","):
            found.append(self._digested())
        return tuple(found)

    def _defaults(self) -> list[Entry]:
        start = self._take("defaults")
        scope = _SCOPES[start.text]
        members = () if scope == "global" else self._listed(scope)
        found: list[Entry] = [self._default(scope, members)]
        while self._passed(","):
            found.append(self._default(scope, members))
        return found

    def _default(self, scope: str, members: tuple[str, ...]) -> Default:
        if self._passed("!"):
            name = self._take("defvar")
            return Default(scope, members, name.text, "!", "", name.line)
        name = self._take("defvar")
        if self._next.kind not in ("=", "+", "-"):
            return Default(scope, members, name.text, "", "", name.line)
        operator = self._take("=", "+", "-").kind
        return Default(scope, members, name.text, operator, self._take("word").text, name.line)

    def _aliases(self) -> list[Entry]:
        kind = _ALIASES[self._take("alias kind").text]
        found: list[Entry] = [self._alias(kind)]
        while self._passed(":"):
            found.append(self._alias(kind))
        return found

    def _alias(self, kind: str) -> Alias:
        name = self._take("alias")
        self._take("=")
        return Alias(kind, name.text, self._listed(kind), name.line)

    def _listed(self, kind: str) -> tuple[str, ...]:
        if kind == "command":
            return self._commands()
        return self._members(self._host if kind == "host" else self._user)

    def _rules(self) -> list[Entry]:
        start = self._next.line
        users = self._members(self._user)
        found: list[Entry] = [self._rule(users, start)]
        while self._passed(":"):
            found.append(self._rule(users, start))
        return found

    def _rule(self, users: tuple[str, ...], line: int) -> Rule:
        hosts = self._members(self._host)
        self._take("=")
        commands = [self._granted(None)]
        while self._passed(","):
            commands.append(self._granted(commands[-1]))
        return Rule(users, hosts, tuple(commands), line)

    def _granted(self, before: Command | None) -> Command:
        """Read one command with its run-as list, options and tags; what it does not say it takes from the one before."""
        runas_users, runas_groups = self._runas() if self._passed("(") else (None, None)
        options: dict[str, str] = {}
        while self._next.kind == "option":
            name = self._take("option").text
            self._take("=")
            options[name] = self._take("word", "alias", "ALL").text
        tags: dict[str, bool] = {}
        while self._next.kind == "tag":
            tag = self._take("tag").text
            tags[tag.removeprefix("NO")] = not tag.startswith("NO")
        text = self._digested()
        line = self.line[self.place - 1].line
        if before is not None:
            tags = {**before.tags, **tags}
            options = {**before.options, **options}
            if runas_users is None and runas_groups is None:
                runas_users, runas_groups = before.runas_users, before.runas_groups
        return Command(text, line, runas_users, runas_groups, tags, options)

    def _runas(self) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        users: tuple[str, ...] | None = None
        groups: tuple[str, ...] | None = None
        if self._next.kind not in (":", ")"):
            users = self._members(self._user)
        if self._passed(":") and not (users is None and self._next.kind == ")"):
            groups = self._members(self._group)
        self._take(")")
        return users or ("",), groups
