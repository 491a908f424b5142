"""Which earlier rules of pg_hba.conf take the connections of a later one: by words, addresses and channels."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from scanner.matching.patterns import LONGEST, pattern
from scanner.model.evidence import Row

CHANNELS_OF: Mapping[str, tuple[str, ...]] = {
    "local": ("local",),
    "host": ("plain", "tls", "gss"),
    "hostssl": ("tls",),
    "hostnossl": ("plain", "gss"),
    "hostgssenc": ("gss",),
    "hostnogssenc": ("plain", "tls"),
}
"""Connection type > how connections come that it is for."""
EVERYWHERE: tuple[tuple[int, int, int], ...] = ((4, 0, 2**32 - 1), (6, 0, 2**128 - 1))
_LOOPBACK = tuple(map(ipaddress.ip_network, ("127.0.0.0/8", "::1/128", "::ffff:127.0.0.0/104")))
_NOT_IN_ALL = frozenset({"replication"})
_MANY_WORDS = 1000
_MANY_GROUPS = 64
_MANY_RANGES = 256
_SIMPLE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-^$.*+?()|")


class Sure(IntEnum):
    """How sure something is; the order is that of `min` and `max`."""

    NO = 0
    UNCLEAR = 1
    """It cannot be told."""
    UNLESS_QUOTED = 2
    """Yes, if a word that looks like a keyword is one."""
    YES = 3


Range = tuple[int, int, int]
"""Version of IP, first and last address."""


@dataclass(frozen=True, slots=True)
class Names:
    """The databases or the roles of a rule: all words, those sure to be keywords, and those that may be quoted."""

    words: frozenset[str]
    sure: frozenset[str]
    maybe: frozenset[str]

    def keyword(self, word: str) -> Sure:
        """Tell whether the word stands here as a keyword."""
        if word not in self.words:
            return Sure.NO
        return Sure.YES if word in self.sure else Sure.UNLESS_QUOTED if word in self.maybe else Sure.NO

    def cover(self, other: Names, everything: frozenset[str]) -> Sure:
        """Tell whether all that the other names mean is meant here; `everything` holds what `all` leaves out."""
        if len(other.words) > _MANY_WORDS and "all" not in self.words:
            return Sure.NO
        return min((self._covers(word, other, everything) for word in other.words), default=Sure.NO)

    def _covers(self, word: str, other: Names, beyond: frozenset[str]) -> Sure:
        left_out = word in beyond and other.keyword(word) is not Sure.NO
        broad = Sure.NO if left_out else self.keyword("all")
        return max(broad, self._same(word, other))

    def _same(self, word: str, other: Names) -> Sure:
        if word not in self.words:
            return Sure.NO
        mine, theirs = self.keyword(word), other.keyword(word)
        if mine is theirs and mine is not Sure.UNLESS_QUOTED:
            return Sure.YES
        if {mine, theirs} == {Sure.YES, Sure.NO}:
            return Sure.NO
        return Sure.UNLESS_QUOTED


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of the server: name > itself and every role that it is a member of, None where that is not known."""

    memberships: Mapping[str, frozenset[str] | None]

    def admitted(self, role: str, names: Names) -> Sure:
        """Tell whether a role is among the names."""
        return max((self._meant(word, names, role) for word in names.words), default=Sure.NO)

    def _meant(self, word: str, names: Names, role: str) -> Sure:
        if word == "all" and names.keyword(word) is not Sure.NO:
            return names.keyword(word)
        if word.startswith("+") and names.keyword(word) is not Sure.NO:
            of = self.memberships.get(role)
            return Sure.UNCLEAR if of is None else names.keyword(word) if word[1:] in of else Sure.NO
        if word.startswith("/"):
            return _matched(word[1:], role)
        return Sure.YES if word == role else Sure.NO


def _matched(expression: str, role: str) -> Sure:
    """Match where our expressions and those of the server surely mean the same."""
    if len(role) > LONGEST or not set(expression) <= _SIMPLE or "(?" in expression:
        return Sure.UNCLEAR
    try:
        return Sure.YES if pattern(expression).search(role) else Sure.NO
    except ValueError:
        return Sure.UNCLEAR


