"""WAL-G and Percona Backup for MongoDB, by the formats of their sources: neither was run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.collection.linux.probe import Output
from scanner.collection.linux.script import assemble
from scanner.collection.table import platform_module
from scanner.model.evidence import Gap
from scanner.model.outcome import Outcome
from tests.collection.backup.tools import as_json, ask, gap, recorded, rows

BACKUPS = json.loads(recorded("walg/walg_backup_list_detail.json"))
DELTA = {**BACKUPS[0], "backup_name": "base_000000010000000000000038_D_000000010000000000000033"}
DELTA |= {"wal_file_name": "000000010000000000000038", "start_lsn": 0x38000028, "finish_lsn": 0x38000100}


def line(number: int, timeline: int = 1, suffix: str = ".lz4") -> str:
    return f"obj 700 2026-11-20 03:00:{number % 60:02d}.5 +0000 UTC {timeline:08X}00000000000000{number:02X}{suffix}\n"


def walg(backups: Any = BACKUPS, segments: Any = None, **outputs: Output) -> Any:
    listed = "".join(map(line, range(0x30, 0x40))) if segments is None else segments
    given = {
        "walg.version": Output(b"wal-g version v3.0.0\tabc\t2024\tPostgreSQL\n"),
        "walg.backups": backups if isinstance(backups, Output) else Output(as_json(backups)),
        "walg.timelines": Output(b"[]"),
        "walg.segments": listed
        if isinstance(listed, Output)
        else Output(("type size last modified name\n" + listed).encode()),
        **{f"walg.{name}": output for name, output in outputs.items()},
    }
    return ask("walg", given)


def statuses(answer: Any) -> dict[str, Any]:
    return {row["point"]: row["status"] for row in rows(answer, "backup.restore_point")}


def test_a_whole_storage() -> None:
    answer = walg([*BACKUPS, DELTA])
    assert set(statuses(answer).values()) == {"ok"}
    full, delta, end = rows(answer, "backup.restore_point")
    assert full["asset_keys"] == ["wal-g:db01", "postgres:7710336295316965564"]
    assert (delta["kind"], delta["base"], end["kind"]) == ("incremental", BACKUPS[0]["backup_name"], "pitr")
    [archive] = rows(answer, "backup.log_archive")
    assert (archive["missing"], archive["segment_size"], archive["last"][-2:]) == (0, 2**24, "3F")
    assert full["encryption"].kind is Outcome.UNKNOWN


def test_gaps_and_lost_bases() -> None:
    lost = walg(segments="".join(line(n) for n in range(0x30, 0x40) if n != 0x36))
    assert rows(lost, "backup.log_archive")[0]["missing"] == 1
    assert statuses(walg(segments=line(0x33) + line(0x34)))[BACKUPS[0]["backup_name"]] == "ok"
    assert statuses(walg(segments=line(0x34)))[BACKUPS[0]["backup_name"]] == "failed"
    assert statuses(walg([DELTA]))[DELTA["backup_name"]] == "failed"


def test_timelines_come_from_wal_show() -> None:
    segments = "".join(map(line, range(0x30, 0x37)))
    segments += (
        "".join(line(n, 2) for n in range(0x36, 0x40)) + "obj 50 2026-11-20 03:00:00 +0000 UTC 00000002.history.lz4\n"
    )
    shown = Output(as_json([{"id": 1, "parent_id": 0}, {"id": 2, "parent_id": 1, "switch_point_lsn": 0x36000100}]))
    [archive] = rows(walg(segments=segments, timelines=shown), "backup.log_archive")
    assert (archive["missing"], archive["last"]) == (0, "00000002000000000000003F")
    unread = rows(walg(segments=segments, timelines=Output(status=1)), "backup.log_archive")[0]
    assert isinstance(unread["missing"], Gap)


def test_no_backups_are_told_by_words() -> None:
    answer = walg(Output(b"", "INFO: No backups found"))
    assert (rows(answer, "backup.restore_point"), gap(answer, "backup.restore_point")) == ([], None)


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (Output(status=127), Outcome.ERROR),
        (Output(status=1, stderr="ERROR: AccessDenied: Access Denied"), Outcome.UNKNOWN),
        (Output(b"", status=0), Outcome.ERROR),
        (Output(b"[1]", status=0), Outcome.ERROR),
    ],
)
def test_what_walg_refuses_is_never_an_empty_list(output: Output, kind: Outcome) -> None:
    for fact in ("backup.restore_point", "backup.log_archive"):
        assert gap(walg(output), fact).kind is kind
    segments = walg(segments=output) if output.status else walg(segments=Output(status=1))
    assert gap(segments, "backup.log_archive") is not None
    assert all(isinstance(each, Gap) for each in statuses(segments).values())


def test_the_wrapper_stands_before_every_call() -> None:
    script = assemble(platform_module("walg").probes({"wrapper": "envdir,/etc/wal-g d/env"})).text.decode()
    assert script.count("exec envdir '\\''/etc/wal-g d/env'\\'' wal-g") == 4


def pbm(given: Any = None, **more: Any) -> Any:
    told = json.loads(recorded("pbm/pbm_status.json")) if given is None else given
    told = {**told, "cluster": [{"rs": "rs0", "nodes": []}]} if isinstance(told, dict) and "cluster" in told else told
    return ask("pbm", {"pbm.version": Output(b"2.5.0\n"), "pbm.status": Output(as_json(told), **more)})


def test_pbm_backups_and_the_oplog_that_has_a_base() -> None:
    answer = pbm()
    done, failed, end = rows(answer, "backup.restore_point")
    assert (done["status"], done["data_time"], done["asset_keys"]) == ("ok", "2026-11-20T02:00:00Z", ["pbm:rs0"])
    assert failed["status"] == "failed"
    assert (end["kind"], end["data_time"]) == ("pitr", "2026-11-20T02:10:00Z")
    assert rows(answer, "backup.location")[0]["kind"] == "bucket"
    assert gap(answer, "backup.restore_point") is None


def test_pbm_that_is_running() -> None:
    told = json.loads(recorded("pbm/pbm_status.json"))
    answer = pbm({**told, "running": {"type": "backup", "name": "2026-11-20T03:00:00Z"}})
    assert statuses(answer)["2026-11-20T03:00:00Z"] == "running"


def test_pbm_without_replica_sets_belongs_to_nobody() -> None:
    told = json.loads(recorded("pbm/pbm_status.json"))
    answer = ask("pbm", {"pbm.status": Output(as_json(told))})
    assert gap(answer, "backup.restore_point").kind is Outcome.ERROR


@pytest.mark.parametrize(
    ("told", "more", "kind"),
    [
        ({}, {}, Outcome.ERROR),
        ({"Error": "storage is unreachable", "backups": {"path": "x"}}, {}, Outcome.ERROR),
        ({}, {"status": 126, "stderr": "/etc/default/pbm-agent: Permission denied"}, Outcome.UNKNOWN),
        ({}, {"status": 1, "stderr": "(Unauthorized) not authorized on admin"}, Outcome.UNKNOWN),
        ({}, {"status": 127}, Outcome.ERROR),
    ],
)
def test_what_pbm_refuses_is_never_an_empty_list(told: Any, more: dict[str, Any], kind: Outcome) -> None:
    assert gap(pbm(told, **more), "backup.restore_point").kind is kind
