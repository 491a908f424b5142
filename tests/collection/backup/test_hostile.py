"""Whatever a tool prints, collectors give typed rows and reasons, and raise nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.collection.backup.values import OddError, document, instant, moment, whole
from scanner.collection.linux.probe import Output
from tests.collection.backup.tools import ask, call, recorded

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("2026-11-20T02:00:00Z")
)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
statusses = st.sampled_from([0, 0, 0, 1, 2, 12, 126, 127, 124])

SEEDS: dict[str, list[tuple[str, Any]]] = {
    "restic": [("restic.snapshots", json.loads(recorded("restic/snapshots_v0.14.0.json"))[:2])],
    "borg": [("borg.archives", json.loads(recorded("borg/list_v1.2.4.json")))],
    "rclone": [("rclone.files", json.loads(recorded("rclone/lsjson_v1.60.json"))[:2])],
    "pbm": [("pbm.status", json.loads(recorded("pbm/pbm_status.json")))],
    "walg": [
        ("walg.backups", json.loads(recorded("walg/walg_backup_list_detail.json"))),
        ("walg.timelines", [{"id": 1}]),
    ],
}


def mutated(draw: st.DrawFn, value: Any) -> Any:
    """Replace some parts of a value by anything."""
    if draw(st.integers(0, 7)) == 0:
        return draw(ANY)
    if isinstance(value, dict):
        return {key: mutated(draw, each) for key, each in value.items()}
    return [mutated(draw, each) for each in value] if isinstance(value, list) else value


@st.composite
def versions(draw: st.DrawFn, seed: Any) -> bytes:
    return json.dumps(mutated(draw, seed)).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("platform", sorted(SEEDS))
@settings(derandomize=True, deadline=None, max_examples=60)
@given(data=st.data())
def test_json_with_other_things_in_it(platform: str, data: st.DataObject) -> None:
    outputs = {
        name: Output(
            data.draw(versions(seed) | st.binary(max_size=50)),
            data.draw(st.text("ab \n", max_size=9)),
            data.draw(statusses),
        )
        for name, seed in SEEDS[platform]
    }
    if platform == "restic":
        outputs["restic.config"] = Output(b"{}")
        outputs["restic.files"] = Output(data.draw(st.binary(max_size=60)))
    if platform == "walg":
        outputs["walg.segments"] = Output(data.draw(st.binary(max_size=60)))
    ask(platform, outputs)


INFO = json.loads(recorded("pgbackrest/info_ok_v2.45.json"))
LISTING = json.loads(recorded("pgbackrest/repo_ls_wal_gap.json"))


@settings(derandomize=True, deadline=None, max_examples=80)
@given(data=st.data())
def test_pgbackrest_with_other_things_in_it(data: st.DataObject) -> None:
    stream = call("info", data.draw(versions(INFO) | st.binary(max_size=40)), data.draw(statusses))
    for repo in (1, 2):
        stream += call(f"wal {repo} main", data.draw(versions(LISTING) | st.binary(max_size=40)), data.draw(statusses))
        stream += call(f"labels {repo} main", data.draw(st.text(max_size=30)), data.draw(statusses))
    ask("pgbackrest", {"pgbackrest": Output(stream + data.draw(st.binary(max_size=30)), status=data.draw(statusses))})


@settings(derandomize=True, deadline=None, max_examples=80)
@given(data=st.data())
def test_barman_with_other_things_in_it(data: st.DataObject) -> None:
    backups = json.loads(recorded("barman/list-backups_pgvoids_v3.19.1.json"))
    words = st.lists(
        st.sampled_from(
            [
                "id=a",
                "id=b",
                "status=DONE",
                "begin_wal=0",
                "end_wal=" + "F" * 24,
                "begin_wal=" + "0" * 24,
                "parent_backup_id=a",
                "xlog_segment_size=1",
                "begin_time=x",
                "data=yes",
                "size=" + "9" * 30,
                "=",
            ]
        )
    )
    stream = call("servers", data.draw(versions({"pgvoids": {}})), data.draw(statusses))
    stream += call("backups", data.draw(versions(backups)), data.draw(statusses))
    stream += call("base pgvoids", data.draw(st.sampled_from(["readable", "missing", "denied", "?"])))
    stream += call("told pgvoids", "\n".join(data.draw(words)), data.draw(statusses))
    stream += call("wals pgvoids", data.draw(st.binary(max_size=60)), data.draw(statusses))
    ask("barman", {"barman": Output(stream + data.draw(st.binary(max_size=30)), status=data.draw(statusses))})


def test_depth_and_size_have_bounds() -> None:
    for raw in (b"[" * 200_000, b"", b"{", b"nonsense"):
        with pytest.raises(OddError):
            document(raw)
    assert "more than" in str(
        ask("restic", {"restic.config": Output(b"{}"), "restic.snapshots": Output(b"[" + b"{}," * 100_001 + b"{}]")})
        .evidence[2]
        .gap
    )


@given(ANY)
@settings(derandomize=True, deadline=None)
def test_values_are_typed_or_none(value: Any) -> None:
    assert whole(value) is None or whole(value) >= 0
    assert instant(value) is None or instant(value).endswith("Z")
    assert moment(value) is None or moment(value).endswith("Z")
