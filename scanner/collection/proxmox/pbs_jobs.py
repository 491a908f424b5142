"""Jobs of a Proxmox Backup Server: verification, pruning, synchronisation and garbage collection."""

from __future__ import annotations

from collections.abc import Callable

from scanner.collection.proxmox.asking import Listing, Told, joined, unnamed
from scanner.collection.proxmox.calendar import longest
from scanner.collection.proxmox.notices import Notices, read_notices
from scanner.collection.proxmox.pbs_seen import AUDIT, REMOTES, STORES, Pbs
from scanner.collection.proxmox.words import JsonRow, ended, moment, number, properties, text, truth, upid, word
from scanner.model.evidence import ABSENT, Absent, Cell, Gap, error

_KEEP = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
_NOTIFICATION_SYSTEM = (4,)
"""From this version on it is what datastores use that say nothing."""
_BOTH_DIRECTIONS = (3, 3)
"""From this version on jobs push, too, and are listed when they are asked for."""
_DAY = 86400.0


def jobs(pbs: Pbs) -> Told:
    """Give all jobs as they are configured, with what became of the last run."""
    rows: list[dict[str, Cell]] = []
    gaps = [pbs.hidden(*STORES, *REMOTES)]
    notices = read_notices(pbs.asker, "config/notifications", AUDIT)
    both = {"sync-direction": "all"} if pbs.version >= _BOTH_DIRECTIONS else None
    listings: tuple[tuple[str, Listing, Callable[[JsonRow], dict[str, Cell]]], ...] = (
        ("prune", pbs.asker.rows("admin/prune", needs=AUDIT), _prune),
        ("verify", pbs.asker.rows("admin/verify", needs=AUDIT), _verify),
        ("sync", pbs.asker.rows("admin/sync", both, needs=f"{AUDIT}, {REMOTES[0].role}"), _sync),
        ("collect", _collections(pbs), lambda row: {}),
        ("prune", _old_pruning(pbs), _prune),
    )
    configured = {word(row.get("name")): row for row in pbs.configured.rows}
    for kind, listing, special in listings:
        gaps += [listing.gap, unnamed(listing, "store", f"jobs of kind {kind}")]
        for row in listing.rows:
            if pbs.takes(word(row.get("store"))):
                settings = configured.get(word(row.get("store")))
                told = _tells(pbs, kind, settings, notices)
                rows.append({**_job(kind, row), **special(row), "notifies": told})
    return rows, joined(*gaps)


def _collections(pbs: Pbs) -> Listing:
    """Give garbage collection as jobs; servers before 3.2 have no list of them, but the datastores' settings."""
    listed = pbs.asker.get("admin/gc")
    if listed.missing or listed.status == 400:
        found = pbs.configured
        return Listing(
            tuple({"store": row.get("name"), "schedule": row.get("gc-schedule")} for row in found.rows), found.gap
        )
    return pbs.asker.rows("admin/gc", needs=AUDIT)


def _old_pruning(pbs: Pbs) -> Listing:
    """Give what datastores of older versions prune by themselves."""
    found = pbs.configured
    rows = [
        {**row, "store": row.get("name"), "id": f"datastore {word(row.get('name'))}", "schedule": row["prune-schedule"]}
        for row in found.rows
        if word(row.get("prune-schedule"))
    ]
    return Listing(tuple(rows), found.gap)


def _job(kind: str, row: JsonRow) -> dict[str, Cell]:
    store, space = word(row.get("store")), word(row.get("ns"))
    schedule = text(row.get("schedule"))
    disabled = truth(row.get("disable"), default=False)
    enabled: Cell = disabled if isinstance(disabled, Gap) else isinstance(schedule, str) and not disabled
    return {
        "system": "pbs",
        "job": f"{kind}/{word(row.get('id')) or store or '?'}",
        "kind": kind,
        "enabled": enabled,
        "schedule": schedule,
        "interval": interval(schedule),
        "asset_keys": [],
        "everything": not space and not row.get("group-filter") and row.get("max-depth") in (None, 7),
        "location": f"{store}/{space}" if space else store,
        "remote": ABSENT,
        "direction": ABSENT,
        "remove_vanished": ABSENT,
        "mode": ABSENT,
        "encrypted": ABSENT,
        "recheck_after": ABSENT,
        **{f"keep_{each}": ABSENT for each in _KEEP},
        "keep_for": ABSENT,
        **_last(row),
        "next_run": moment(row.get("next-run")) if enabled is True else ABSENT,
    }


def interval(schedule: str | Absent | Gap) -> Cell:
    """Give the longest time between two runs; a schedule that is not understood is a gap."""
    if not isinstance(schedule, str):
        return schedule
    found = longest(schedule)
    return error(f"the schedule '{schedule[:80]}' is not understood") if found is None else found


def _last(row: JsonRow) -> dict[str, Cell]:
    """Tell of the last run: with a task and no state it is under way, with neither there was none."""
    state, task = row.get("last-run-state"), upid(row.get("last-run-upid"))
    if task is None and state is None and row.get("last-run-upid") is None:
        return {"last_run": ABSENT, "last_status": ABSENT}
    began: Cell = task.started_at if task is not None else moment(row.get("last-run-endtime"))
    if began is ABSENT:
        began = error("the task of its last run cannot be read")
    if state is not None and not isinstance(state, str):
        return {"last_run": began, "last_status": error("the state of its last run is no text")}
    status = "running" if state is None else ended(state)
    return {"last_run": began, "last_status": "failed" if status == "cancelled" else status}


def _prune(row: JsonRow) -> dict[str, Cell]:
    return {f"keep_{each}": number(row.get(f"keep-{each}")) for each in _KEEP}


def _verify(row: JsonRow) -> dict[str, Cell]:
    """Tell when verified points are verified again: by default never."""
    skips = truth(row.get("ignore-verified"), default=True)
    after = number(row.get("outdated-after"))
    if isinstance(skips, Gap):
        return {"recheck_after": skips}
    if not skips:
        return {"recheck_after": 0.0}
    return {"recheck_after": after * _DAY if isinstance(after, int) else after}


def _sync(row: JsonRow) -> dict[str, Cell]:
    remote, store, space = (word(row.get(name)) for name in ("remote", "remote-store", "remote-ns"))
    place = f"{store}/{space}" if space else store
    direction = word(row.get("sync-direction")) or "pull"
    return {
        "remote": f"{remote}:{place}" if remote else place,
        "direction": direction if direction in ("pull", "push") else error("its direction is not known"),
        "remove_vanished": truth(row.get("remove-vanished"), default=False),
    }


def _tells(pbs: Pbs, kind: str, settings: JsonRow | None, notices: Notices) -> Cell:
    """Tell whether failures of a job reach somebody: by mail to a user, or by the notification system."""
    if settings is None:
        return pbs.configured.gap or error("the settings of its datastore are not listed")
    mode = word(settings.get("notification-mode"))
    if not mode and not pbs.version:
        return error("the way of notifications depends on the version, which is not told")
    if mode == "notification-system" or (not mode and pbs.version >= _NOTIFICATION_SYSTEM):
        return notices.reaches({"type": {"collect": "gc"}.get(kind, kind)})
    wanted = properties(settings.get("notify")).get({"collect": "gc"}.get(kind, kind), "")
    if wanted == "never":
        return False
    return notices.mails(word(settings.get("notify-user")) or "root@pam")
