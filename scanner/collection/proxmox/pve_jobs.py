"""Jobs of a Proxmox VE cluster: backups, and replication, which is no backup."""

from __future__ import annotations

from scanner.collection.proxmox.asking import Told, joined
from scanner.collection.proxmox.notices import Notices, read_notices
from scanner.collection.proxmox.pbs_jobs import interval
from scanner.collection.proxmox.pve_guests import volumes_of
from scanner.collection.proxmox.pve_seen import AUDITOR, CLUSTER, GUESTS, Pve, segment
from scanner.collection.proxmox.words import JsonRow, moment, number, properties, text, truth, word
from scanner.model.evidence import ABSENT, Absent, Cell, Gap, error, unknown

_KEEP = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
_NOTIFICATION_SYSTEM = (8, 1)
_EVERY = "*/15"
"""Schedule of a replication that does not say."""


def jobs(pve: Pve) -> Told:
    """Give backup jobs and replications as they are configured."""
    notices = read_notices(pve.asker, "cluster/notifications", AUDITOR)
    rows = [_backup(pve, row, notices) for row in pve.schedules.rows]
    replications, gap = _replications(pve)
    return [*rows, *replications], joined(pve.schedules.gap, pve.hidden(*CLUSTER, *GUESTS), gap)


def _blank() -> dict[str, Cell]:
    return {
        "system": "pve",
        "remote": ABSENT,
        "direction": ABSENT,
        "remove_vanished": ABSENT,
        "mode": ABSENT,
        "encrypted": ABSENT,
        "recheck_after": ABSENT,
        **{f"keep_{each}": ABSENT for each in _KEEP},
        "keep_for": ABSENT,
    }


def _backup(pve: Pve, row: JsonRow, notices: Notices) -> dict[str, Cell]:
    enabled = truth(row.get("enabled"), default=True)
    schedule = _schedule(row)
    keep = properties(row.get("prune-backups"))
    untold = unknown("Proxmox VE does not tell which job a task belongs to")
    return {
        **_blank(),
        "job": f"backup/{word(row.get('id')) or '?'}",
        "kind": "backup",
        "enabled": enabled if isinstance(enabled, Gap) else enabled and isinstance(schedule, str),
        "schedule": schedule,
        "interval": interval(schedule),
        "asset_keys": _takes(pve, row),
        "everything": truth(row.get("all"), default=False) is True and not row.get("exclude") and not row.get("node"),
        "location": text(row.get("storage")),
        "mode": text(row.get("mode")) if row.get("mode") else "snapshot",
        **{f"keep_{each}": number(keep.get(f"keep-{each}")) for each in _KEEP},
        "last_run": untold,
        "last_status": untold,
        "next_run": moment(row.get("next-run")) if enabled is True else ABSENT,
        "notifies": _tells(pve, row, notices),
    }


def _schedule(row: JsonRow) -> str | Absent | Gap:
    """Give the schedule; older jobs have days and a time instead."""
    if row.get("schedule") is not None:
        return text(row.get("schedule"))
    start, days = word(row.get("starttime")), word(row.get("dow"))
    return f"{days} {start}".strip() if start else ABSENT


def _takes(pve: Pve, row: JsonRow) -> Cell:
    """Name the guests that a job takes, by the server's own resolution of pools, exclusions and nodes."""
    tree = pve.included.get(word(row.get("id")))
    if isinstance(tree, Gap):
        return tree
    return [key for vmid in volumes_of(tree) for key in pve.keys(vmid)]


def _tells(pve: Pve, row: JsonRow, notices: Notices) -> Cell:
    """Tell whether failures reach somebody: by the job's own address, or by the notification system."""
    mode = word(row.get("notification-mode")) or "auto"
    mail = bool(word(row.get("mailto")))
    if mode == "legacy-sendmail" or (mode == "auto" and mail):
        return mail
    if not pve.version:
        return error("the way of notifications depends on the version, which is not told")
    if pve.version < _NOTIFICATION_SYSTEM:
        return mail
    return notices.reaches({"type": "vzdump"})


def _replications(pve: Pve) -> Told:
    configured = pve.asker.rows("cluster/replication", needs=AUDITOR)
    nodes, gap = pve.nodes
    gaps = [gap, configured.gap]
    states: dict[str, JsonRow] = {}
    for node in nodes:
        listed = pve.asker.rows(f"nodes/{segment(node)}/replication", needs=AUDITOR)
        gaps.append(listed.gap)
        states.update({word(row.get("id")): row for row in listed.rows})
    known = {word(row.get("id")): row for row in configured.rows}
    names = dict.fromkeys([*known, *states])
    return [_replication(pve, {**states.get(name, {}), **known.get(name, {})}) for name in names if name], joined(*gaps)


def _replication(pve: Pve, row: JsonRow) -> dict[str, Cell]:
    disabled = truth(row.get("disable"), default=False)
    schedule = word(row.get("schedule")) or _EVERY
    last = row.get("last_sync")
    ran = moment(last) if last not in (None, 0) else ABSENT
    guest, source = word(row.get("guest")), word(row.get("source"))
    return {
        **_blank(),
        "job": f"replicate/{word(row.get('id'))}",
        "kind": "replicate",
        "enabled": disabled if isinstance(disabled, Gap) else not disabled,
        "schedule": schedule,
        "interval": interval(schedule),
        "asset_keys": pve.keys(guest) if guest else [],
        "everything": False,
        "location": source or error("the node that it copies from is not told"),
        "remote": text(row.get("target")),
        "direction": "push",
        "remove_vanished": True,
        "last_run": ran,
        "last_status": _state(row, ran),
        "next_run": moment(row.get("next_sync")) if row.get("next_sync") not in (None, 0) else ABSENT,
        "notifies": ABSENT,
    }


def _state(row: JsonRow, ran: Cell) -> Cell:
    """Tell how the last attempt went; one that never succeeded has an error, or was not made yet."""
    if "fail_count" not in row and "last_sync" not in row:
        return error("no node tells the state of this replication")
    failures = number(row.get("fail_count"))
    if isinstance(failures, Gap):
        return failures
    if word(row.get("error")) or failures not in (0, ABSENT):
        return "failed"
    if row.get("pid"):
        return "running"
    return ABSENT if ran is ABSENT else "ok"
