"""Snapshots of etcd as K3s and RKE2 record them: on the nodes, and off them in an object store."""

from __future__ import annotations

from typing import Any

from scanner.collection.exported.listing import Told
from scanner.collection.exported.values import at, flag, moment, whole, word
from scanner.collection.kubernetes.objects import name
from scanner.collection.kubernetes.resources import ETCD, Cluster
from scanner.model.evidence import ABSENT, Cell, Row, unknown

OBJECT = "etcd"
CLUSTER_KEY = "etcd:cluster"


def tell(told: Told, cluster: Cluster) -> None:
    """Add the snapshots, where they lie, and etcd itself as a thing to protect; nothing where none are recorded."""
    listed = cluster.of(ETCD)
    for fact in ("backup.restore_point", "backup.location", "backup.object"):
        told.of(fact).lacks(*listed.gaps)
    if not listed.installed or (listed.gaps and not listed.items):
        return
    told.of("backup.restore_point").rows += [_point(each) for each in listed.items]
    places = {location(each): each for each in listed.items}
    told.of("backup.location").rows += [_place(own, each) for own, each in sorted(places.items())]
    told.of("backup.object").rows.append(
        {
            "system": "etcd-snapshot",
            "object": OBJECT,
            "name": OBJECT,
            "kind": "database",
            "asset_keys": [CLUSTER_KEY],
            "created_at": ABSENT,
            "running": True,
            "template": False,
            "size": ABSENT,
            "left_out": [],
            "labels": {},
        }
    )


def off_node(raw: Any) -> bool:
    """Tell whether a snapshot lies in an object store."""
    return bool(at(raw, "spec", "s3")) or word(at(raw, "spec", "location")).startswith("s3://")


def location(raw: Any) -> str:
    """Give where a snapshot lies: `s3:endpoint/bucket`, or `node:name`."""
    if not off_node(raw):
        return f"node:{word(at(raw, 'spec', 'nodeName'))}"
    s3 = at(raw, "spec", "s3")
    bucket = word(at(s3, "bucket")) or word(at(raw, "spec", "location")).removeprefix("s3://").partition("/")[0]
    return f"s3:{word(at(s3, 'endpoint')) or 's3.amazonaws.com'}/{bucket}"


def _point(raw: Any) -> Row:
    taken = moment(at(raw, "status", "creationTime"), "creationTime")
    size = whole(_plain_size(at(raw, "status", "size")), "the size")
    node = word(at(raw, "spec", "nodeName"))
    status = _status(raw, size)
    return {
        "system": "etcd-snapshot",
        # Each member holds the whole: whichever node took it, the snapshot restores the cluster.
        "object": OBJECT,
        "asset_keys": list(dict.fromkeys([CLUSTER_KEY, *([f"etcd:{node}"] if node and node != "s3" else [])])),
        "location": location(raw),
        "point": word(at(raw, "spec", "snapshotName")) or name(raw),
        "kind": "full",
        "data_time": unknown("it has no creationTime") if taken is ABSENT else taken,
        "started_at": ABSENT,
        "completed_at": taken if status == "ok" else ABSENT,
        "status": status,
        # That it is ready says nothing of its content: a corrupted file is noticed by a restore alone.
        "verification": "none",
        "verified_at": ABSENT,
        "verified_by": ABSENT,
        "encryption": unknown("a snapshot of etcd does not tell whether secrets in it are encrypted"),
        "key_fingerprint": ABSENT,
        "protected": False,
        "expires_at": ABSENT,
        "immutable_until": unknown("the bucket's locks are not told") if off_node(raw) else ABSENT,
        "size": size,
        "storage_class": ABSENT,
        "base": ABSENT,
    }


def _plain_size(raw: Any) -> Any:
    """Take a size that came as the text of a quantity."""
    return int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 19 else raw


def _status(raw: Any, size: Cell) -> Cell:
    ready = flag(at(raw, "status", "readyToUse"), "readyToUse")
    if at(raw, "status", "error"):
        return "failed"
    if ready is True:
        return "failed" if size is ABSENT or size == 0 else "ok" if isinstance(size, int) else size
    if ready is False:
        return "failed" if size is ABSENT else "running"
    return unknown("it does not tell whether it is ready (no readyToUse)") if ready is ABSENT else ready


def _place(own: str, raw: Any) -> Row:
    s3 = at(raw, "spec", "s3")
    remote = off_node(raw)
    unverified = at(s3, "skipSSLVerify") is True
    return {
        "system": "etcd-snapshot",
        "location": own,
        "kind": "bucket" if remote else "folder",
        "usable": unknown("K3s and RKE2 do not tell whether it can be read"),
        "message": "the certificate is not verified" if unverified else ABSENT,
        "total": ABSENT,
        "used": ABSENT,
        "encryption": ABSENT,
        "storage_class": ABSENT,
        "immutable": ABSENT,
        "transport": ("plain" if at(s3, "insecure") is True else "tls") if remote else "local",
    }
