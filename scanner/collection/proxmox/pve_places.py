"""Storages of a Proxmox VE cluster that hold backups, how they fill, and the files in them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import pairwise

from scanner.collection.proxmox.asking import Told, joined
from scanner.collection.proxmox.completion import untold
from scanner.collection.proxmox.pve_seen import AUDITOR, READING, STORAGES, VOLUMES, Pve, segment
from scanner.collection.proxmox.pve_tasks import durations
from scanner.collection.proxmox.words import JsonRow, moment, number, seconds, truth, word
from scanner.model.evidence import ABSENT, Cell, error

_EARLY = 120
"""A file may bear a time this much before its task."""
_NEAR = 20
"""Tasks that may be under way at once."""
_NETWORK = frozenset({"nfs", "cifs", "cephfs", "glusterfs"})


def locations(pve: Pve) -> Told:
    """Give every storage that may hold backups."""
    found, gap = pve.mounted
    return [_location(pve, node, row) for node, row in found], joined(gap, pve.hidden(*STORAGES))


def _location(pve: Pve, node: str, row: JsonRow) -> dict[str, Cell]:
    active = truth(row.get("active"), default=False)
    enabled = truth(row.get("enabled"), default=True)
    usable: Cell = active is True and enabled is not False
    kind = word(row.get("type"))
    return {
        "system": "pve",
        "location": pve.place(node, row),
        "kind": "datastore" if kind == "pbs" else "folder",
        "usable": usable,
        "message": ABSENT if usable else "it is disabled" if enabled is False else "it is not active",
        "total": number(row.get("total")) if usable else ABSENT,
        "used": number(row.get("used")) if usable else ABSENT,
        "encryption": ABSENT,
        "storage_class": ABSENT,
        "immutable": ABSENT,
        "transport": "tls" if kind == "pbs" else ABSENT if kind in _NETWORK else "local",
    }


def usage(pve: Pve) -> Told:
    """Give how much was taken over the last month, and now."""
    found, gap = pve.mounted
    gaps = [gap, pve.hidden(*STORAGES)]
    rows: list[dict[str, Cell]] = []
    for node, row in found:
        place = pve.place(node, row)
        path = f"nodes/{segment(node)}/storage/{segment(word(row.get('storage')))}/rrddata"
        listed = pve.asker.rows(path, {"timeframe": "month", "cf": "AVERAGE"}, needs=AUDITOR)
        gaps.append(listed.gap)
        for each in listed.rows:
            rows += _sample(place, moment(each.get("time")), each)
        now = _sample(place, pve.now, row)
        gaps.append(None if now else error(f"storage {place}: its size is not told"))
        rows += now
    return rows, joined(*gaps)


def _sample(place: str, at: Cell, row: JsonRow) -> list[dict[str, Cell]]:
    """Give a measurement; averages come with fractions, and moments without one are left out."""
    used, total = row.get("used"), row.get("total")
    for each in (used, total):
        if isinstance(each, bool) or not isinstance(each, int | float) or not 0 <= each < 2**62:
            return []
    if not isinstance(at, str) or not total or used is None:
        return []
    return [{"system": "pve", "location": place, "at": at, "used": round(used), "total": round(total)}]


def points(pve: Pve) -> Told:
    """Give the backup files that we may see; what lies in backup servers is theirs to tell."""
    found, gap = pve.mounted
    gaps = [gap, pve.hidden(*STORAGES), pve.hidden(*VOLUMES) if pve.keeps_files else None]
    made = _made(pve)
    rows: list[dict[str, Cell]] = []
    for node, row in found:
        place = pve.place(node, row)
        if word(row.get("type")) == "pbs":
            continue
        if truth(row.get("active"), default=False) is not True:
            gaps.append(error(f"storage {place} cannot be read: it is not active"))
            continue
        path = f"nodes/{segment(node)}/storage/{segment(word(row.get('storage')))}/content"
        listed = pve.asker.rows(path, {"content": "backup"}, needs=f"{AUDITOR}, and {READING}")
        gaps.append(listed.gap)
        times: dict[str, list[int]] = defaultdict(list)
        for each in listed.rows:
            times[word(each.get("vmid"))].append(seconds(each.get("ctime")))
        following = {
            (vmid, earlier): later for vmid, moments in times.items() for earlier, later in pairwise(sorted(moments))
        }
        for each in listed.rows:
            vmid, at = word(each.get("vmid")), seconds(each.get("ctime"))
            rows.append(_point(pve, place, each, _ended(pve, made, vmid, at, following.get((vmid, at), 0))))
    return rows, joined(*gaps)


def _made(pve: Pve) -> dict[str, list[JsonRow]]:
    """Sort backup tasks by guest; those of many guests stand under an empty name."""
    found: dict[str, list[JsonRow]] = defaultdict(list)
    for row in sorted(pve.tasks["vzdump"].rows, key=lambda row: seconds(row.get("starttime"))):
        found[word(row.get("id"))].append(row)
    return found


def _ended(pve: Pve, made: dict[str, list[JsonRow]], vmid: str, at: int, following: int) -> int:
    """Give when a file was complete, at the latest; 0 when nothing tells.

    A task of many guests tells in its log how long each took; a guest's next backup waits for the one before.
    """
    for name in dict.fromkeys((vmid, "")):
        works = made.get(name, [])
        last = bisect_right(works, at + _EARLY, key=lambda row: seconds(row.get("starttime")))
        for row in reversed(works[max(0, last - _NEAR) : last]):
            end = seconds(row.get("endtime"))
            if end and end < at:
                continue
            took = None if name else durations(pve, row).get(vmid)
            return at + took if took is not None else end
    return following


def _point(pve: Pve, place: str, row: JsonRow, done: int) -> dict[str, Cell]:
    vmid, volume = word(row.get("vmid")), word(row.get("volid"), 600)
    kind = {"qemu": "vm", "lxc": "ct"}.get(word(row.get("subtype"))) or ("ct" if "-lxc-" in volume else "vm")
    taken = moment(row.get("ctime"))
    taken = error("the file has no time") if taken is ABSENT else taken
    size = number(row.get("size"))
    whole = isinstance(size, int) and size > 1
    return {
        "system": "pve",
        "object": f"{kind}/{vmid or '?'}",
        "asset_keys": pve.keys(vmid) if vmid else [],
        "location": place,
        "point": volume or "?",
        "kind": "full",
        "data_time": taken,
        "started_at": taken,
        "completed_at": (moment(done) if done else untold(f"{place} {volume}")) if whole else ABSENT,
        "status": "ok" if whole else "failed",
        "verification": "none",
        "verified_at": ABSENT,
        "verified_by": ABSENT,
        "encryption": "plain",
        "key_fingerprint": ABSENT,
        "protected": truth(row.get("protected"), default=False),
        "expires_at": ABSENT,
        "immutable_until": ABSENT,
        "size": size,
        "storage_class": ABSENT,
        "base": ABSENT,
    }
