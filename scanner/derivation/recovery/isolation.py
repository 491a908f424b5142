"""Derives who reaches the servers that hold backups, and by which way backups travel to them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.derivation.inputs import cell, first_gap
from scanner.derivation.linux.exposure import port_exposure, stopped
from scanner.derivation.linux.firewall_ruleset import Ruleset
from scanner.derivation.linux.firewall_walk import Packet
from scanner.derivation.linux.open_port import Port, ports
from scanner.derivation.recovery.rows import estate_list, evidence
from scanner.derivation.recovery.scene import Scene
from scanner.facts.recovery.isolation import HOST
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

PORTS = {"tcp/8007": "pbs", "tcp/6160": "", "tcp/6162": "", "tcp/8432": "", "tcp/9392": "", "tcp/9419": ""}
"""Ports of backup services > the platform whose server surely has it."""
_UNNAMED = unknown(
    "the recovery policy does not say which networks are for backups (write estate: {backup_networks: …})"
)
_UNSEEN = unknown(
    "what the packet filter of its host lets in is not known", "runs_on: with the id of its host, scanned as Linux"
)
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Door:
    """An address at which something answers."""

    interface: str
    address: str
    network: _Network
    gateway: bool
    """True when a default route leads over its interface."""


def isolation(query: Query, scene: Scene) -> Evidence:
    """Give the ports of backup servers; of a host that cannot be asked, and might be one, nothing is known."""
    rows: list[Row] = []
    gaps: list[Gap] = []
    behind = {host: name for name, host in scene.hosts.items() if scene.platforms.get(name) == "pbs"}
    hosts = [name for name, platform in scene.platforms.items() if platform == "linux"]
    for host in hosts:
        told = scene.answers.get(host, {})
        sockets = told.get("linux.process_listening")
        if sockets is None or sockets.gap is not None:
            reason = sockets.gap if sockets is not None and sockets.gap is not None else unknown("it was not asked")
            gaps.append(Gap(reason.kind, f"{host}: {reason.reason}", reason.needs))
        rows += _of_host(scene, behind.get(host, host), told)
    for name in (name for name, platform in scene.platforms.items() if platform == "pbs"):
        if not any(row["target"] == name and row["endpoint"] == "tcp/8007" for row in rows):
            rows.append(_of_server(scene, name))
    return evidence(query, scene, rows, first_gap(*gaps, scene.part))


def _of_host(scene: Scene, target: str, told: Mapping[str, Evidence]) -> Iterator[Row]:
    inputs = {Query(each.fact): told.get(each.fact) or Evidence(Query(each.fact), gap=_lost()) for each in HOST}
    sockets = inputs[Query("linux.process_listening")]
    found: dict[str, list[Port]] = {}
    for port in ports(sockets.rows):
        if f"{port.protocol}/{port.port}" in PORTS:
            found.setdefault(f"{port.protocol}/{port.port}", []).append(port)
    if not found:
        return
    exposure = port_exposure(Query("linux.port_exposure"), inputs, scene.now)
    ruleset = Ruleset.of(inputs)
    doors, gap = _doors(inputs)
    for endpoint, versions in found.items():
        open_to = [cell(row, "strangers") for row in exposure.rows if row["endpoint"] == endpoint]
        reached = [
            (door, False if how == "named" else _closed(ruleset, port, door))
            for port in versions
            for door in doors
            if (how := _answers(port, door))
        ]
        yield _row(scene, target, endpoint, reached, gap, open_to)


def _lost() -> Gap:
    return error("it was not asked of the host")


def _doors(inputs: Mapping[Query, Evidence]) -> tuple[list[Door], Gap | None]:
    addresses, routes = inputs[Query("linux.network_address")], inputs[Query("linux.default_route")]
    over = {(cell(row, "interface"), cell(row, "version")) for row in routes.rows}
    names = {str(name) for name, _ in over}
    return list(_read(addresses.rows, names)), first_gap(addresses.gap, routes.gap)


def _read(rows: Iterable[Row], over: set[str]) -> Iterator[Door]:
    for row in rows:
        network = _network(cell(row, "network"))
        if network is not None and cell(row, "loopback") is not True:
            interface = str(cell(row, "interface"))
            yield Door(interface, str(cell(row, "address")), network, interface in over)


def _network(told: Cell) -> _Network | None:
    try:
        return ipaddress.ip_network(str(told), strict=False)
    except ValueError:
        return None


def _answers(port: Port, door: Door) -> str:
    """Tell how a socket answers at an address: `named` when it is bound to it, `any` when to all, empty for not."""
    if door.network.version != int(port.version[-1]):
        return ""
    listens = {ipaddress.ip_address(each.removeprefix("::ffff:")) for each in port.addresses}
    if ipaddress.ip_address(door.address) in listens:
        return "named"
    return "any" if any(each.is_unspecified for each in listens) else ""


def _closed(ruleset: Ruleset, port: Port, door: Door) -> Cell:
    """Tell whether the packet filter keeps neighbours of an interface out, for whom no rule was made."""
    if ruleset.gap is not None:
        return ruleset.gap
    neighbour = next((str(each) for each in _neighbours(door.network) if str(each) != door.address), "")
    packet = Packet(port.version, door.interface, protocol=port.protocol, port=port.port, source=neighbour, local=True)
    return bool(neighbour) and stopped(ruleset, packet)


def _neighbours(network: _Network) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    size = min(network.num_addresses, 2**16)
    for step in (size // 2 + 7, size // 3 + 5, 1, 2):
        if 0 < step < network.num_addresses - 1:
            yield network[step]


def _of_server(scene: Scene, name: str) -> Row:
    """Judge a server by its own network configuration: it answers at all of its addresses."""
    found = scene.answers.get(name, {}).get("backup.network")
    gap = unknown("it was not asked") if found is None else found.gap
    over = {str(cell(row, "interface")) for row in (found.rows if found else ()) if cell(row, "gateway") is True}
    host = scene.hosts.get(name, "")
    unseen = error(f"{host}, on which it runs, has nothing that listens there, or did not tell") if host else _UNSEEN
    # Its own filter may close what lies in no network of backups.
    doors: list[tuple[Door, Cell]] = [(door, unseen) for door in _read(found.rows if found else (), over)]
    return _row(scene, name, "tcp/8007", doors, gap, [unseen])


def _row(
    scene: Scene,
    target: str,
    endpoint: str,
    doors: Sequence[tuple[Door, Cell]],
    gap: Gap | None,
    strangers: Sequence[Cell],
) -> Row:
    demanded = estate_list(scene, "networks", "backup_networks")
    told = demanded["networks"]
    named = [_network(each) for each in told] if isinstance(told, list) else []
    own = {door.interface for door, _ in doors if _inside(door, named)}
    outside = [
        (door, closed) for door, closed in doors if not _inside(door, named) and not _alongside(door, doors, named)
    ]
    if not own:
        # What the filter lets in by none of these addresses comes from elsewhere all the same: nothing is apart.
        outside = [(door, False) for door, _ in outside]
    ways = [(door, False) for door, _ in doors if door.interface in own] + outside
    without = told if isinstance(told, Gap) else None if named else _UNNAMED
    return {
        "target": target,
        "endpoint": endpoint,
        "addresses": _known(((door.address, False if _inside(door, named) else closed) for door, closed in doors), gap),
        **demanded,
        "outside": without or _known(((door.address, closed) for door, closed in outside), gap),
        "gateway": _known(((door.interface, closed) for door, closed in ways if door.gateway), gap),
        "strangers": _worst(strangers),
    }


def _known(said: Iterable[tuple[str, Cell]], gap: Gap | None) -> Cell:
    """Give what is surely open; where there is none, a doubt about the others counts."""
    pairs = list(said)
    found = sorted({name for name, closed in pairs if closed is False})
    doubts = [closed for _, closed in pairs if isinstance(closed, Gap)]
    return found or first_gap(gap, *doubts) or []


def _worst(strangers: Sequence[Cell]) -> Cell:
    if True in strangers:
        return True
    return first_gap(*(each for each in strangers if isinstance(each, Gap))) or (False if strangers else ABSENT)


def _inside(door: Door, networks: Sequence[_Network | None]) -> bool:
    address = ipaddress.ip_address(door.address)
    return any(each is not None and each.version == address.version and address in each for each in networks)


def _alongside(door: Door, doors: Sequence[tuple[Door, Cell]], networks: Sequence[_Network | None]) -> bool:
    """Tell whether an address for the link alone lies beside addresses that are all in networks of backups."""
    if not door.network.is_link_local:
        return False
    others = [each for each, _ in doors if each.interface == door.interface and not each.network.is_link_local]
    return bool(others) and all(_inside(each, networks) for each in others)


def backup_path(query: Query, scene: Scene) -> Evidence:
    """Give the nodes of Proxmox VE with their interfaces in the networks of backups."""
    demanded = estate_list(scene, "networks", "backup_networks")
    told = demanded["networks"]
    named = [_network(each) for each in told] if isinstance(told, list) else []
    rows: list[Row] = []
    gaps: list[Gap] = []
    for target, found in scene.all("backup.network"):
        if scene.platforms.get(target) != "pve":
            continue
        if found.gap is not None:
            gaps.append(Gap(found.gap.kind, f"{target}: {found.gap.reason}", found.gap.needs))
        for node in dict.fromkeys(str(cell(row, "node")) for row in found.rows):
            own = [row for row in found.rows if cell(row, "node") == node]
            over = {str(cell(row, "interface")) for row in own if cell(row, "gateway") is True}
            inside = [door for door in _read(own, over) if _inside(door, named)]
            names = sorted({door.interface for door in inside})
            lost = told if isinstance(told, Gap) else None if named else _UNNAMED
            rows.append(
                {
                    "target": target,
                    "node": node,
                    **demanded,
                    "interfaces": lost or names or found.gap or [],
                    "gateway": lost or sorted({door.interface for door in inside if door.gateway}) or found.gap or [],
                }
            )
    return evidence(query, scene, rows, first_gap(*gaps, scene.part))
