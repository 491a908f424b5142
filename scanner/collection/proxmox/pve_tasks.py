"""Tasks of a Proxmox VE cluster: backups guest by guest, and restores that were really done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from scanner.collection.proxmox.asking import Told, joined
from scanner.collection.proxmox.pbs_tasks import outcome
from scanner.collection.proxmox.pve_seen import Pve
from scanner.collection.proxmox.words import JsonRow, moment, seconds, text, upid, word
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

RESTORES: Final = ("qmrestore", "vzrestore")
_DONE = re.compile(r"INFO: Finished Backup of VM (\d{1,9})(?: \((?:(\d{1,3})d )?(\d{1,3}):(\d\d):(\d\d)\))?")
_FAILED = re.compile(r"ERROR: Backup of VM (\d{1,9}) failed - (.{0,300})")
_SNAPSHOT = re.compile(r"\b(vm|ct)/(\d{1,9})/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
_FILE = re.compile(r"vzdump-(?:qemu|lxc|openvz)-(\d{1,9})-\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d[\w.]{0,40}")


def runs(pve: Pve) -> Told:
    """Give backup and restore tasks; a task of many guests also guest by guest, as its log tells."""
    rows: list[Row] = []
    unread = 0
    for row in pve.tasks["vzdump"].rows:
        rows.append(_run(pve, row, "backup", word(row.get("id"))))
        if word(row.get("id")) or row.get("endtime") is None:
            continue
        told, gap = _guests(pve, row)
        unread += gap is not None
        rows += told
    for kind in RESTORES:
        rows += [_run(pve, row, "restore", word(row.get("id"))) for row in pve.tasks[kind].rows]
    lost = error(f"the logs of {unread} tasks of many guests were not read") if unread else None
    return rows, joined(*(listing.gap for listing in pve.tasks.values()), lost)


def _run(pve: Pve, row: JsonRow, kind: str, vmid: str) -> dict[str, Cell]:
    return {
        "system": "pve",
        "run": text(row.get("upid"), 600),
        "job": ABSENT,
        "kind": kind,
        "asset_keys": pve.keys(vmid) if vmid else [],
        "started_at": moment(row.get("starttime")),
        "ended_at": moment(row.get("endtime")),
        **outcome(row.get("status"), row.get("endtime")),
        "size": ABSENT,
        "user": text(row.get("user")),
    }


def _guests(pve: Pve, row: JsonRow) -> Told:
    """Read from its log how a task went for each guest."""
    name = word(row.get("upid"), 600)
    listed = pve.log(word(row.get("node")) or "?", name)
    if listed.gap is not None:
        return [], listed.gap
    rows: list[Row] = []
    own: dict[str, Cell]
    for line in _lines(listed.rows):
        done, failed = _DONE.match(line), _FAILED.match(line)
        if done is not None:
            own = {"status": "ok", "message": ABSENT}
        elif failed is not None:
            own = {"status": "failed", "message": text(failed[2])}
        else:
            continue
        vmid = (done or failed or [""])[1]
        rows.append({**_run(pve, row, "backup", vmid), "run": f"{name}#{vmid}", **own})
    return rows, None if rows else error("its log names no guest")


def durations(pve: Pve, row: JsonRow) -> dict[str, int]:
    """Give guest > seconds that its backup took, as the log of a task tells."""
    found: dict[str, int] = {}
    for line in _lines(pve.log(word(row.get("node")) or "?", word(row.get("upid"), 600)).rows):
        done = _DONE.match(line)
        if done is not None and done[3]:
            days, hours, minutes, rest = (int(part or 0) for part in done.groups()[1:])
            found[done[1]] = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    return found


def _lines(rows: tuple[JsonRow, ...]) -> Iterator[str]:
    for row in rows:
        line = row.get("t")
        if isinstance(line, str):
            yield line[:1000]


def drills(pve: Pve) -> Told:
    """Give restores that were really done; the log tells from which backup, for the task names the new guest alone."""
    rows: list[dict[str, Cell]] = []
    gaps: list[Gap | None] = []
    for kind in RESTORES:
        gaps.append(pve.tasks[kind].gap)
        listed = sorted(pve.tasks[kind].rows, key=lambda row: -seconds(row.get("starttime")))
        rows += [_drill(pve, row) for row in listed]
    return rows, joined(*gaps)


def _drill(pve: Pve, row: JsonRow) -> dict[str, Cell]:
    target, status = word(row.get("id")), outcome(row.get("status"), row.get("endtime"))["status"]
    task = upid(row.get("upid"))
    node = word(row.get("node")) or (task.node if task is not None else "")
    return {
        "drill": text(row.get("upid"), 600),
        "source": "task",
        "kind": "restore",
        "scenario": "vm",
        "asset": ABSENT,
        "service_class": ABSENT,
        **_origin(pve, row, node, target),
        "newest_data": ABSENT,
        "started_at": moment(row.get("starttime")),
        "ended_at": moment(row.get("endtime")),
        "until_usable": ABSENT,
        "target": f"{node}/{target}" if target else ABSENT,
        "passed": [],
        "failed": [] if status in ("ok", "warning", "running") else ["restore"],
        "size": ABSENT,
        "by": text(row.get("user")),
        "sha256": ABSENT,
    }


def _origin(pve: Pve, row: JsonRow, node: str, target: str) -> dict[str, Cell]:
    """Find in the log which backup was restored."""
    untold = error("the log of the restore does not tell which backup it took")
    nothing: dict[str, Cell] = dict.fromkeys(("asset_keys", "point", "data_time", "to_source"), untold)
    listed = pve.log(node, word(row.get("upid"), 600))
    if listed.gap is not None:
        return dict.fromkeys(nothing, listed.gap)
    for line in _lines(listed.rows):
        snapshot, file = _SNAPSHOT.search(line), _FILE.search(line)
        if snapshot is not None:
            kind, vmid, moment_of = snapshot.groups()
            return {
                "asset_keys": [*pve.keys(vmid), *(f"pbs:{store}/{kind}/{vmid}" for store in _repositories(line))],
                "point": snapshot[0],
                "data_time": moment_of,
                "to_source": "yes" if vmid == target else "no",
            }
        if file is not None:
            return {
                "asset_keys": pve.keys(file[1]),
                "point": file[0],
                "data_time": ABSENT,
                "to_source": "yes" if file[1] == target else "no",
            }
    return nothing


def _repositories(line: str) -> list[str]:
    """Name the datastore in `--repository USER@HOST:STORE`, with its namespace."""
    found = re.search(r"--repository '?\S{1,200}:([A-Za-z0-9_][A-Za-z0-9._-]{0,100})'?(?:\s|$)", line)
    space = re.search(r"--ns '?([A-Za-z0-9_][A-Za-z0-9._/-]{0,250})'?(?:\s|$)", line)
    return [f"{found[1]}/{space[1]}" if space is not None else found[1]] if found is not None else []
