"""Barman's catalogue beside what lies in the directories of its servers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.collection.linux.probe import Output
from scanner.model.evidence import Gap
from scanner.model.outcome import Outcome
from tests.collection.backup.tools import ask, call, gap, recorded, rows

INFO = """id={0}
begin_time=2026-11-20 19:{1}:00.646890+00:00
begin_wal=0000000100000000000000{2}
begin_xlog=0/{2}000028
end_time=2026-11-20 20:{1}:02.564203+01:00
end_wal=0000000100000000000000{3}
mode=postgres
size=251479607
status=DONE
systemid=7710336295316965564
xlog_segment_size=16777216
data=yes
"""
FIRST, SECOND = "20261120T193742", "20261120T193800"
PATHS = '"basebackups_directory": "/b/base"\n"wals_directory": "/b/wals"\n"encryption": null\n'


def wals(*numbers: int) -> str:
    return "".join(f"{1795203400 + n}.0132158000 16777216 0000000100000000000000{n:02X}\n" for n in numbers)


def told(
    infos: str = INFO.format(FIRST, 37, 33, 34) + INFO.format(SECOND, 38, 36, 37),
    archive: str | None = None,
    state: str = "readable",
    listed: Any = None,
    **statuses: int,
) -> Any:
    known = wals(*range(0x33, 0x3A)) if archive is None else archive
    backups = recorded("barman/list-backups_pgvoids_v3.19.1.json") if listed is None else listed
    stream = call("version", "3.19.1 Barman by EnterpriseDB (www.enterprisedb.com)\n")
    stream += call("servers", recorded("barman/list-servers_v3.19.1.json"), statuses.get("servers", 0))
    stream += call("backups", backups) + call("paths pgvoids", PATHS) + call("base pgvoids", state)
    stream += call("told pgvoids", infos) + call("wals pgvoids", known, statuses.get("wals", 0))
    return ask("barman", {"barman": Output(stream)})


def statuses(answer: Any) -> dict[str, Any]:
    return {row["point"]: row["status"] for row in rows(answer, "backup.restore_point")}


def test_a_whole_server() -> None:
    answer = told()
    assert statuses(answer) == {SECOND: "ok", FIRST: "ok", "pitr": "ok"}
    first = next(row for row in rows(answer, "backup.restore_point") if row["point"] == FIRST)
    assert first["asset_keys"] == ["barman:pgvoids", "postgres:7710336295316965564"]
    assert (first["data_time"], first["completed_at"]) == ("2026-11-20T19:37:00Z", "2026-11-20T19:37:02Z")
    assert (first["encryption"], first["protected"], first["size"]) == ("plain", False, 251479607)
    [archive] = rows(answer, "backup.log_archive")
    assert (archive["missing"], archive["segment_size"], archive["archived_at"]) == (0, 2**24, "2026-11-20T19:37:37Z")


def test_a_segment_lost_between_backups_is_found_where_check_stays_green() -> None:
    [archive] = rows(told(archive=wals(0x33, 0x34, 0x36, 0x37)), "backup.log_archive")
    assert (archive["missing"], archive["broken_backups"]) == (1, [])


def test_a_backup_that_lacks_its_own_segment_is_failed_or_still_waits() -> None:
    short = wals(*range(0x33, 0x37))
    assert statuses(told(archive=short))[SECOND] == "failed"
    waiting = INFO.format(SECOND, 38, 36, 37).replace("DONE", "WAITING_FOR_WALS")
    assert statuses(told(infos=INFO.format(FIRST, 37, 33, 34) + waiting, archive=short))[SECOND] == "running"


def test_data_that_are_gone_fail_a_backup_that_the_list_still_has() -> None:
    infos = INFO.format(FIRST, 37, 33, 34).replace("data=yes", "data=no") + INFO.format(SECOND, 38, 36, 37)
    assert statuses(told(infos=infos)) == {FIRST: "failed", SECOND: "ok", "pitr": "ok"}
    assert statuses(told(infos=INFO.format(SECOND, 38, 36, 37)))[FIRST] == "failed"


def test_an_incremental_needs_its_parent() -> None:
    child = INFO.format(SECOND, 38, 36, 37) + f"parent_backup_id={FIRST}\nkeep=yes\nencryption=gpg\n"
    broken = INFO.format(FIRST, 37, 33, 34).replace("data=yes", "data=no")
    answer = told(infos=broken + child)
    row = next(row for row in rows(answer, "backup.restore_point") if row["point"] == SECOND)
    assert (row["status"], row["kind"], row["base"]) == ("failed", "incremental", FIRST)
    assert (row["protected"], row["encryption"]) == (True, "encrypted")


def test_what_fails_or_runs_is_told() -> None:
    one = INFO.format(FIRST, 37, 33, 34).replace("DONE", "FAILED")
    two = INFO.format(SECOND, 38, 36, 37).replace("DONE", "STARTED")
    assert statuses(told(infos=one + two)) == {FIRST: "failed", SECOND: "running"}


def test_a_time_without_its_offset_is_not_guessed() -> None:
    naive = INFO.format(FIRST, 37, 33, 34).replace("+00:00", "")
    row = next(row for row in rows(told(infos=naive), "backup.restore_point") if row["point"] == FIRST)
    assert isinstance(row["data_time"], Gap)


def test_the_warning_beside_the_servers_is_no_server() -> None:
    listed = {**json.loads(recorded("barman/list-backups_pgvoids_v3.19.1.json")), "_WARNING": ["something"]}
    assert set(statuses(told(listed=json.dumps(listed)))) == {FIRST, SECOND, "pitr"}


def test_a_directory_that_is_gone_is_not_usable() -> None:
    answer = told(state="missing", infos="", archive="find: '/b/wals': No such file", wals=1)
    assert [row["usable"] for row in rows(answer, "backup.location")] == [False]
    assert set(statuses(answer).values()) == {"failed"}


@pytest.mark.parametrize("fact", ["backup.restore_point", "backup.log_archive"])
def test_what_may_not_be_read_is_unknown(fact: str) -> None:
    denied = gap(told(state="denied", infos="", archive=""), fact)
    assert (denied.kind, denied.needs) == (Outcome.UNKNOWN, "the account barman")
    partly = gap(told(archive=wals(0x33) + "find: '/b/wals/x': Permission denied", wals=1), fact)
    assert partly.kind is Outcome.UNKNOWN
    other = ask("barman", {"barman": Output(call("servers", "ERROR: please run barman as 'barman' user", 1))})
    assert gap(other, fact).kind is Outcome.UNKNOWN


def test_a_missing_tool_or_no_server_is_an_error() -> None:
    none = ask("barman", {"barman": Output(call("servers", "{}") + call("backups", "{}"))})
    for answer in (ask("barman", {"barman": Output(status=127)}), none):
        assert gap(answer, "backup.restore_point").kind is Outcome.ERROR
