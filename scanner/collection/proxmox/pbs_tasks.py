"""Tasks of a Proxmox Backup Server: runs of jobs, backups, and who read backups."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

from scanner.collection.proxmox.asking import Told, joined, unnamed
from scanner.collection.proxmox.completion import Completion, Work
from scanner.collection.proxmox.pbs_seen import TASKS, Pbs
from scanner.collection.proxmox.words import JsonRow, ended, moment, seconds, text, upid, word
from scanner.model.evidence import ABSENT, Cell

KINDS: Final = {
    "backup": "backup",
    "syncjob": "sync",
    "sync": "sync",
    "verificationjob": "verify",
    "verify": "verify",
    "verify_group": "verify",
    "verify_snapshot": "verify",
    "prunejob": "prune",
    "prune": "prune",
    "garbage_collection": "collect",
    "reader": "restore",
}
"""Type of a task > kind of run; others are no business of backups."""
_OBJECT = re.compile(r"(?P<store>[^:/]+):(?:(?P<ns>.*):)?(?P<type>vm|ct|host)/(?P<id>[^/:]+)(?:/.*)?")


def object_of(worker: str) -> tuple[str, str]:
    """Give place and object of a task that works on one; two empty texts where it names none."""
    match = _OBJECT.fullmatch(worker)
    if match is None:
        return "", ""
    space = (match["ns"] or "").removeprefix("ns/").strip("/:")
    return (f"{match['store']}/{space}" if space else match["store"]), f"{match['type']}/{match['id']}"


def completion(pbs: Pbs) -> Completion:
    """Sort tasks by what they made."""
    own: dict[str, list[Work]] = defaultdict(list)
    copies: dict[str, list[Work]] = defaultdict(list)
    for row in pbs.tasks.rows:
        kind, worker = word(row.get("worker_type")), word(row.get("worker_id"))
        good = ended(word(row.get("status"))) in ("ok", "warning")
        work = Work(seconds(row.get("starttime")), seconds(row.get("endtime")), good)
        if kind == "backup":
            place, name = object_of(worker)
            own[f"{place} {name}"].append(work)
        elif KINDS.get(kind) == "sync":
            parts = worker.split(":")
            if len(parts) > 2:
                copies[parts[2]].append(work)
    for works in (*own.values(), *copies.values()):
        works.sort(key=lambda work: work.started)
    return Completion(own, copies)


def own_nodes(pbs: Pbs) -> frozenset[str]:
    """Give the names by which the server calls itself in its own tasks."""
    found = (upid(row.get("upid")) for row in pbs.tasks.rows)
    return frozenset(each.node for each in found if each is not None)


def runs(pbs: Pbs) -> Told:
    """Give what became of each task."""
    rows = [_run(row) for row in pbs.tasks.rows if word(row.get("worker_type")) in KINDS]
    return rows, joined(pbs.hidden(*TASKS), pbs.tasks.gap, unnamed(pbs.tasks, "worker_type", "tasks"))


def _run(row: JsonRow) -> dict[str, Cell]:
    kind, worker = word(row.get("worker_type")), word(row.get("worker_id"))
    place, name = object_of(worker)
    return {
        "system": "pbs",
        "run": text(row.get("upid"), 600),
        "job": _job(kind, worker),
        "kind": KINDS[kind],
        "asset_keys": [f"pbs:{place}/{name}"] if name else [],
        "started_at": moment(row.get("starttime")),
        "ended_at": moment(row.get("endtime")),
        **outcome(row.get("status"), row.get("endtime")),
        "size": ABSENT,
        "user": text(row.get("user")),
    }


def outcome(status: object, ended_at: object) -> dict[str, Cell]:
    """Give status and message of a task; one without an end runs."""
    told = word(status)
    if not told or told == "RUNNING":
        return {"status": "running" if ended_at is None else "failed", "message": ABSENT}
    return {"status": ended(told), "message": ABSENT if told == "OK" else told}


def _job(kind: str, worker: str) -> Cell:
    if kind == "garbage_collection":
        return f"collect/{worker}"
    if kind in ("syncjob", "verificationjob", "prunejob") and ":" in worker:
        return f"{KINDS[kind]}/{worker.rpartition(':')[2]}"
    return ABSENT
