"""Velero: its backups as restore points of namespaces, its schedules, storage locations and restores."""

from __future__ import annotations

from typing import Any

from scanner.collection.exported.listing import Told
from scanner.collection.exported.values import at, bounded, flag, mappings, moment, seconds_between, text, word, words
from scanner.collection.kubernetes.cron import longest_wait
from scanner.collection.kubernetes.objects import full_name, go_duration, labels, namespace
from scanner.collection.kubernetes.resources import BACKUPS, RESTORES, SCHEDULES, STORAGE, Cluster
from scanner.collection.kubernetes.velero_status import Volumes, namespaces, phase_status, takes_all, times
from scanner.model.evidence import ABSENT, Cell, Gap, Row, unknown

_RUNS = {"ok": "ok", "warning": "warning", "partial": "failed", "failed": "failed", "running": "running"}
_RESTORES = {"Completed": "ok", "PartiallyFailed": "failed", "Failed": "failed", "FailedValidation": "failed"}
_OLD = 86_400.0
"""Velero looks at its storage every minute; a look that is a day old means that nobody looks any more."""
_KEYS = ("kmsKeyId", "serverSideEncryption", "customerKeyEncryptionFile", "customerKeyEncryptionSecret")


def tell(told: Told, cluster: Cluster, now: str) -> None:
    """Add what Velero says to the facts; `now` is the clock that ages are measured by."""
    backups, restores = cluster.of(BACKUPS), cluster.of(RESTORES)
    told.of("backup.restore_point").lacks(*backups.gaps)
    told.of("backup.run").lacks(*backups.gaps, *restores.gaps)
    told.of("recovery.drill").lacks(*restores.gaps)
    told.of("backup.job").lacks(*cluster.of(SCHEDULES).gaps)
    told.of("backup.location").lacks(*cluster.of(STORAGE).gaps)
    volumes, held = Volumes(cluster), Storage(cluster, now)
    for each in backups.items:
        rows, gap = _points(each, cluster, volumes, held)
        told.of("backup.restore_point").rows += rows
        told.of("backup.restore_point").lacks(gap)
        told.of("backup.run").rows.append(_run(each))
    newest = _newest(backups.items)
    told.of("backup.job").rows += [_job(each, newest, bool(backups.gaps)) for each in cluster.of(SCHEDULES).items]
    told.of("backup.location").rows += [location(each, now) for each in cluster.of(STORAGE).items]
    by_name = {full_name(each): each for each in backups.items}
    for each in restores.items:
        told.of("backup.run").rows.append(_restore_run(each))
        told.of("recovery.drill").rows.append(_drill(each, by_name, cluster))


def place(raw: Any) -> str:
    """Give the storage location of a backup as locations are named."""
    return f"{namespace(raw)}/{word(at(raw, 'spec', 'storageLocation')) or 'default'}"


def _points(raw: Any, cluster: Cluster, volumes: Volumes, held: Storage) -> tuple[list[Row], Gap | None]:
    started, completed = times(raw)
    covered, gap = namespaces(at(raw, "spec"), started, cluster)
    status = phase_status(raw)
    if status in ("ok", "warning"):
        missed = volumes.missed(raw, covered, started)
        status = missed if isinstance(missed, Gap) else "partial" if missed is True else status
        status = held.kept(place(raw), status)
    point = {
        "system": "velero",
        "location": place(raw),
        "point": full_name(raw),
        "kind": "snapshot",
        "data_time": started if started is not ABSENT else unknown("the backup has not begun"),
        "started_at": started,
        "completed_at": completed if status not in ("running",) else ABSENT,
        "status": status,
        "verification": "none",
        "verified_at": ABSENT,
        "verified_by": ABSENT,
        "encryption": unknown("Velero does not tell how its bucket encrypts"),
        "key_fingerprint": ABSENT,
        "protected": False,
        "expires_at": moment(at(raw, "status", "expiration"), "expiration"),
        "immutable_until": unknown("Velero does not tell whether its bucket locks objects"),
        "size": ABSENT,
        "storage_class": ABSENT,
        "base": ABSENT,
    }
    rows: list[Row] = [{**point, "object": each, "asset_keys": [f"velero:{each}"]} for each in covered]
    return rows, gap


