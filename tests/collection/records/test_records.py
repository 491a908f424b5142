"""Drill records: each file is evidence or a gap that names it, and nothing in between."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from scanner.collection.records.server import FACTS, collect, describe
from scanner.model.drill import read_record
from scanner.model.evidence import ABSENT, Evidence, Query
from scanner.model.inventory import Endpoint
from scanner.transport.folder import open_folder
from scanner.transport.shell import Limits
from tests.collection.parity import check
from tests.support.arbitrary_json import seeds, spoilt

QUERIES = [Query.of(fact) for fact in FACTS]
NOW = "2026-11-20T12:00:00Z"


def drill(**changes: Any) -> dict[str, Any]:
    return {
        "schema": "drill-record/1",
        "kind": "restore",
        "scenario": "database-pitr",
        "asset": "db01",
        "restore_point": {"id": "20261119-020000F", "data_time": "2026-11-19T03:00:00+01:00"},
        "started": "2026-11-20T09:00:00Z",
        "finished": "2026-11-20T09:10:00Z",
        "target": "scratch01",
        "to_source": False,
        "steps": [{"name": "restore", "seconds": 100, "rc": 0}],
        "checks": [
            {"kind": "integrity", "result": "passed"},
            {"kind": "function", "result": "passed", "at": "2026-11-20T09:05:00Z"},
            {"kind": "function", "result": "passed", "at": "2026-11-20T09:04:00Z"},
            {"kind": "performance", "result": "passed"},
        ],
        "newest_data": "2026-11-20T01:59:00Z",
        "operator": "ada",
        **changes,
    }


def read(folder: Path, now: str = NOW) -> Evidence:
    client = open_folder(Endpoint("files", options=(("folder", str(folder)),)), lambda _: "", Limits())
    (evidence,) = collect(QUERIES, client, Limits(), now).evidence
    check(evidence)
    assert "stumbled" not in str(evidence.gap)
    return evidence


def put(folder: Path, name: str, record: Any) -> bytes:
    data = record if isinstance(record, bytes) else json.dumps(record).encode()
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return data


def test_a_record_is_evidence(tmp_path: Path) -> None:
    data = put(tmp_path, "2026/db01.json", drill())
    found = read(tmp_path)
    assert found.gap is None
    (row,) = found.rows
    assert row["sha256"] == hashlib.sha256(data).hexdigest()
    assert (row["drill"], row["until_usable"], row["to_source"]) == ("2026/db01", 240.0, "no")
    assert (row["data_time"], row["passed"], row["failed"]) == (
        "2026-11-19T02:00:00Z",
        ["integrity", "function", "performance"],
        [],
    )
    assert (row["service_class"], row["size"]) == (ABSENT, ABSENT)


def test_a_function_check_without_time_counts_at_the_end() -> None:
    record = read_record(drill(checks=[{"kind": "function", "result": "passed"}]))
    assert record.until_usable == 600.0
    assert read_record(drill(checks=[{"kind": "function", "result": "failed"}])).until_usable is None


def test_a_kind_that_failed_once_did_not_pass() -> None:
    checks = [{"kind": "integrity", "result": each} for each in ("passed", "failed")]
    record = read_record(drill(checks=checks, steps=[{"name": "copy", "rc": 2}]))
    assert (record.passed, record.failed) == ((), ("integrity", "step copy"))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"schema": "drill-record/2"}, "is no drill-record/1"),
    ({"kind": "test"}, "kind"),
    ({"operator": None}, "operator"),
    ({"operator": " "}, "operator"),
    ({"asset": None}, "neither asset"),
    ({"finished": "2026-11-20T08:00:00Z"}, "finished before it started"),
    ({"finished": "2026-11-21T08:00:00Z"}, "still to come"),
    ({"started": "2026-11-20T09:00:00"}, "started: this is no time with its zone"),
    ({"started": "0019-11-20T09:00:00Z"}, "started: this lies too far back to be meant"),
    ({"started": "2026-02-30T09:00:00Z"}, "started: this is no moment of the calendar"),
    ({"started": "2026-02-30T09:00:00Z"}, "no moment"),
    ({"to_source": "no"}, "to_source"),
    ({"colour": "red"}, "colour: no such key is known"),
    ({"size": -1}, "size"),
    ({"newest_data": "2026-11-20T10:00:00Z"}, "younger than the restore"),
    ({"restore_point": {"id": "x", "data_time": "2026-11-20T10:00:00Z"}}, "younger than the restore"),
    ({"checks": [{"kind": "function", "result": "passed", "at": "2026-11-20T08:00:00Z"}]}, "not within the drill"),
    ({"checks": [{"kind": "looks", "result": "passed"}]}, "checks.0.kind"),
    ({"steps": [{"name": "x", "seconds": float("nan")}]}, "seconds"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG, ids=lambda each: str(each)[:50])
def test_a_record_that_does_not_hold_is_a_gap_that_names_the_file(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    put(tmp_path, "good.json", drill())
    put(tmp_path, "bad.json", drill(**changes))
    found = read(tmp_path)
    assert len(found.rows) == 1
    assert found.gap is not None
    assert found.gap.reason.startswith("bad.json: ")
    assert words in found.gap.reason


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe\x00", b"[" * 100_000, b'"x"'])
def test_files_that_are_no_records_are_gaps(tmp_path: Path, data: bytes) -> None:
    put(tmp_path, "bad.json", data)
    found = read(tmp_path)
    assert found.rows == ()
    assert found.gap is not None
    assert "bad.json" in found.gap.reason


def test_a_copy_of_a_record_counts_once(tmp_path: Path) -> None:
    put(tmp_path, "a.json", drill())
    put(tmp_path, "b.json", drill())
    found = read(tmp_path)
    assert len(found.rows) == 1
    assert found.gap is not None


def test_an_empty_folder_holds_no_drill_and_a_missing_one_is_not_known(tmp_path: Path) -> None:
    assert (read(tmp_path).rows, read(tmp_path).gap) == ((), None)
    assert read(tmp_path / "gone").gap is not None
    assert describe(QUERIES).text.startswith(b"read *.json")


@given(seeds)
def test_spoilt_records_never_stop_the_visit(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("drills")
    put(folder, "bad.json", spoilt(drill(), seed))
    read(folder)
