"""Addresses and gateways of nodes, as their network configuration has them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from scanner.collection.proxmox.asking import Asker, Told, gap_of, joined
from scanner.collection.proxmox.pbs_seen import AUDIT, TASKS, Pbs
from scanner.collection.proxmox.pve_seen import AUDITOR, CLUSTER, Pve
from scanner.collection.proxmox.words import JsonRow, word
from scanner.model.evidence import Cell, Gap, error, unknown


def pbs_networks(pbs: Pbs) -> Told:
    """Give the addresses of the server."""
    rows, gap = _of_nodes(pbs.asker, ["localhost"], AUDIT)
    return rows, joined(gap, pbs.hidden(*TASKS))


def pve_networks(pve: Pve) -> Told:
    """Give the addresses of every node that answers."""
    nodes, lost = pve.nodes
    rows, gap = _of_nodes(pve.asker, nodes, AUDITOR)
    return rows, joined(lost, gap, pve.hidden(*CLUSTER))


def _of_nodes(asker: Asker, nodes: Iterable[str], needs: str) -> Told:
    rows: list[dict[str, Cell]] = []
    gaps: list[Gap | None] = []
    for node in nodes:
        path = f"nodes/{quote(node, safe='')}/network"
        answer = asker.get(path)
        told = answer.data if isinstance(answer.data, dict) else {}
        listed = told.get("data")
        gaps.append(gap_of(answer, path, needs))
        if gaps[-1] is not None:
            continue
        if not isinstance(listed, list):
            gaps.append(error(f"GET {path}: the answer is no list"))
            continue
        if told.get("changes"):
            gaps.append(unknown(f"changes of the network of {node} wait to be applied, so what holds now is not told"))
        for each in listed[:1000]:
            for found in _addresses(node, each) if isinstance(each, dict) else [_odd(node)]:
                if isinstance(found, Gap):
                    gaps.append(found)
                else:
                    rows.append(found)
    return rows, joined(*gaps)


def _odd(node: str) -> Gap:
    return error(f"an interface of {node} cannot be read")


def _addresses(node: str, each: JsonRow) -> Iterator[dict[str, Cell] | Gap]:
    name = word(each.get("iface")) or word(each.get("name"))
    if not name:
        yield _odd(node)
        return
    for suffix, method in (("", word(each.get("method"))), ("6", word(each.get("method6")))):
        told = word(each.get(f"cidr{suffix}"))
        if not told and method in ("dhcp", "auto", "ppp"):
            yield unknown(f"{name} of {node} gets its address from elsewhere ({method}), so it is not told")
        elif not told and word(each.get(f"address{suffix}")):
            yield error(f"an address of {name} on {node} has no network that can be read")
        elif told:
            try:
                address = ipaddress.ip_interface(told)
            except ValueError:
                yield error(f"an address of {name} on {node} cannot be read")
                continue
            yield {
                "node": node,
                "interface": name,
                "address": str(address.ip),
                "network": str(address.network),
                "gateway": bool(word(each.get(f"gateway{suffix}"))),
            }