def _run(raw: Any) -> Row:
    started, completed = times(raw)
    status = phase_status(raw)
    return {
        "system": "velero",
        "run": full_name(raw),
        "job": _schedule_of(raw) or ABSENT,
        "kind": "backup",
        "asset_keys": [],
        "started_at": started,
        "ended_at": completed,
        "status": _RUNS.get(status, "failed") if isinstance(status, str) else status,
        "message": text(at(raw, "status", "failureReason") or at(raw, "status", "phase"), "the phase"),
        "size": ABSENT,
        "user": ABSENT,
    }


def _schedule_of(raw: Any) -> str:
    schedule = labels(raw).get("velero.io/schedule-name", "")
    return f"{namespace(raw)}/{schedule}" if schedule else ""


def _newest(backups: list[dict[str, Any]]) -> dict[str, tuple[str, Any]]:
    newest: dict[str, tuple[str, Any]] = {}
    for each in backups:
        begun = moment(at(each, "metadata", "creationTimestamp"))
        schedule = _schedule_of(each)
        if schedule and isinstance(begun, str) and begun >= newest.get(schedule, ("", None))[0]:
            newest[schedule] = (begun, each)
    return newest


def _job(raw: Any, newest: dict[str, tuple[str, Any]], blind: bool) -> Row:
    own, spec = full_name(raw), at(raw, "spec", "template")
    cron = text(at(raw, "spec", "schedule"), "the schedule")
    last = moment(at(raw, "status", "lastBackup"), "lastBackup")
    included = [each for each in words(at(spec, "includedNamespaces")) if "*" not in each]
    return {
        "system": "velero",
        "job": own,
        "kind": "backup",
        "enabled": _enabled(raw),
        "schedule": cron,
        "interval": (longest_wait(cron) or unknown("the schedule cannot be read")) if isinstance(cron, str) else cron,
        "asset_keys": [f"velero:{each}" for each in included],
        "everything": takes_all(spec),
        "location": place({**raw, "spec": spec}),
        "remote": ABSENT,
        "direction": ABSENT,
        "remove_vanished": ABSENT,
        "mode": "application-consistent" if mappings(at(spec, "hooks", "resources")) else "crash-consistent",
        "encrypted": ABSENT,
        "recheck_after": ABSENT,
        **{f"keep_{each}": ABSENT for each in ("last", "hourly", "daily", "weekly", "monthly", "yearly")},
        "keep_for": go_duration(at(spec, "ttl")),
        "last_run": last,
        "last_status": _last_status(own, last, newest, blind),
        "next_run": ABSENT,
        "notifies": ABSENT,
    }


def _enabled(raw: Any) -> Cell:
    paused = flag(at(raw, "spec", "paused"), "paused")
    phase = word(at(raw, "status", "phase"))
    if paused is True:
        return False
    if isinstance(paused, Gap) or phase not in ("Enabled", "FailedValidation"):
        return paused if isinstance(paused, Gap) else unknown("Velero has not yet looked at the schedule (no phase)")
    return phase == "Enabled"


def _last_status(own: str, last: Cell, newest: dict[str, tuple[str, Any]], blind: bool) -> Cell:
    if own in newest:
        status = phase_status(newest[own][1])
        return _RUNS.get(status, "failed") if isinstance(status, str) else status
    if last is ABSENT and not blind:
        return ABSENT
    return unknown("the backup of its last run is not listed")


class Storage:
    """Which storage locations there are: a backup whose bucket is gone looks as it did before."""

    def __init__(self, cluster: Cluster, now: str) -> None:
        listed = cluster.of(STORAGE)
        self._usable = {full_name(each): location(each, now)["usable"] for each in listed.items}
        self._unknown = listed.gaps[0] if listed.gaps else None

    def kept(self, own: str, status: Cell) -> Cell:
        """Give the status of a point that lies there: failed where the location is gone, unknown where it is shut."""
        if own not in self._usable:
            return self._unknown or "failed"
        usable = self._usable[own]
        if usable is True or not isinstance(status, str):
            return status
        return usable if isinstance(usable, Gap) else unknown(f"its storage location {own} is unavailable")


