"""Finds the Alertmanagers that a Prometheus sends to among the targets of the estate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from scanner.derivation.inputs import cell, single
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import Cell, Gap, Row, error, unknown

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Manager:
    """One Alertmanager: what it does with alerts, and which it keeps silent about."""

    name: str
    routes: Sequence[Row] | Gap
    silences: Sequence[Row] = ()
    hidden: Gap | None = None
    """Why not all silences are here; None when they are."""


def managers(scene: Scene, prometheus: str, server: Row | Gap) -> list[Manager] | Gap:
    """Give the Alertmanagers of a Prometheus, an empty list when it sends to none, a gap when they are not known.

    They are told apart by address; `sends_to` names those of which addresses do not tell.
    """
    listed = scene.answers[prometheus].get("prometheus.alertmanager")
    if listed is None or listed.gap is not None:
        return listed.gap if listed and listed.gap else error("prometheus.alertmanager was not asked of the target")
    active = [str(row.get("url")) for row in listed.rows if row.get("active") is True]
    if not active:
        return []
    named = cell(server, "sends_to")
    wanted = {str(name) for name in named} if isinstance(named, list) else set()
    home = _place(cell(server, "address"))
    ours = [place for url in active if (place := _place(url, home)) is not None]
    for target, evidence in scene.all("alertmanager.server"):
        theirs = _place(cell(single(evidence), "address"))
        if theirs is not None and any(_same(place, theirs) for place in ours):
            wanted.add(target)
    if not wanted:
        silent = next((gap for _, gap in scene.gaps("alertmanager.server")), None)
        return silent or unknown(
            f"no target of the inventory is the Alertmanager {', '.join(active[:3])}",
            "a target of platform alertmanager with that address, or alertmanagers: at the Prometheus target",
        )
    return [_manager(scene, name) for name in sorted(wanted)]


def _manager(scene: Scene, name: str) -> Manager:
    answers = scene.answers.get(name, {})
    routes = answers.get("alertmanager.route")
    silences = answers.get("alertmanager.silence")
    if routes is None or silences is None:
        return Manager(name, error(f"{name} was not asked for its routes and silences"))
    if routes.gap is not None:
        return Manager(name, routes.gap)
    return Manager(name, routes.rows, silences.rows, silences.gap)


def _place(address: Cell, home: tuple[str, int] | None = None) -> tuple[str, int] | None:
    """Give host and port of an address or URL; a loopback address is that of the server that named it."""
    if not isinstance(address, str) or not address:
        return None
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if home is not None and _loopback(host):
        host = home[0]
    return (host, port) if host else None


def _same(one: tuple[str, int], other: tuple[str, int]) -> bool:
    """Compare two places; one that is told without port and scheme has the usual port of either scheme."""
    usual = (0, *_PORTS.values())
    return one[0] == other[0] and (one[1] == other[1] or (0 in (one[1], other[1]) and {one[1], other[1]} <= set(usual)))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
