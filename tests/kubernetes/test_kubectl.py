"""kubectl, as an independent second client, reads the stand-in as a cluster; its exports are read back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scanner.collection.kubernetes.server import FACTS, collect
from scanner.model.evidence import Evidence, Query
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport.folder import FileFolder, open_folder
from scanner.transport.shell import Limits, Stopwatch
from tests.collection.parity import check
from tests.kubernetes.cluster import objects
from tests.kubernetes.loopback import Loopback
from tests.kubernetes.stand_in import Standing, serving

SCRIPT = Path(__file__).resolve().parents[2] / "contrib/backups/kubernetes-export.sh"
QUERIES = [Query.of(fact) for fact in FACTS]
pytestmark = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")


def export(standing: Standing, tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir(exist_ok=True)
    config = tmp_path / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": standing.address}}
    context = {"name": "c", "context": {"cluster": "c", "user": ""}}
    config.write_text(
        json.dumps(
            {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context], "current-context": "c"}
        )
    )
    environment = {**os.environ, "KUBECONFIG": str(config), "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}
    subprocess.run(["sh", str(SCRIPT), str(folder)], check=True, env=environment, timeout=120, capture_output=True)
    return folder


def reader(folder: Path, **settings: str) -> FileFolder:
    options = tuple(sorted({"folder": str(folder), **settings}.items()))
    return open_folder(Endpoint("files", options=options), lambda _: "", Limits())


def read(folder: Path, now: str = "", **settings: str) -> dict[str, Evidence]:
    answer = collect(QUERIES, reader(folder, **settings), Limits(), now or Stopwatch().started_at)
    for each in answer.evidence:
        check(each)
    return {each.query.fact: each for each in answer.evidence}


def test_what_kubectl_exports_is_what_the_api_tells(tmp_path: Path) -> None:
    fresh = objects()
    now = Stopwatch().started_at
    fresh["backupstoragelocations.velero.io"][0]["status"]["lastValidationTime"] = now
    with serving(Standing(fresh)) as standing:
        folder = export(standing, tmp_path)
        asked = collect(QUERIES, Loopback(standing.address), Limits(), "2026-11-20T12:00:00Z")
    assert not list(folder.glob(".*"))
    found = read(folder)
    assert [each.gap for each in found.values()] == [None] * len(FACTS)
    for each in asked.evidence:
        if each.query.fact != "backup.server":
            assert found[each.query.fact].rows == each.rows
    assert found["backup.server"].rows[0]["source"] == "file"


def test_the_export_keeps_missing_and_refused_apart(tmp_path: Path) -> None:
    few = {name: found for name, found in objects().items() if "snapshot.storage" not in name}
    with serving(Standing(few, denied={"backups.velero.io"})) as standing:
        found = read(export(standing, tmp_path))
    assert found["backup.object"].gap is None
    gap = found["backup.restore_point"].gap
    assert gap is not None
    assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "list backups.velero.io in all namespaces")
    assert {row["system"] for row in found["backup.restore_point"].rows} == {"velero", "etcd-snapshot"}


def test_an_old_export_is_not_known_to_hold(tmp_path: Path) -> None:
    with serving(Standing(objects())) as standing:
        folder = export(standing, tmp_path)
    old = read(folder, "2036-01-01T00:00:00Z", every="1d")
    assert {each.gap.kind for fact, each in old.items() if each.gap} == {Outcome.UNKNOWN}
    assert all(not each.rows for fact, each in old.items() if fact != "backup.server")


@pytest.mark.parametrize("harm", ["cut", "head", "partial", "gone", "one namespace"])
def test_an_export_that_is_not_whole_leaves_a_gap(tmp_path: Path, harm: str) -> None:
    with serving(Standing(objects())) as standing:
        folder = export(standing, tmp_path)
    head, lists = folder / "export.json", folder / "backups.velero.io.json"
    if harm == "cut":
        lists.write_bytes(lists.read_bytes()[:-40])
    elif harm == "head":
        head.unlink()
    elif harm == "gone":
        lists.unlink()
    else:
        said = json.loads(head.read_text())
        said.update({"complete": False} if harm == "partial" else {"namespaces": "app"})
        head.write_text(json.dumps(said))
    assert read(folder)["backup.restore_point"].gap is not None
