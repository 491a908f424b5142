"""Volumes: claims as the things to protect, and their snapshots and copies as restore points."""

from __future__ import annotations

from typing import Any

from scanner.collection.exported.listing import Told
from scanner.collection.exported.values import at, flag, moment, text, whole, word
from scanner.collection.kubernetes.objects import full_name, labels, name, namespace, quantity, uid
from scanner.collection.kubernetes.resources import (
    BACKUPS,
    CLAIMS,
    CLASSES,
    CONTENTS,
    POD_VOLUMES,
    SNAPSHOTS,
    UPLOADS,
    Cluster,
)
from scanner.collection.kubernetes.velero import Storage, place
from scanner.collection.kubernetes.velero_status import backup_of, times
from scanner.model.evidence import ABSENT, Cell, Row, unknown

_DONE = {"Completed": "ok", "Failed": "failed", "Canceled": "failed", "Canceling": "failed"}
_KEY = "Velero encrypts its repository with a key whose default everybody knows, and does not tell which it has"
_LEFT_OUT = "velero.io/exclude-from-backup"


def tell(told: Told, cluster: Cluster, now: str) -> None:
    """Add claims, snapshots of volumes, and Velero's copies of volumes; `now` is the clock that ages are measured by."""
    held = Storage(cluster, now)
    claims, snapshots = cluster.of(CLAIMS), cluster.of(SNAPSHOTS)
    told.of("backup.object").lacks(*claims.gaps)
    told.of("backup.object").rows += [_claim(each) for each in claims.items]
    points = told.of("backup.restore_point")
    points.lacks(*snapshots.gaps)
    points.lacks(*(gap for each in (POD_VOLUMES, UPLOADS) for gap in cluster.of(each).gaps))
    contents = {name(each): each for each in cluster.of(CONTENTS).items}
    points.rows += [_snapshot(each, contents, cluster) for each in snapshots.items]
    backups = {name(each): each for each in cluster.of(BACKUPS).items}
    by_uid = {uid(each): each for each in claims.items if uid(each)}
    for each in cluster.of(UPLOADS).items:
        claim = f"{word(at(each, 'spec', 'sourceNamespace'))}/{word(at(each, 'spec', 'sourcePVC'))}"
        points.rows.append(_copy(each, claim, backups, cluster, held))
    for each in cluster.of(POD_VOLUMES).items:
        wanted = labels(each).get("velero.io/pvc-uid") or word(at(each, "spec", "tags", "pvc-uid"))
        if wanted in by_uid:
            points.rows.append(_copy(each, full_name(by_uid[wanted]), backups, cluster, held))
    told.of("backup.location").lacks(*cluster.of(CONTENTS).gaps, *cluster.of(CLASSES).gaps)
    told.of("backup.location").rows += _drivers(cluster)


def _claim(raw: Any) -> Row:
    own = full_name(raw)
    size = at(raw, "status", "capacity", "storage") or at(raw, "spec", "resources", "requests", "storage")
    return {
        "system": "csi-snapshot",
        "object": own,
        "name": name(raw),
        "kind": "volume",
        "asset_keys": [f"k8s:{own}"],
        "created_at": moment(at(raw, "metadata", "creationTimestamp"), "creationTimestamp"),
        "running": ABSENT,
        "template": False,
        "size": quantity(size),
        "left_out": [name(raw)] if labels(raw).get(_LEFT_OUT) == "true" else [],
        "labels": labels(raw),
    }


def _point(system: str, claim: str) -> dict[str, Cell]:
    return {
        "system": system,
        "object": claim,
        "asset_keys": [f"k8s:{claim}"],
        "kind": "snapshot",
        "started_at": ABSENT,
        "verification": "none",
        "verified_at": ABSENT,
        "verified_by": ABSENT,
        "key_fingerprint": ABSENT,
        "protected": False,
        "storage_class": ABSENT,
        "base": ABSENT,
    }


