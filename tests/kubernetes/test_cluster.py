"""A cluster asked over its API: the documented wire format, pages, refusals, and what is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scanner.collection.kubernetes.resources import ALL
from scanner.collection.kubernetes.server import FACTS, collect, describe
from scanner.model.evidence import Evidence, Query
from scanner.model.outcome import Outcome
from scanner.transport.shell import Limits
from tests.collection.parity import check
from tests.kubernetes.cluster import Objects, backup, meta, objects
from tests.kubernetes.loopback import Loopback
from tests.kubernetes.stand_in import Standing, serving

QUERIES = [Query.of(fact) for fact in FACTS]
NOW = "2026-11-20T12:00:00Z"


@pytest.fixture
def standing() -> Iterator[Standing]:
    with serving(Standing(objects())) as found:
        yield found


def ask(standing: Standing) -> dict[str, Evidence]:
    answer = collect(QUERIES, Loopback(standing.address), Limits(), NOW)
    assert answer.started
    for each in answer.evidence:
        check(each)
    return {each.query.fact: each for each in answer.evidence}


def of(objects: Objects) -> dict[str, Evidence]:
    with serving(Standing(objects)) as found:
        return ask(found)


def points(found: dict[str, Evidence], system: str) -> list[Any]:
    return [row for row in found["backup.restore_point"].rows if row["system"] == system]


def test_a_healthy_cluster_tells_everything(standing: Standing) -> None:
    found = ask(standing)
    assert [each.gap for each in found.values()] == [None] * len(FACTS)
    server = found["backup.server"].rows[0]
    assert (server["name"], server["version"], server["blind"]) == (
        "Kubernetes v1.31.4+rke2r1 with Velero",
        "1.31.4+rke2r1",
        [],
    )
    velero = {row["object"]: row for row in points(found, "velero")}
    assert set(velero) == {"app", "app/data"}, "not what is left out, nor what is younger than the backup"
    assert (velero["app"]["status"], velero["app"]["data_time"]) == ("ok", "2026-11-20T02:00:01Z")
    assert velero["app"]["completed_at"] == "2026-11-20T02:03:10Z"
    assert (velero["app/data"]["asset_keys"], velero["app/data"]["size"]) == (["k8s:app/data"], 1234)
    (snapshot,) = points(found, "csi-snapshot")
    assert (snapshot["status"], snapshot["location"], snapshot["size"]) == ("ok", "csi:ebs.csi.aws.com", 10 * 2**30)
    assert snapshot["data_time"] == "2026-11-20T11:00:00Z", "not when the object was made"
    assert [row["location"] for row in points(found, "etcd-snapshot")] == ["node:n1", "s3:s3.example.org/etcd"]
    (job,) = found["backup.job"].rows
    assert (job["enabled"], job["interval"], job["keep_for"], job["last_status"]) == (True, 86400, 2592000.0, "ok")
    (drill,) = found["recovery.drill"].rows
    assert (drill["asset_keys"], drill["to_source"], drill["passed"]) == (["velero:app"], "no", [])
    assert drill["point"] == "velero/daily-20261120020000"
    places = {row["location"]: row for row in found["backup.location"].rows}
    assert (places["velero/default"]["usable"], places["velero/default"]["encryption"]) == (True, "encrypted")
    claim = next(row for row in found["backup.object"].rows if row["kind"] == "volume")
    assert (claim["object"], claim["size"]) == ("app/data", 10 * 2**30)


@pytest.mark.parametrize("resource", ALL, ids=lambda each: each.name)
def test_each_refused_list_is_unknown_with_the_right_named(standing: Standing, resource: Any) -> None:
    standing.denied = {resource.name}
    found = ask(standing)
    needs = f"list {resource.name} in all namespaces"
    assert found["backup.server"].rows[0]["blind"] == [f"list {resource.name}"]
    cells = [cell for each in found.values() for row in each.rows for cell in row.values()]
    told = [each.gap for each in found.values() if each.gap] + [each for each in cells if hasattr(each, "needs")]
    assert any(gap.kind is Outcome.UNKNOWN and needs in (gap.needs or "") for gap in told)


def test_everything_refused_leaves_nothing_complete(standing: Standing) -> None:
    standing.denied = {each.name for each in ALL}
    found = ask(standing)
    assert all(each.gap is not None for fact, each in found.items() if fact != "backup.server")
    assert all(not each.rows for fact, each in found.items() if fact != "backup.server")


def test_pages_are_followed_to_the_end_and_begun_anew_when_they_expire(standing: Standing) -> None:
    standing.objects["backups.velero.io"] = [backup(f"b{each}") for each in range(7)]
    standing.page, standing.expire = 3, 1
    found = ask(standing)
    assert found["backup.run"].gap is None
    assert len([row for row in found["backup.run"].rows if row["kind"] == "backup"]) == 7
    standing.expire = 9
    assert found["backup.run"].gap != ask(standing)["backup.run"].gap


def test_what_is_not_installed_is_proven_empty() -> None:
    few = {name: found for name, found in objects().items() if "." not in name}
    found = of(few)
    assert found["backup.restore_point"].rows == ()
    assert found["backup.restore_point"].gap is None
    assert found["backup.server"].rows[0]["name"] == "Kubernetes v1.31.4+rke2r1"


def test_a_version_that_we_do_not_know_is_no_proof_of_absence() -> None:
    standing = Standing(objects())

    class Older(Standing):
        def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
            if path == "/apis/snapshot.storage.k8s.io":
                return 200, {"versions": [{"version": "v1beta1"}]}
            return (404, {"message": "no"}) if path.startswith("/apis/snapshot") else super().answer(path, query)

    with serving(Older(standing.objects)) as older:
        gap = ask(older)["backup.restore_point"].gap
    assert gap is not None
    assert "v1beta1" in gap.reason


STATUSES = [
    ({"phase": "PartiallyFailed", "errors": 1}, "partial"),
    ({"phase": "Failed"}, "failed"),
    ({"phase": "InProgress"}, "running"),
    ({"phase": "WaitingForPluginOperations"}, "running"),
    ({"phase": "Finalizing"}, "running"),
    ({"phase": "Deleting"}, "failed"),
    ({"phase": "Completed", "errors": 2}, "partial"),
    ({"phase": "Completed", "warnings": 3}, "warning"),
    ({"phase": "Completed", "csiVolumeSnapshotsAttempted": 2}, "partial"),
    ({"phase": "Completed", "volumeSnapshotsAttempted": 1}, "partial"),
    ({"phase": "Completed", "hookStatus": {"hooksAttempted": 2, "hooksFailed": 1}}, "partial"),
    ({"phase": "Completed", "backupItemOperationsAttempted": 2, "backupItemOperationsCompleted": 1}, "partial"),
]


@pytest.mark.parametrize(("status", "wanted"), STATUSES, ids=lambda each: str(each)[:40])
def test_completed_is_needed_and_not_enough(status: dict[str, Any], wanted: str) -> None:
    changed = objects()
    changed["backups.velero.io"] = [backup("b", **status)]
    assert [row["status"] for row in points(of(changed), "velero") if row["object"] == "app"] == [wanted]


def test_a_phase_that_nobody_knows_is_not_taken_for_good() -> None:
    changed = objects()
    changed["backups.velero.io"] = [backup("b", phase="Splendid")]
    (row,) = [row for row in points(of(changed), "velero") if row["object"] == "app"]
    assert "Splendid" in row["status"].reason


def test_a_volume_that_was_skipped_without_a_word_makes_the_point_partial() -> None:
    changed = objects()
    changed["backups.velero.io"] = [backup("b", csiVolumeSnapshotsAttempted=0, csiVolumeSnapshotsCompleted=0)]
    assert [row["status"] for row in points(of(changed), "velero") if row["object"] == "app"] == ["partial"]


def test_a_selection_by_label_is_no_backup_of_the_namespace() -> None:
    changed = objects()
    changed["backups.velero.io"][0]["spec"]["labelSelector"] = {"matchLabels": {"app": "x"}}
    assert [row["status"] for row in points(of(changed), "velero") if row["object"] == "app"] == ["partial"]


SNAPSHOTS = [
    ({"readyToUse": None}, "gap"),
    ({"readyToUse": False}, "running"),
    ({"readyToUse": False, "error": {"message": "no"}}, "failed"),
    ({"readyToUse": True, "error": {"message": "no"}}, "gap"),
    ({"boundVolumeSnapshotContentName": "gone"}, "failed"),
]


@pytest.mark.parametrize(("status", "wanted"), SNAPSHOTS, ids=lambda each: str(each)[:40])
def test_a_snapshot_is_ready_when_it_says_so_and_is_bound_both_ways(status: dict[str, Any], wanted: str) -> None:
    changed = objects()
    changed["volumesnapshots.snapshot.storage.k8s.io"][0]["status"].update(status)
    (row,) = points(of(changed), "csi-snapshot")
    assert row["status"] == wanted if wanted != "gap" else hasattr(row["status"], "reason")


def test_a_content_that_belongs_to_another_snapshot_is_no_proof() -> None:
    changed = objects()
    changed["volumesnapshotcontents.snapshot.storage.k8s.io"][0]["spec"]["volumeSnapshotRef"]["uid"] = "older"
    (row,) = points(of(changed), "csi-snapshot")
    assert row["status"] == "failed"


def test_an_etcd_snapshot_without_size_failed() -> None:
    changed = objects()
    del changed["etcdsnapshotfiles.k3s.cattle.io"][0]["status"]["size"]
    assert [row["status"] for row in points(of(changed), "etcd-snapshot")] == ["failed", "ok"]


def test_a_storage_location_that_nobody_looks_at_any_more_is_not_known_to_be_there() -> None:
    changed = objects()
    changed["backupstoragelocations.velero.io"][0]["status"]["lastValidationTime"] = "2026-11-01T00:00:00Z"
    row = next(row for row in of(changed)["backup.location"].rows if row["location"] == "velero/default")
    assert "2026-11-01" in row["usable"].reason


def test_backups_in_a_bucket_that_is_gone_or_shut_are_not_taken_for_good() -> None:
    changed = objects()
    changed["backupstoragelocations.velero.io"][0]["status"]["phase"] = "Unavailable"
    shut = points(of(changed), "velero")
    assert {hasattr(row["status"], "reason") for row in shut} == {True}
    changed["backupstoragelocations.velero.io"] = []
    assert {row["status"] for row in points(of(changed), "velero")} == {"failed"}


def test_a_snapshot_that_is_being_deleted_and_a_claim_without_data_do_not_count() -> None:
    changed = objects()
    changed["volumesnapshots.snapshot.storage.k8s.io"][0]["metadata"]["deletionTimestamp"] = NOW
    changed["persistentvolumeclaims"].append({"metadata": meta("waiting", "app"), "status": {"phase": "Pending"}})
    found = of(changed)
    assert [row["status"] for row in points(found, "csi-snapshot")] == ["failed"]
    assert [row["status"] for row in points(found, "velero")] == ["ok", "ok"]


@pytest.mark.parametrize(("spec", "enabled"), [({"paused": True}, False), ({}, True)])
def test_a_paused_schedule_does_not_run(spec: dict[str, Any], enabled: bool) -> None:
    changed = objects()
    changed["schedules.velero.io"][0]["spec"].update(spec)
    assert [row["enabled"] for row in of(changed)["backup.job"].rows] == [enabled]


def test_volumes_copied_by_pods_belong_to_their_claims() -> None:
    changed = objects()
    changed["datauploads.velero.io"] = []
    changed["backups.velero.io"][0]["status"].update(csiVolumeSnapshotsAttempted=0, csiVolumeSnapshotsCompleted=0)
    changed["podvolumebackups.velero.io"] = [
        {
            "metadata": meta(
                "p1",
                "velero",
                labels={"velero.io/backup-name": "daily-20261120020000", "velero.io/pvc-uid": "uid-data"},
            ),
            "spec": {"volume": "data", "backupStorageLocation": "default"},
            "status": {"phase": "Completed", "startTimestamp": "2026-11-20T02:00:30Z", "completionTimestamp": NOW},
        }
    ]
    found = of(changed)
    assert {row["object"]: row["status"] for row in points(found, "velero")} == {"app": "ok", "app/data": "ok"}


def test_the_requests_can_be_read_beforehand() -> None:
    assert b"GET /apis/velero.io/v1/backups\n" in describe(QUERIES).text
