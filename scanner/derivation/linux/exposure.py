"""Sends a stranger's connection through the packet filter, and sees whether anything surely stops it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scanner.derivation.inputs import cell, derived, first_gap, gap_in, single, source
from scanner.derivation.linux.firewall_ruleset import Place, Ruleset
from scanner.derivation.linux.firewall_walk import OUTSIDE, Packet, Walk
from scanner.derivation.linux.open_port import Port, ports
from scanner.model.evidence import Cell, Evidence, Query, Row, unknown

_STRANGERS = {"ipv4": ("45.67.89.10", "188.23.145.67"), "ipv6": ("2a02:8109:9340::7", "2600:1700:3ec7::9")}
"""Far apart and ordinary: addresses of documents would be stopped by filters of what cannot be."""
_STOPS = frozenset({"drop", "reject"})
_HOOKS = ("prerouting", "input")
_KEYS = ("protocol", "address", "port", "loopback")


def port_exposure(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.port_exposure: every port has its rows, also where the packet filter could not be asked."""
    sockets = source(inputs, "linux.process_listening")
    ruleset = Ruleset.of(inputs)
    dark = cell(single(source(inputs, "linux.ufw")), "ipv6_running") is False
    rows = [
        _row(port, ruleset.gap or _strangers(ruleset, port))
        for port in ports(sockets.rows)
        if not (dark and port.version == "ipv6")
    ]
    return derived(query, rows, first_gap(sockets.gap, gap_in(sockets.rows, _KEYS)), inputs, taken_at)


def _strangers(ruleset: Ruleset, port: Port) -> Cell:
    """Tell whether a stranger may reach a port; unknown where that hangs on the interface that he comes by."""
    packets = [
        Packet(port.version, OUTSIDE, protocol=port.protocol, port=port.port, source=each, local=True)
        for each in _STRANGERS[port.version]
    ]
    if any(_translated(ruleset, packet) for packet in packets):
        return unknown("its address may be translated before the filter sees it, as ports of containers are")
    if all(stopped(ruleset, packet) for packet in packets):
        return False
    if all(stopped(ruleset, packet, by_interface=False) for packet in packets):
        return unknown("rules let it in by an interface, and whether strangers come by that is not told")
    return True


def stopped(ruleset: Ruleset, packet: Packet, *, by_interface: bool = True) -> bool:
    """Tell whether a base chain stops the packet whatever else there is; a packet must pass all of them."""
    return any(
        _stops(_rules(ruleset.rules.get(place, {}), by_interface=by_interface), packet, base)
        for place, base in _bases(ruleset, packet.version)
    )


def _translated(ruleset: Ruleset, packet: Packet) -> bool:
    """Tell whether a chain may send the packet elsewhere before the chains of this host see it."""
    return any(
        end.verdict == "other"
        for place, base in _bases(ruleset, packet.version, kind="nat")
        if cell(base, "hook") == "prerouting"
        for end in Walk(ruleset.rules.get(place, {}), packet).ends(str(cell(base, "chain")))[0]
    )


def _bases(ruleset: Ruleset, version: str, kind: str = "filter") -> Iterator[tuple[Place, Row]]:
    """Yield the base chains that packets to this host pass, of every frontend."""
    families = {"ipv4": ("ip", "inet"), "ipv6": ("ip6", "inet")}[version]
    for place, chains in ruleset.chains.items():
        for row in chains.values():
            if cell(row, "hook") in _HOOKS and cell(row, "type") == kind and cell(row, "family") in families:
                yield place, row


def _rules(chains: Mapping[str, Sequence[Row]], *, by_interface: bool) -> Mapping[str, Sequence[Row]]:
    """Leave out rules that let packets of one interface in, unless they count."""
    if by_interface:
        return chains
    return {name: [row for row in rows if not _of_interface(row)] for name, rows in chains.items()}


def _of_interface(row: Row) -> bool:
    named = cell(row, "in_interface")
    return isinstance(named, list) and any(not str(each).startswith("!") for each in named)


def _stops(chains: Mapping[str, Sequence[Row]], packet: Packet, base: Row) -> bool:
    ends, escapes = Walk(chains, packet).ends(str(cell(base, "chain")))
    verdicts = {end.verdict for end in ends} | ({str(cell(base, "policy"))} if escapes else set())
    return bool(verdicts) and verdicts <= _STOPS


def _row(port: Port, strangers: Cell) -> Row:
    return {
        "endpoint": f"{port.protocol}/{port.port}",
        "version": port.version,
        "addresses": sorted(set(port.addresses)),
        "strangers": strangers,
    }
