"""Joins listening ports with the rules of the firewall that name them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.derivation.inputs import cell, derived, first_gap, gap_in, source
from scanner.derivation.linux.firewall import judged
from scanner.derivation.linux.firewall_ruleset import Ruleset
from scanner.derivation.linux.firewall_walk import OUTSIDE, Packet, Walk, names_port
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

_HOOKS = ("prerouting", "input")
_KEYS = ("protocol", "address", "port", "loopback")


@dataclass(slots=True)
class Port:
    """A port that listens beyond the loopback interface, with all of its sockets in one version of IP."""

    protocol: str
    port: int
    version: str
    addresses: list[str] = field(default_factory=list)
    processes: list[Cell] = field(default_factory=list)


def open_port(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.open_port: every port has its rows, also where the firewall could not be asked."""
    sockets = source(inputs, "linux.process_listening")
    ruleset = Ruleset.of(inputs)
    frontends, versions, missing = judged(inputs)
    missing = first_gap(missing, ruleset.gap)
    gap = first_gap(sockets.gap, gap_in(sockets.rows, _KEYS))
    rows: list[Row] = []
    for port in ports(sockets.rows):
        if missing:
            rows.append(_row(port, ABSENT, missing))
        elif port.version in versions:
            rows += [_row(port, frontend, _ruled(ruleset, frontend, port)) for frontend in frontends]
    return derived(query, rows, gap, inputs, taken_at)


def ports(rows: Sequence[Row]) -> list[Port]:
    """Join the sockets of each port and version."""
    found: dict[tuple[str, int, str], Port] = {}
    for row in rows:
        protocol, address, number = str(cell(row, "protocol")), str(cell(row, "address")), cell(row, "port")
        if cell(row, "loopback") is not False or not isinstance(number, int):
            continue
        for version in _versions(address):
            port = found.setdefault((protocol, number, version), Port(protocol, number, version))
            port.addresses.append(address)
            port.processes.append(cell(row, "process"))
    return list(found.values())


def _versions(address: str) -> Iterator[str]:
    """Give the versions of IP that reach a socket; one on `::` usually takes IPv4 too."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    if parsed.version == 4 or mapped or parsed.is_unspecified:
        yield "ipv4"
    if parsed.version == 6 and not mapped:
        yield "ipv6"


def _ruled(ruleset: Ruleset, frontend: str, port: Port) -> Cell:
    packet = Packet(port.version, in_interface=OUTSIDE, protocol=port.protocol, port=port.port, local=True)
    untold = False
    for place, base in ruleset.bases(frontend, port.version, _HOOKS):
        walk = Walk(ruleset.rules.get(place, {}), packet, lambda row: names_port(row, packet))
        ends, _ = walk.ends(str(cell(base, "chain")))
        if any(end.named for end in ends):
            return True
        untold = untold or walk.untold
    return error("a rule matches ports by a set whose elements were not told") if untold else False


def _row(port: Port, frontend: Cell, ruled: Cell) -> Row:
    hidden = [each for each in port.processes if isinstance(each, Gap)]
    names = sorted({each for each in port.processes if isinstance(each, str)})
    return {
        "endpoint": f"{port.protocol}/{port.port}",
        "version": port.version,
        "frontend": frontend,
        "addresses": sorted(set(port.addresses)),
        "processes": hidden[0] if hidden else names,
        "ruled": ruled,
    }
