"""Reads pg_hba.conf as the server does: every line becomes a rule, or says why the server refuses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scanner.collection.postgres.hba_address import bits, folded, network, numeric
from scanner.collection.postgres.hba_lexer import Files, Line, Word, lexed
from scanner.collection.postgres.hba_options import Rule, implied, wrong_option, wrong_together
from scanner.collection.postgres.hba_regex import broken
from scanner.facts.postgres.hba import TYPES
from scanner.model.evidence import Gap

UNMATCHED = "hostssl matches nothing while ssl is off"
# Without sspi and bsd, which Linux does not have.
_METHODS = (
    *("trust", "reject", "scram-sha-256", "md5", "password", "gss", "ident", "peer", "ldap", "radius", "cert", "pam"),
    "oauth",
)
_FIRST_WITH = {"oauth": 18}
_EVERYONE = ("all", "samehost", "samenet")


@dataclass(frozen=True, slots=True)
class HbaRule:
    """A rule of pg_hba.conf; `address` holds a network in CIDR form, a name, or a keyword (then `keyword` is true).

    With `error` the server refuses the line and nothing else is known, unless it only says that it cannot match.
    `options` are as written, secrets included: mask them before they go anywhere.
    """

    path: str
    line: int
    type: str = ""
    databases: tuple[Word, ...] = ()
    users: tuple[Word, ...] = ()
    address: str = ""
    network: str = ""
    keyword: bool = False
    method: str = ""
    options: dict[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class HbaFile:
    """All rules in order; a gap when a file could not be read by us, so that rules may be missing."""

    rules: tuple[HbaRule, ...]
    gap: Gap | None = None


def hba_file(path: str, files: Files, major: int, ssl: bool = True) -> HbaFile:
    """Read the rules of a file and of all that it includes.

    `major` is the server's major version (15 or later), `ssl` whether it has TLS switched on. Source: the manual's
    chapter on the pg_hba.conf file, and the reader of the server. Never raises on odd text.
    """
    found = lexed(path, files, major)
    return HbaFile(tuple(_rule(line, major, ssl) for line in found.lines), found.gap)


class _RefusedError(Exception):
    """The server refuses the line."""


class _Fields:
    """The fields of a line, taken one after the other."""

    def __init__(self, line: Line) -> None:
        self.rest = iter(line.fields)

    def words(self, what: str) -> tuple[Word, ...]:
        """Give the next field."""
        found = next(self.rest, None)
        if found is None:
            raise _RefusedError(f"the line ends before the {what}")
        return found

    def word(self, what: str) -> Word:
        """Give the next field, which has a single word."""
        words = self.words(what)
        if len(words) > 1:
            raise _RefusedError(f"there is more than one {what}")
        return words[0]


def _rule(line: Line, major: int, ssl: bool) -> HbaRule:
    if line.error:
        return HbaRule(line.path, line.number, error=line.error)
    try:
        return _read(line, major, ssl)
    except _RefusedError as refused:
        return HbaRule(line.path, line.number, error=str(refused))


def _read(line: Line, major: int, ssl: bool) -> HbaRule:
    fields = _Fields(line)
    kind = fields.word("connection type").text
    if kind not in TYPES:
        raise _RefusedError(f"the connection type {kind} is not known")
    databases = _names(fields.words("database"), major)
    users = _names(fields.words("role"), major)
    address, net, keyword = ("", "", False) if kind == "local" else _address(fields)
    method = _method(fields.word("method").text, kind, major)
    options = _options(fields, Rule(kind, method, major))
    wrong = UNMATCHED if kind == "hostssl" and not ssl else ""
    return HbaRule(line.path, line.number, kind, databases, users, address, net, keyword, method, options, wrong)


def _names(words: tuple[Word, ...], major: int) -> tuple[Word, ...]:
    for word in words if major >= 16 else ():
        if word.text.startswith("/") and broken(word.text[1:]):
            raise _RefusedError("a regular expression is not valid")
    return words


def _address(fields: _Fields) -> tuple[str, str, bool]:
    word = fields.word("address")
    if any(word.is_keyword(each) for each in _EVERYONE):
        return word.text, "", True
    bare, slash, length = word.text.partition("/")
    address = numeric(bare)
    if address is None:
        if slash:
            raise _RefusedError("a host name cannot have a mask")
        return bare, "", False
    if slash:
        prefix = bits(length, address)
        if prefix is None:
            raise _RefusedError("the mask after the slash does not fit the address")
        cidr = network(address, prefix)
        return cidr, cidr, False
    mask = numeric(fields.word("mask").text)
    if mask is None or mask.version != address.version:
        raise _RefusedError("the mask does not fit the address")
    cidr = folded(address, mask) or ""
    return cidr or f"{address} {mask}", cidr, False


def _method(name: str, kind: str, major: int) -> str:
    if name not in _METHODS or major < _FIRST_WITH.get(name, 0):
        raise _RefusedError(f"the method {name} is not known to this server")
    if kind == "local" and name == "ident":
        return "peer"
    if (kind == "local" and name == "gss") or (kind != "local" and name == "peer"):
        raise _RefusedError(f"the method {name} is not for connections of type {kind}")
    if name == "cert" and kind != "hostssl":
        raise _RefusedError("the method cert is only for hostssl")
    return name


def _options(fields: _Fields, rule: Rule) -> dict[str, str]:
    options: dict[str, str] = {}
    for word in _flat(list(fields.rest)):
        name, equals, value = word.text.partition("=")
        wrong = wrong_option(name, value, rule) if equals else "an option is not of the form name=value"
        if wrong:
            raise _RefusedError(wrong)
        options[name] = value
    wrong = wrong_together(options, rule)
    if wrong:
        raise _RefusedError(wrong)
    return implied(options, rule)


def _flat(fields: Sequence[tuple[Word, ...]]) -> list[Word]:
    return [word for words in fields for word in words]
