"""Restore points of a Proxmox Backup Server: snapshots of every namespace, each read for what it really holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from scanner.collection.proxmox.asking import Told, joined
from scanner.collection.proxmox.completion import Completion, untold
from scanner.collection.proxmox.pbs_seen import AUDIT, STORES, TASKS, Pbs, Space
from scanner.collection.proxmox.pbs_tasks import completion, own_nodes
from scanner.collection.proxmox.words import JsonRow, moment, number, seconds, text, truth, upid, word
from scanner.model.evidence import ABSENT, Cell, Gap, error, unknown

_NO_DATA = frozenset({"index.json.blob", "client.log.blob"})
"""Files beside the data: the manifest is never encrypted, and the log stands in no manifest."""


@dataclass(frozen=True, slots=True)
class _Context:
    """What is known beside the listing."""

    made: Completion
    nodes: frozenset[str]
    tasks: Gap | None
    """Why not all tasks are known."""


def points(pbs: Pbs) -> Told:
    """Give all snapshots, also those that are broken or still being made."""
    spaces, gap = pbs.spaces
    tasks = joined(pbs.tasks.gap, pbs.hidden(*TASKS))
    context = _Context(completion(pbs), own_nodes(pbs), tasks)
    rows: list[dict[str, Cell]] = []
    gaps = [gap, pbs.hidden(*STORES)]
    counted: dict[str, int] = defaultdict(int)
    for space in spaces:
        path = f"admin/datastore/{quote(space.store, safe='')}/snapshots"
        listed = pbs.asker.rows(path, {"ns": space.name} if space.name else None, needs=AUDIT)
        gaps.append(listed.gap)
        counted[space.store] += len(listed.rows)
        rows += _space(space, listed.rows, context)
    if pbs.hidden(*STORES) is None:
        gaps += [_counted(pbs, store, number) for store, number in counted.items()]
    return rows, joined(*gaps)


def _counted(pbs: Pbs, store: str, listed: int) -> Gap | None:
    """Compare with the datastore's own count: a group whose owner cannot be read is left out without a word."""
    told, gap = pbs.asker.data(f"admin/datastore/{quote(store, safe='')}/status", {"verbose": "1"}, needs=AUDIT)
    counts = told.get("counts") if isinstance(told, dict) else None
    if gap is not None or not isinstance(counts, dict):
        return None
    kinds = [each.get("snapshots") for each in counts.values() if isinstance(each, dict)]
    total = sum(each for each in kinds if isinstance(each, int) and not isinstance(each, bool))
    if total > listed:
        return error(f"datastore {store} counts {total} snapshots, and lists {listed}: some groups cannot be read")
    return None


def _space(space: Space, listed: Sequence[JsonRow], context: _Context) -> list[dict[str, Cell]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for row in listed:
        groups[_object(row)].append(seconds(row.get("backup-time")))
    following: dict[tuple[str, int], int] = {}
    for name, times in groups.items():
        times.sort()
        following.update({(name, earlier): later for earlier, later in pairwise(times)})
    return [_point(space, row, context, following) for row in listed]


def _object(row: JsonRow) -> str:
    return f"{word(row.get('backup-type')) or '?'}/{word(row.get('backup-id')) or '?'}"


def _point(space: Space, row: JsonRow, context: _Context, following: Mapping[tuple[str, int], int]) -> dict[str, Cell]:
    name, at = _object(row), seconds(row.get("backup-time"))
    taken = moment(row.get("backup-time"))
    taken = error("the snapshot has no time") if taken is ABSENT else taken
    readable = _readable(row)
    status = _status(space, name, at, readable, context)
    done = context.made.seconds(f"{space.location} {name}", space.store, at, following.get((name, at), 0))
    where = f"{space.location} {name}"
    return {
        "system": "pbs",
        "object": name,
        "asset_keys": [f"pbs:{space.location}/{name}"],
        "location": space.location,
        "point": f"{name}/{taken}" if isinstance(taken, str) else f"{name}/?",
        "kind": "snapshot",
        "data_time": taken,
        "started_at": taken,
        "completed_at": (moment(done) if done else untold(where)) if status == "ok" else ABSENT,
        "status": status,
        **_verified(row, readable, context),
        **_encrypted(row, readable),
        "protected": truth(row.get("protected"), default=False),
        "expires_at": ABSENT,
        "immutable_until": ABSENT,
        "size": number(row.get("size")),
        "storage_class": ABSENT,
        "base": ABSENT,
    }


def _files(row: JsonRow) -> list[Mapping[str, Any]]:
    files = row.get("files")
    listed = [each for each in files[:5000] if isinstance(each, dict)] if isinstance(files, list) else []
    return [each for each in listed if word(each.get("filename")) not in _NO_DATA]


def _readable(row: JsonRow) -> bool:
    """Tell whether the manifest could be read: without one there is no size, and no file tells how it is encrypted."""
    files = _files(row)
    return row.get("size") is not None and bool(files) and all(each.get("crypt-mode") is not None for each in files)


def _status(space: Space, name: str, at: int, readable: bool, context: _Context) -> Cell:
    if readable:
        return "ok"
    if context.made.running(f"{space.location} {name}", at):
        return "running"
    if context.tasks is not None:
        return unknown(f"its manifest cannot be read, and whether it is still being made is hidden: {context.tasks}")
    return "failed"


def _verified(row: JsonRow, readable: bool, context: _Context) -> dict[str, Cell]:
    """Tell what was verified here: a copy brings the state of its original along, which says nothing of the copy."""
    told = row.get("verification")
    nothing: dict[str, Cell] = {"verification": "none", "verified_at": ABSENT, "verified_by": ABSENT}
    if told is None or not readable:
        return nothing
    state = told.get("state") if isinstance(told, dict) else None
    if not isinstance(told, dict) or state not in ("ok", "failed"):
        odd = error("the state of its verification cannot be read")
        return {"verification": odd, "verified_at": odd, "verified_by": odd}
    task = upid(told.get("upid"))
    if task is None:
        odd = error("the task of its verification cannot be read")
        return {"verification": str(state), "verified_at": odd, "verified_by": odd}
    if state == "ok" and not context.nodes:
        odd = unknown(f"it was verified on {task.node}; whether that is this server is not told")
        return {"verification": odd, "verified_at": odd, "verified_by": task.node}
    if state == "ok" and task.node not in context.nodes:
        return {**nothing, "verified_by": task.node}
    return {"verification": str(state), "verified_at": task.started_at, "verified_by": task.node}


def _encrypted(row: JsonRow, readable: bool) -> dict[str, Cell]:
    if not readable:
        odd = error("its manifest cannot be read")
        return {"encryption": odd, "key_fingerprint": odd}
    modes = {word(each.get("crypt-mode")) for each in _files(row)}
    key = text(row.get("fingerprint"))
    if modes == {"encrypt"}:
        missing = error("it is encrypted, and the fingerprint of its key cannot be read")
        return {"encryption": "encrypted", "key_fingerprint": missing if key is ABSENT else key}
    if modes <= {"encrypt", "sign-only"}:
        return {"encryption": "signed", "key_fingerprint": key}
    if modes <= {"encrypt", "sign-only", "none"}:
        return {"encryption": "plain", "key_fingerprint": key}
    return {"encryption": error("a file is encrypted in a way that is not known"), "key_fingerprint": key}
