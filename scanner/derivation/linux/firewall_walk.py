"""Follows a packet through the chains of a packet filter, where a rule may match, may not, or perhaps does."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase

from scanner.derivation.inputs import cell
from scanner.model.evidence import Cell, Row

OUTSIDE = "outside"
"""Stands for every interface but `lo`."""

_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmp", "ipv6-icmp": "icmp", "icmpv6": "icmp"}
_MAX_DEPTH = 64
_MOST_PORTS = 60_000
"""A range of more ports than this names none of them."""


class Fit(Enum):
    """Whether a packet matches."""

    NO = 0
    PERHAPS = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet; what is left empty may be anything, so that a rule that looks at it matches perhaps."""

    version: str
    in_interface: str = ""
    out_interface: str = ""
    protocol: str = ""
    port: int = 0
    source: str = ""
    local: bool = False
    """True when it is addressed to this host."""
    state: str = "new"


@dataclass(frozen=True, slots=True)
class End:
    """Where a packet's way through the rules may end; `named` when a rule on the way was one that was asked for."""

    verdict: str
    named: bool


@dataclass(slots=True)
class Walk:
    """One packet in one table; `names` picks the rules that are asked for."""

    chains: Mapping[str, Sequence[Row]]
    packet: Packet
    names: Callable[[Row], bool] = lambda row: False
    untold: bool = False
    """True when the packet came by a rule for ports that were not told."""
    _known: dict[tuple[str, bool], tuple[tuple[End, ...], bool]] = field(default_factory=dict)
    _sure: dict[tuple[str, bool], End | None] = field(default_factory=dict)

    def ends(self, chain: str, *, named: bool = False, depth: int = 0) -> tuple[tuple[End, ...], bool]:
        """Give the possible ends within a chain, and whether the packet may leave it without one."""
        if depth > _MAX_DEPTH:
            return (), True
        if (chain, named) not in self._known:
            self._known[chain, named] = (), True
            self._known[chain, named] = self._through(chain, named, depth)
        return self._known[chain, named]

    def _through(self, chain: str, named: bool, depth: int) -> tuple[tuple[End, ...], bool]:
        found: list[End] = []
        escapes = False
        for row in self.chains.get(chain, ()):
            fit = match(row, self.packet)
            if fit is Fit.NO:
                continue
            self.untold = self.untold or any(port.startswith("@") for port in _texts(cell(row, "ports")))
            sure, asked, verdict = fit is Fit.YES, named or self.names(row), str(cell(row, "verdict"))
            if verdict in ("jump", "goto"):
                below, leaves = self.ends(str(cell(row, "target")), named=asked, depth=depth + 1)
                found += below
                if sure and (not leaves or verdict == "goto"):
                    return tuple(found), escapes or leaves
                escapes = escapes or (leaves and verdict == "goto")
            elif verdict == "return":
                if sure:
                    return tuple(found), True
                escapes = True
            elif verdict != "continue":
                found.append(End(verdict, asked))
                if sure:
                    return tuple(found), escapes
        return tuple(found), True

    def settled(self, base: Row) -> End:
        """Give what becomes of the packet in a base chain when no rule takes it that matches perhaps."""
        return self._certain(str(cell(base, "chain")), False, 0) or End(str(cell(base, "policy")), False)

    def _certain(self, chain: str, named: bool, depth: int) -> End | None:
        """Give the end by the rules that match for sure; None when the packet comes back from the chain."""
        if depth > _MAX_DEPTH:
            return None
        if (chain, named) not in self._sure:
            self._sure[chain, named] = None
            self._sure[chain, named] = self._by_sure_rules(chain, named, depth)
        return self._sure[chain, named]

    def _by_sure_rules(self, chain: str, named: bool, depth: int) -> End | None:
        for row in self.chains.get(chain, ()):
            verdict = str(cell(row, "verdict"))
            if verdict == "continue" or match(row, self.packet) is not Fit.YES:
                continue
            asked = named or self.names(row)
            if verdict == "return":
                return None
            if verdict not in ("jump", "goto"):
                return End(verdict, asked)
            below = self._certain(str(cell(row, "target")), asked, depth + 1)
            if below or verdict == "goto":
                return below
        return None


