"""Guests of a Proxmox VE cluster, and the disks that their backups leave out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from scanner.collection.proxmox.asking import Told, joined
from scanner.collection.proxmox.pve_seen import AUDITOR, GUESTS, Pve, segment
from scanner.collection.proxmox.words import JsonRow, moment, number, properties, text, truth, word
from scanner.model.evidence import ABSENT, Cell, Gap, error

_DISK = re.compile(r"(?:scsi|sata|ide|virtio)\d{1,2}")
_MOUNT = re.compile(r"mp\d{1,3}")
_MOST = 5000
_NOT_DATA = frozenset({"efidisk0"})
"""Its inclusion hangs on the firmware; it holds no data of the guest."""


def guests(pve: Pve) -> Told:
    """Give all guests, templates among them."""
    left_out, jobs_gap = _by_jobs(pve)
    stores = _stores(pve)
    rows: list[dict[str, Cell]] = []
    odd = 0
    for at, row in enumerate(pve.guests.rows):
        kind, vmid = word(row.get("type")), word(row.get("vmid"))
        if kind not in ("qemu", "lxc") or not vmid:
            odd += 1
            continue
        told = (
            _configuration(pve, row, kind, vmid) if at < _MOST else error("there are too many guests to ask for each")
        )
        rows.append(_guest(pve, row, told, left_out.get(vmid), jobs_gap, stores))
    lost = error(f"{odd} guests cannot be read") if odd else None
    return rows, joined(pve.guests.gap, pve.hidden(*GUESTS), lost)


def _configuration(pve: Pve, row: JsonRow, kind: str, vmid: str) -> JsonRow | Gap:
    path = f"nodes/{segment(word(row.get('node')) or '?')}/{kind}/{segment(vmid)}/config"
    data, gap = pve.asker.data(path, needs=AUDITOR)
    if gap is not None:
        return gap
    return data if isinstance(data, dict) else error(f"GET {path}: the answer is no map")


def _guest(
    pve: Pve, row: JsonRow, told: JsonRow | Gap, by_jobs: set[str] | None, jobs_gap: Gap | None, stores: list[str]
) -> dict[str, Cell]:
    kind, vmid = word(row.get("type")), word(row.get("vmid"))
    short = "vm" if kind == "qemu" else "ct"
    labels = {name: word(row.get(name)) for name in ("node", "pool", "tags") if word(row.get(name))}
    if isinstance(told, Mapping) and kind == "qemu":
        labels["agent"] = "enabled" if properties(told.get("agent"), "enabled").get("enabled") == "1" else "disabled"
    return {
        "system": "pve",
        "object": f"{kind}/{vmid}",
        "name": text(row.get("name")),
        "kind": "vm" if kind == "qemu" else "container",
        "asset_keys": [*pve.keys(vmid), *(f"pbs:{store}/{short}/{vmid}" for store in stores)],
        "created_at": _made(told, kind),
        "running": word(row.get("status")) == "running",
        "template": truth(row.get("template"), default=False),
        "size": number(row.get("maxdisk")),
        "left_out": _left_out(told, kind, by_jobs, jobs_gap),
        "labels": labels,
    }


def _made(told: JsonRow | Gap, kind: str) -> Cell:
    """Tell when a guest was made; a number that is used again is a new guest."""
    if isinstance(told, Gap):
        return told
    if kind != "qemu":
        return ABSENT
    stamp = properties(told.get("meta")).get("ctime", "")
    return moment(int(stamp)) if stamp.isascii() and stamp.isdigit() and len(stamp) < 12 else ABSENT


def _left_out(told: JsonRow | Gap, kind: str, by_jobs: set[str] | None, jobs_gap: Gap | None) -> Cell:
    """Name the disks that are not backed up, by its own settings and by what the jobs say."""
    if isinstance(told, Gap):
        return told
    if by_jobs is None and jobs_gap is not None:
        return jobs_gap
    return sorted({*_own(told, kind), *(by_jobs or ())})


def _own(told: JsonRow, kind: str) -> set[str]:
    found: set[str] = set()
    for name, value in list(told.items())[:1000]:
        parts = properties(value, "volume")
        if kind == "qemu" and _DISK.fullmatch(name) and parts.get("media") != "cdrom":
            if truth(parts.get("backup"), default=True) is False:
                found.add(name)
        elif kind == "lxc" and _MOUNT.fullmatch(name) and truth(parts.get("backup"), default=False) is not True:
            found.add(name)
    return found


def _by_jobs(pve: Pve) -> tuple[Mapping[str, set[str]], Gap | None]:
    """Give guest > volumes that an enabled job leaves out; a guest that no enabled job takes is not in it."""
    found: dict[str, set[str]] = defaultdict(set)
    gaps = [pve.schedules.gap]
    for row in pve.schedules.rows:
        if truth(row.get("enabled"), default=True) is not True:
            continue
        tree = pve.included.get(word(row.get("id")))
        if isinstance(tree, Gap):
            gaps.append(tree)
            continue
        for vmid, volumes in volumes_of(tree).items():
            found[vmid] |= {name for name, taken in volumes.items() if not taken and name not in _NOT_DATA}
    return found, joined(*gaps)


def volumes_of(tree: Any) -> dict[str, dict[str, bool]]:
    """Read the tree of a job: guest > volume > whether it is taken."""
    found: dict[str, dict[str, bool]] = {}
    for guest in _children(tree):
        found[word(guest.get("id"))] = {
            word(volume.get("id")): truth(volume.get("included"), default=False) is True for volume in _children(guest)
        }
    return {vmid: volumes for vmid, volumes in found.items() if vmid}


def _children(node: Any) -> list[JsonRow]:
    children = node.get("children") if isinstance(node, dict) else None
    return [each for each in children[:20_000] if isinstance(each, dict)] if isinstance(children, list) else []


def _stores(pve: Pve) -> list[str]:
    """Name the datastores of backup servers that this cluster writes to, for their points bear its guests' numbers."""
    found: dict[str, None] = {}
    for row in pve.storages.rows:
        store = word(row.get("datastore"))
        if word(row.get("type")) == "pbs" and store and truth(row.get("disable"), default=False) is not True:
            space = word(row.get("namespace"))
            found[f"{store}/{space}" if space else store] = None
    return list(found)
