"""Jobs of Veeam as they are configured, and their sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scanner.collection.exported.values import chosen, flag, moment, text, whole, word, words
from scanner.collection.veeam.record import Record
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error, unknown

CONFIGURATION = "configuration backup"
"""The id under which the backup of Veeam's own configuration stands among the jobs."""
_RESULTS = {"success": "ok", "warning": "warning", "failed": "failed", "cancelled": "cancelled"}
_DAY = 86_400
_KINDS = (
    ("restore", "restore"),
    ("surebackup", "verify"),
    ("health", "verify"),
    ("backupcopy", "sync"),
    ("copy", "sync"),
    ("replica", "replicate"),
    ("backup", "backup"),
)
"""Part of a type's name > kind; the first that fits."""


def job_rows(record: Record) -> list[Row]:
    """Give the rows of `backup.job`: the jobs, and the backup of the configuration as one of them."""
    rows = [_job(each) for each in record.lists["jobs"].items]
    return rows + [_configuration(each) for each in record.lists["configuration_backup"].items]


def run_rows(sessions: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Give the rows of `backup.run`; sessions of the infrastructure alone are left out."""
    return [_run(each, kind) for each in sessions if (kind := _kind(each.get("type")))]


def _kind(raw: Any) -> str:
    name = word(raw).casefold()
    return next((kind for part, kind in _KINDS if part in name), "" if name else "backup")


def _job(raw: Mapping[str, Any]) -> Row:
    days = raw.get("retention_quantity") if word(raw.get("retention")).casefold() == "days" else None
    points = (
        raw.get("retention_quantity") if word(raw.get("retention")).casefold() in ("restorepoints", "cycles") else None
    )
    kept = whole(days, "the retention")
    enabled = flag(raw.get("enabled"), "enabled")
    notifies = flag(raw.get("notifies"), "notifies")
    return {
        **_empty(),
        "job": text(raw.get("name"), "the name"),
        "kind": _kind(raw.get("type")) or error(f"the type {word(raw.get('type'))[:40]!r} is not known"),
        "enabled": unknown("whether it runs by itself is not told") if enabled is ABSENT else enabled,
        "schedule": text(raw.get("schedule"), "the schedule"),
        "interval": whole(raw.get("interval"), "the interval"),
        "asset_keys": _keys(raw),
        "everything": False,
        "location": text(raw.get("repository"), "the repository"),
        "mode": _mode(raw),
        "encrypted": _encrypted(raw),
        "recheck_after": _recheck(raw),
        "keep_last": whole(points, "the retention"),
        "keep_weekly": whole(raw.get("keep_weekly"), "keep_weekly"),
        "keep_monthly": whole(raw.get("keep_monthly"), "keep_monthly"),
        "keep_yearly": whole(raw.get("keep_yearly"), "keep_yearly"),
        "keep_for": kept * _DAY if isinstance(kept, int) else kept,
        "last_run": moment(raw.get("last_run"), "the last run"),
        "last_status": _last(raw),
        "next_run": moment(raw.get("next_run"), "the next run"),
        # A job without mails of its own may still be told of by the server's general settings.
        "notifies": ABSENT if notifies is False else notifies,
    }


def _empty() -> dict[str, Cell]:
    keeps = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
    return {
        "system": "veeam",
        **{f"keep_{each}": ABSENT for each in keeps},
        "remote": ABSENT,
        "direction": ABSENT,
        "remove_vanished": ABSENT,
    }


def _keys(raw: Mapping[str, Any]) -> Cell:
    containers = words(raw.get("containers"))
    if containers:
        return unknown(f"it takes whatever is in {', '.join(containers[:3])}, which Veeam does not tell")
    if not isinstance(raw.get("objects"), list):
        return unknown("what it takes is not told")
    return [f"veeam:{name}" for name in words(raw.get("objects"))]


def _encrypted(raw: Mapping[str, Any]) -> Cell:
    found = flag(raw.get("encrypted"), "encrypted")
    return unknown("whether it encrypts is not told") if found is ABSENT else found


def _recheck(raw: Mapping[str, Any]) -> Cell:
    told = word(raw.get("health_check")).casefold()
    if told == "never":
        return ABSENT
    return {"weekly": 7 * _DAY, "monthly": 31 * _DAY}.get(
        told, unknown("whether its files are checked again is not told")
    )


def _mode(raw: Mapping[str, Any]) -> Cell:
    aware = flag(raw.get("application_aware"), "application_aware")
    return aware if isinstance(aware, Gap) or aware is ABSENT else f"{'application' if aware else 'crash'}-consistent"


def _last(raw: Mapping[str, Any]) -> Cell:
    if word(raw.get("state")).casefold() in ("running", "working", "starting"):
        return "running"
    result = word(raw.get("last_result")).casefold()
    if result == "none":
        return ABSENT
    found = chosen(_RESULTS, raw.get("last_result"), "the last result")
    return "failed" if found == "cancelled" else found


def _configuration(raw: Mapping[str, Any]) -> Row:
    last = moment(raw.get("last_success"), "the last success")
    enabled = flag(raw.get("enabled"), "enabled")
    return {
        **_empty(),
        "job": CONFIGURATION,
        "kind": "backup",
        "enabled": unknown("whether it runs by itself is not told") if enabled is ABSENT else enabled,
        "schedule": text(raw.get("schedule"), "the schedule"),
        "interval": whole(raw.get("interval"), "the interval"),
        "asset_keys": [f"veeam:{CONFIGURATION}"],
        "everything": False,
        "location": text(raw.get("repository"), "the repository"),
        "mode": "configuration",
        "encrypted": _encrypted(raw),
        "recheck_after": ABSENT,
        "keep_for": ABSENT,
        # Veeam tells the last success alone: later failures are not seen here, its age is.
        "last_run": last,
        "last_status": "ok" if isinstance(last, str) else last,
        "next_run": ABSENT,
        "notifies": ABSENT,
    }


def _run(raw: Mapping[str, Any], kind: str) -> Row:
    ended = moment(raw.get("ended_at"), "the end")
    return {
        "system": "veeam",
        "run": text(raw.get("id"), "the id"),
        "job": text(raw.get("job"), "the job"),
        "kind": kind,
        "asset_keys": [],
        "started_at": moment(raw.get("started_at"), "the start"),
        "ended_at": ended,
        "status": _status(raw, ended),
        "message": text(raw.get("message"), "the message"),
        "size": ABSENT,
        "user": ABSENT,
    }


def _status(raw: Mapping[str, Any], ended: Cell) -> Cell:
    result = raw.get("result")
    if word(result).casefold() not in ("", "none"):
        return chosen(_RESULTS, result, "the result")
    if word(raw.get("state")).casefold() in ("", "stopped"):
        return unknown("how it ended is not told") if ended is not ABSENT else "running"
    return "running"