def location(raw: Any, now: str) -> Row:
    """Give the row of a storage location; `now` is the clock that its last look is measured by."""
    config = at(raw, "spec", "config")
    looked = moment(at(raw, "status", "lastValidationTime"), "lastValidationTime")
    phase = word(at(raw, "status", "phase"))
    messages = [word(at(raw, "status", "message"))]
    usable: Cell = phase == "Available"
    if phase not in ("Available", "Unavailable"):
        usable = unknown("Velero has not yet looked at it (no phase)")
    elif usable is True:
        age = seconds_between(looked, now) if isinstance(looked, str) else None
        if age is None or age > _OLD:
            when = looked if isinstance(looked, str) else "an unknown time"
            usable = unknown(f"Velero looked at it last at {when} (does it run?)")
    if word(at(raw, "spec", "accessMode")) == "ReadOnly":
        messages.append("it is read only")
    if word(at(config, "insecureSkipTLSVerify")).casefold() == "true":
        messages.append("the certificate is not verified")
    return {
        "system": "velero",
        "location": full_name(raw),
        "kind": "bucket",
        "usable": usable,
        "message": "; ".join(filter(None, messages)) or ABSENT,
        "total": ABSENT,
        "used": ABSENT,
        "encryption": "encrypted" if any(word(at(config, key)) for key in _KEYS) else ABSENT,
        "storage_class": ABSENT,
        "immutable": ABSENT,
        "transport": _transport(word(at(config, "s3Url")), word(at(raw, "spec", "provider"))),
    }


def _transport(url: str, provider: str) -> Cell:
    """Tell how data reach a bucket; the clouds' own addresses are HTTPS."""
    if url:
        return "plain" if url.casefold().startswith("http://") else "tls"
    return "tls" if provider.rpartition("/")[2] in ("aws", "azure", "gcp") else ABSENT


def _restore_status(raw: Any) -> str:
    return _RESTORES.get(word(at(raw, "status", "phase")), "running")


def _restore_run(raw: Any) -> Row:
    started, completed = times(raw)
    return {
        "system": "velero",
        "run": f"restore {full_name(raw)}",
        "job": ABSENT,
        "kind": "restore",
        "asset_keys": [],
        "started_at": started,
        "ended_at": completed,
        "status": _restore_status(raw),
        "message": text(at(raw, "status", "failureReason") or at(raw, "status", "phase"), "the phase"),
        "size": ABSENT,
        "user": ABSENT,
    }


def _drill(raw: Any, backups: dict[str, Any], cluster: Cluster) -> Row:
    started, completed = times(raw)
    point = word(at(raw, "spec", "backupName"))
    backup = backups.get(f"{namespace(raw)}/{point}")
    data = times(backup)[0] if backup is not None else ABSENT
    spec = at(raw, "spec")
    covered, gap = namespaces(spec if not takes_all(spec) or backup is None else at(backup, "spec"), data, cluster)
    mapping = at(spec, "namespaceMapping")
    moved = mapping if isinstance(mapping, dict) else {}
    elsewhere = bool(covered) and all(moved.get(each, each) != each for each in covered)
    failed = _restore_status(raw) == "failed"
    return {
        "drill": f"velero {full_name(raw)}",
        "source": "task",
        "kind": "restore",
        "scenario": "kubernetes",
        "asset": ABSENT,
        "service_class": ABSENT,
        "asset_keys": gap or [f"velero:{each}" for each in covered],
        "point": f"{namespace(raw)}/{point}" if point else ABSENT,
        "data_time": data,
        "newest_data": ABSENT,
        "started_at": started,
        "ended_at": completed,
        "until_usable": ABSENT,
        "target": bounded(", ".join(sorted({str(each) for each in moved.values()}))[:500]) if elsewhere else ABSENT,
        "to_source": "no" if elsewhere else ABSENT,
        "passed": [],
        "failed": ["restore"] if failed else [],
        "size": ABSENT,
        "by": ABSENT,
        "sha256": ABSENT,
    }