def _snapshot(raw: Any, contents: dict[str, Any], cluster: Cluster) -> Row:
    source = word(at(raw, "spec", "source", "persistentVolumeClaimName"))
    bound = word(at(raw, "status", "boundVolumeSnapshotContentName"))
    content = contents.get(bound)
    claim = f"{namespace(raw)}/{source}"
    taken = moment(at(raw, "status", "creationTime"), "creationTime")
    status = _readiness(raw, bound, content, cluster)
    if not source:
        # Bound to a snapshot that was there before: of which claim it is, nobody tells.
        claim = f"{namespace(raw)}/?{name(raw)}"
    return {
        **_point("csi-snapshot", claim),
        "asset_keys": [f"k8s:{claim}"] if source else unknown("it was made from a snapshot, not from a claim"),
        "location": driver(at(content, "spec", "driver")),
        "point": full_name(raw),
        "data_time": unknown("it has no creationTime yet") if taken is ABSENT else taken,
        # The storage tells no end; a snapshot is complete no earlier than it was taken.
        "completed_at": taken if status == "ok" else ABSENT,
        "status": status,
        "encryption": unknown("a snapshot does not tell how its storage encrypts"),
        "expires_at": ABSENT,
        "immutable_until": ABSENT,
        "size": quantity(at(raw, "status", "restoreSize")),
    }


def driver(raw: Any) -> str:
    """Give the location of snapshots that a driver keeps, which is the storage of the volumes themselves."""
    return f"csi:{word(raw) or 'unknown'}"


def _readiness(raw: Any, bound: str, content: Any, cluster: Cluster) -> Cell:
    ready = flag(at(raw, "status", "readyToUse"), "readyToUse")
    failed = at(raw, "status", "error")
    if at(raw, "metadata", "deletionTimestamp"):
        return "failed"
    if ready is True and failed:
        return unknown("it calls itself ready, and tells an error")
    if ready is False or ready is ABSENT:
        if failed:
            return "failed"
        return "running" if ready is False else unknown("it does not tell whether it is ready (no readyToUse)")
    if ready is not True:
        return ready
    listed = cluster.of(CONTENTS)
    if content is None:
        return listed.gaps[0] if listed.gaps else "failed"
    back = word(at(content, "spec", "volumeSnapshotRef", "uid"))
    if not bound or not uid(raw) or back != uid(raw):
        return "failed"
    held = flag(at(content, "status", "readyToUse"), "readyToUse")
    if held is not True:
        return "failed" if held is False else unknown("its content does not tell whether it is ready")
    return "ok"


def _copy(raw: Any, claim: str, backups: dict[str, Any], cluster: Cluster, held: Storage) -> Row:
    """Give the restore point of a claim whose data Velero copied into its bucket."""
    own = backup_of(raw)
    backup = backups.get(own)
    started, completed = times(raw)
    begun = times(backup)[0] if backup is not None else started
    phase = word(at(raw, "status", "phase"))
    status: Cell = _DONE.get(phase, "running")
    if backup is None:
        listed = cluster.of(BACKUPS)
        status = listed.gaps[0] if listed.gaps else "failed"
    elif word(at(backup, "status", "phase")) not in ("Completed", "PartiallyFailed") and status == "ok":
        status = "running"
    location = word(at(raw, "spec", "backupStorageLocation"))
    where = f"{namespace(raw)}/{location}" if location else place(backup or raw)
    if status == "ok":
        status = held.kept(where, status)
    return {
        **_point("velero", claim),
        "location": where,
        "point": f"{namespace(raw)}/{own}#{name(raw)}",
        "kind": "files",
        "data_time": begun if begun is not ABSENT else unknown("it has not begun"),
        "started_at": started,
        "completed_at": completed if status == "ok" else ABSENT,
        "status": status,
        "encryption": unknown(_KEY),
        "expires_at": moment(at(backup, "status", "expiration"), "expiration"),
        "immutable_until": unknown("Velero does not tell whether its bucket locks objects"),
        "size": whole(at(raw, "status", "progress", "totalBytes"), "totalBytes"),
    }


def _drivers(cluster: Cluster) -> list[Row]:
    names = {word(at(each, "spec", "driver")) for each in cluster.of(CONTENTS).items}
    names |= {word(at(each, "driver")) for each in cluster.of(CLASSES).items}
    return [_driver(each) for each in sorted(names - {""})]


def _driver(own: str) -> Row:
    return {
        "system": "csi-snapshot",
        "location": driver(own),
        "kind": "pool",
        "usable": True,
        "message": text("snapshots lie on the storage of the volumes themselves"),
        "total": ABSENT,
        "used": ABSENT,
        "encryption": ABSENT,
        "storage_class": ABSENT,
        "immutable": ABSENT,
        "transport": "local",
    }
