"""Objects of a small cluster, in the documented shapes: Velero 1.x, snapshot.storage.k8s.io/v1, k3s.cattle.io/v1."""

from __future__ import annotations

from typing import Any

Objects = dict[str, list[dict[str, Any]]]


def meta(name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z", "uid": f"uid-{name}", **more}
    return {**found, "namespace": namespace} if namespace else found


def backup(name: str, when: str = "2026-11-20T02:00:01Z", **status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "velero.io/v1",
        "kind": "Backup",
        "metadata": meta(name, "velero", labels={"velero.io/schedule-name": "daily"}, creationTimestamp=when),
        "spec": {
            "includedNamespaces": ["*"],
            "excludedNamespaces": ["kube-*"],
            "ttl": "720h0m0s",
            "storageLocation": "default",
        },
        "status": {
            "phase": "Completed",
            "startTimestamp": when,
            "completionTimestamp": when.replace(":00:01Z", ":03:10Z"),
            "expiration": "2026-12-20T02:00:01Z",
            "csiVolumeSnapshotsAttempted": 1,
            "csiVolumeSnapshotsCompleted": 1,
            "progress": {"totalItems": 900, "itemsBackedUp": 900},
            **status,
        },
    }


def objects() -> Objects:
    """Give a healthy cluster: resource name > its objects."""
    return {
        "namespaces": [
            {"metadata": meta("app")},
            {"metadata": meta("kube-system")},
            {"metadata": meta("young", creationTimestamp="2026-11-20T09:00:00Z")},
        ],
        "persistentvolumeclaims": [
            {
                "metadata": meta("data", "app"),
                "spec": {"resources": {"requests": {"storage": "8Gi"}}},
                "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}},
            }
        ],
        "backups.velero.io": [backup("daily-20261120020000")],
        "schedules.velero.io": [
            {
                "metadata": meta("daily", "velero"),
                "spec": {
                    "schedule": "0 2 * * *",
                    "template": {"ttl": "720h0m0s", "storageLocation": "default", "includedNamespaces": ["*"]},
                },
                "status": {"phase": "Enabled", "lastBackup": "2026-11-20T02:00:01Z"},
            }
        ],
        "restores.velero.io": [
            {
                "metadata": meta("try-1", "velero"),
                "spec": {
                    "backupName": "daily-20261120020000",
                    "includedNamespaces": ["app"],
                    "namespaceMapping": {"app": "app-try"},
                },
                "status": {
                    "phase": "Completed",
                    "startTimestamp": "2026-11-20T05:00:00Z",
                    "completionTimestamp": "2026-11-20T05:04:00Z",
                },
            }
        ],
        "backupstoragelocations.velero.io": [
            {
                "metadata": meta("default", "velero"),
                "spec": {"provider": "aws", "config": {"kmsKeyId": "k1"}, "objectStorage": {"bucket": "b"}},
                "status": {"phase": "Available", "lastValidationTime": "2026-11-20T11:59:00Z"},
            }
        ],
        "podvolumebackups.velero.io": [],
        "datauploads.velero.io": [
            {
                "metadata": meta("up-1", "velero", labels={"velero.io/backup-name": "daily-20261120020000"}),
                "spec": {"sourceNamespace": "app", "sourcePVC": "data", "backupStorageLocation": "default"},
                "status": {
                    "phase": "Completed",
                    "startTimestamp": "2026-11-20T02:01:00Z",
                    "completionTimestamp": "2026-11-20T02:02:00Z",
                    "progress": {"totalBytes": 1234, "bytesDone": 1234},
                },
            }
        ],
        "volumesnapshots.snapshot.storage.k8s.io": [
            {
                "metadata": meta("snap-1", "app"),
                "spec": {"source": {"persistentVolumeClaimName": "data"}, "volumeSnapshotClassName": "fast"},
                "status": {
                    "boundVolumeSnapshotContentName": "content-1",
                    "creationTime": "2026-11-20T11:00:00Z",
                    "readyToUse": True,
                    "restoreSize": "10Gi",
                },
            }
        ],
        "volumesnapshotcontents.snapshot.storage.k8s.io": [
            {
                "metadata": meta("content-1"),
                "spec": {
                    "driver": "ebs.csi.aws.com",
                    "deletionPolicy": "Retain",
                    "volumeSnapshotRef": {"name": "snap-1", "namespace": "app", "uid": "uid-snap-1"},
                },
                "status": {"readyToUse": True, "creationTime": 1_795_000_000_000_000_000, "restoreSize": 10737418240},
            }
        ],
        "volumesnapshotclasses.snapshot.storage.k8s.io": [
            {"metadata": meta("fast"), "driver": "ebs.csi.aws.com", "deletionPolicy": "Retain"}
        ],
        "etcdsnapshotfiles.k3s.cattle.io": [
            {
                "metadata": meta("local-etcd-1"),
                "spec": {
                    "snapshotName": "etcd-snapshot-n1-1",
                    "nodeName": "n1",
                    "location": "file:///var/lib/rancher/rke2/server/db/snapshots/etcd-snapshot-n1-1",
                },
                "status": {"size": "5242912", "creationTime": "2026-11-20T00:00:00Z", "readyToUse": True},
            },
            {
                "metadata": meta("s3-etcd-1"),
                "spec": {
                    "snapshotName": "etcd-snapshot-n1-1",
                    "nodeName": "s3",
                    "location": "s3://etcd/etcd-snapshot-n1-1",
                    "s3": {"endpoint": "s3.example.org", "bucket": "etcd", "insecure": False, "skipSSLVerify": False},
                },
                "status": {"size": "5242912", "creationTime": "2026-11-20T00:00:05Z", "readyToUse": True},
            },
        ],
    }