@dataclass(frozen=True, slots=True)
class Reach:
    """The addresses of a rule: ranges, or a text for what has no range (a name, `samenet`, a mask with holes)."""

    ranges: tuple[Range, ...]
    text: str = ""
    sure: Sure = Sure.YES
    """How sure the ranges are: `all` may be the name of a host."""

    @classmethod
    def of(cls, row: Row, keywords: Names) -> Reach:
        """Read the address of a rule; a socket counts as the one address that all of `local` has."""
        address, network = row.get("address"), row.get("network")
        if row.get("type") == "local":
            return cls(((0, 0, 0),))
        if isinstance(network, str):
            return cls((_range(ipaddress.ip_network(network, strict=False)),))
        if address == "all" and keywords.keyword("all") is not Sure.NO:
            return cls(EVERYWHERE, sure=keywords.keyword("all"))
        text = str(address).lower() if isinstance(address, str) else ""
        sure = keywords.keyword(text)
        return cls((), text, Sure.YES if sure is Sure.NO else sure)

    @property
    def claims(self) -> tuple[Range, ...]:
        """Every address that may be meant."""
        return EVERYWHERE if self.text else self.ranges


def _range(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Range:
    return network.version, int(network.network_address), int(network.broadcast_address)


LOOPBACK: tuple[Range, ...] = tuple(map(_range, _LOOPBACK))
"""Addresses that no other host has."""


def left(ranges: Iterable[Range], taken: Sequence[Range]) -> list[Range]:
    """Give what is left of ranges when others are taken away."""
    rest = list(ranges)
    for version, low, high in taken:
        rest = [part for each in rest for part in _without(each, version, low, high)]
        if not rest:
            break
    return rest


def _without(one: Range, version: int, low: int, high: int) -> list[Range]:
    if one[0] != version or high < one[1] or low > one[2]:
        return [one]
    parts = [(version, one[1], low - 1), (version, high + 1, one[2])]
    return [part for part in parts if part[1] <= part[2]]


@dataclass(slots=True)
class Taken:
    """Addresses that rules of equal names took, per channel: surely, and unless a word was quoted."""

    databases: Names
    users: Names
    sure: dict[str, list[Range]] = field(default_factory=dict)
    maybe: dict[str, list[Range]] = field(default_factory=dict)
    texts: dict[str, dict[str, Sure]] = field(default_factory=dict)
    """Channel > name or keyword of an address > how sure it is taken."""

    def add(self, channel: str, reach: Reach) -> None:
        """Take the addresses of a rule on a channel."""
        if reach.text:
            texts = self.texts.setdefault(channel, {})
            texts[reach.text] = max(reach.sure, texts.get(reach.text, Sure.NO))
            return
        ranges = (self.sure if reach.sure is Sure.YES else self.maybe).setdefault(channel, [])
        if len(ranges) < _MANY_RANGES:
            ranges += [each for each in reach.ranges if each not in ranges]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule matches."""

    type: str
    databases: Names
    users: Names
    reach: Reach


class Earlier:
    """The rules in front of another one. What goes beyond bounds is forgotten, so that less is held for taken."""

    def __init__(self) -> None:
        self._taken: dict[tuple[Names, Names], Taken] = {}

    def add(self, rule: Rule) -> None:
        """Put a rule behind those that are known."""
        key = (rule.databases, rule.users)
        if key not in self._taken and len(self._taken) >= _MANY_GROUPS:
            return
        taken = self._taken.setdefault(key, Taken(*key))
        for channel in CHANNELS_OF.get(rule.type, ()):
            taken.add(channel, rule.reach)

    def before(self, rule: Rule, who: Callable[[Names], Sure] | None = None) -> Before:
        """Give what was taken of the databases and roles of a rule; `who` tells whether one role is among some names."""
        found: list[tuple[Taken, Sure]] = []
        for taken in self._taken.values():
            named = who(taken.users) if who else taken.users.cover(rule.users, frozenset())
            covers = min(named, taken.databases.cover(rule.databases, _NOT_IN_ALL)) if named else Sure.NO
            if covers is not Sure.NO:
                found.append((taken, covers))
        return Before(rule, found)


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier rules took of the connections that a rule is for."""

    rule: Rule
    taken: Sequence[tuple[Taken, Sure]]

    def opened(self, channel: str, beyond: Sequence[Range] = ()) -> Sure:
        """Tell whether a connection on this channel gets to the rule, from an address outside of `beyond`."""
        reach = self.rule.reach
        claims = left(reach.claims, beyond)
        sure: list[Range] = []
        maybe: list[Range] = []
        doubt = Sure.NO
        for taken, covers in self.taken:
            text = taken.texts.get(channel, {}).get(reach.text, Sure.NO) if reach.text else Sure.NO
            doubt = max(doubt, min(covers, text, reach.sure))
            (sure if covers is Sure.YES else maybe).extend(taken.sure.get(channel, ()))
            maybe += taken.maybe.get(channel, ())
        if doubt is Sure.YES or not left(claims, sure):
            return Sure.NO
        return Sure.UNCLEAR if doubt or not left(claims, [*sure, *maybe]) else Sure.YES