def match(row: Row, packet: Packet) -> Fit:
    """Tell whether a rule matches a packet."""
    version = cell(row, "version")
    if isinstance(version, str) and version != packet.version:
        return Fit.NO
    fits = [
        _any(row, "protocol", lambda value: _protocol(value, packet)),
        _any(row, "ports", lambda value: _port(value, packet)),
        _any(row, "in_interface", lambda value: _interface(value, packet.in_interface)),
        _any(row, "out_interface", lambda value: _interface(value, packet.out_interface)),
        _any(row, "source", lambda value: _source(value, packet)),
        _any(row, "destination", lambda value: _destination(value, packet)),
        _any(row, "states", lambda value: _state(value, packet)),
        Fit.PERHAPS if _texts(cell(row, "conditions")) else Fit.YES,
    ]
    return min(fits, key=lambda fit: fit.value)


def names_port(row: Row, packet: Packet) -> bool:
    """True when the rule names the port of the packet, not just all ports."""
    return any(
        _port(value, packet) is Fit.YES and last - first < _MOST_PORTS
        for value in _texts(cell(row, "ports"))
        for first, last in [_range(value)]
    )


def names_loopback(row: Row) -> bool:
    """True when the rule names loopback addresses as its source."""
    networks = [network for value in _texts(cell(row, "source")) if (network := _network(value))]
    return any(network.is_loopback for network in networks)


def _any(row: Row, name: str, fits: Callable[[str], Fit]) -> Fit:
    """Judge a list: one of the values must fit, and none of the negated ones may."""
    values = _texts(cell(row, name))
    plain = [fits(value) for value in values if not value.startswith("!")]
    negated = [Fit(2 - fits(value[1:]).value) for value in values if value.startswith("!")]
    best = [max(plain, key=lambda fit: fit.value)] if plain else []
    return min(best + negated, key=lambda fit: fit.value, default=Fit.YES)


def _texts(given: Cell) -> list[str]:
    return [str(each) for each in given] if isinstance(given, list) else []


def _protocol(value: str, packet: Packet) -> Fit:
    if not packet.protocol or value.startswith("@"):
        return Fit.PERHAPS
    return Fit.YES if _NUMBERS.get(value, value) == packet.protocol else Fit.NO


def _range(value: str) -> tuple[int, int]:
    first, _, last = value.partition("-")
    try:
        return int(first), int(last or first)
    except ValueError:
        return -1, -1


def _port(value: str, packet: Packet) -> Fit:
    first, last = _range(value)
    if not packet.port or first < 0:
        return Fit.PERHAPS
    return Fit.YES if first <= packet.port <= last else Fit.NO


def _state(value: str, packet: Packet) -> Fit:
    if not packet.state:
        return Fit.PERHAPS
    return Fit.YES if value == packet.state else Fit.NO


def _interface(value: str, name: str) -> Fit:
    if value in ("*", "+"):
        return Fit.YES
    if name == "lo":
        return Fit.YES if fnmatchcase("lo", value) else Fit.NO
    return Fit.NO if name == OUTSIDE and value == "lo" else Fit.PERHAPS


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def _source(value: str, packet: Packet) -> Fit:
    network = _network(value)
    if network is not None and network.prefixlen == 0:
        return Fit.YES
    if not packet.source or network is None:
        return Fit.PERHAPS
    return Fit.YES if ipaddress.ip_address(packet.source) in network else Fit.NO


def _destination(value: str, packet: Packet) -> Fit:
    if packet.local and value.startswith("type "):
        return Fit.YES if value == "type local" else Fit.NO
    network = _network(value)
    return Fit.YES if network is not None and network.prefixlen == 0 else Fit.PERHAPS
