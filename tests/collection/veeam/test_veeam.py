"""Veeam over REST and by its export: the documented shapes, pages, refusals, and what neither tells."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from scanner.collection.veeam import rest
from scanner.collection.veeam.schedule import interval, schedule_text
from scanner.collection.veeam.server import FACTS, collect, describe
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport.api import Response
from scanner.transport.folder import open_folder
from scanner.transport.shell import Limits
from tests.collection.parity import check
from tests.support.apis import DENIED, TableApi
from tests.support.arbitrary_json import seeds, spoilt

RECORDED = Path(__file__).resolve().parents[2] / "recordings/backup/veeam"
QUERIES = [Query.of(fact) for fact in FACTS]
NOW = "2026-11-20T12:00:00Z"
JOB, BACKUP, REPO = (f"{each}" * 8 + "-4444-4444-8444-444444444444" for each in "437")
DAILY = {"runAutomatically": True, "daily": {"isEnabled": True, "localTime": "22:00", "dailyKind": "Everyday"}}


def listed(*items: Any, total: int | None = None) -> dict[str, Any]:
    count = len(items)
    return {"data": list(items), "pagination": {"total": count if total is None else total, "count": count}}


def answers() -> dict[str, Any]:
    states = json.loads((RECORDED / "veeam_jobs_states.json").read_text())
    points = json.loads((RECORDED / "veeam_objectRestorePoints.json").read_text())
    job = states["data"][0]["id"]
    points["data"][0]["backupId"] = BACKUP
    encryption = {"storageData": {"encryption": {"isEnabled": True}}}
    model = {
        "id": job,
        "name": "win-daily",
        "type": "Backup",
        "isDisabled": False,
        "virtualMachines": {"includes": [{"type": "VirtualMachine", "name": "WIN-DC01", "hostName": "vc"}]},
        "storage": {
            "backupRepositoryId": REPO,
            "retentionPolicy": {"type": "Days", "quantity": 30},
            "gfsPolicy": {"isEnabled": True, "weekly": {"isEnabled": True, "keepForNumberOfWeeks": 4}},
            "advancedSettings": {**encryption, "backupHealth": {"isEnabled": True, "monthly": {"isEnabled": True}}},
        },
        "guestProcessing": {"appAwareProcessing": {"isEnabled": True}},
        "schedule": DAILY,
    }
    session = {
        "id": "s1",
        "name": "win-daily",
        "sessionType": "BackupJob",
        "resourceId": job,
        "creationTime": "2026-11-19T23:00:00+01:00",
        "endTime": "2026-11-19T23:20:00+01:00",
        "state": "Stopped",
        "result": {"result": "Warning", "message": "low space", "isCanceled": False},
    }
    repository = {"id": REPO, "name": "repo1", "type": "LinuxHardened"}
    found = {
        "serverInfo": {"buildVersion": "12.0.0.1420"},
        "serverTime": {"serverTime": "2026-11-20T13:00:01.1234567+01:00"},
        "jobs": listed(model),
        "jobs/states": states,
        "sessions": listed(session),
        "objectRestorePoints": points,
        "backups": listed({"id": BACKUP, "jobId": job, "name": "win-daily", "repositoryId": REPO}),
        "backupObjects": listed({"name": "WIN-DC01", "restorePointsCount": 1}),
        "backupInfrastructure/repositories": listed(repository),
        "backupInfrastructure/repositories/states": listed({**repository, "capacityGB": 100.0, "freeGB": 40.5}),
        "configBackup": {
            "isEnabled": True,
            "encryption": {"isEnabled": True},
            "lastSuccessfulBackup": {"lastSuccessfulTime": "2026-11-20T10:00:00+01:00"},
        },
        "encryptionPasswords": listed({"hint": "the usual", "id": "p1"}),
    }
    return {f"/api/v1/{path}": answer for path, answer in found.items()}


def shared(answer: Any) -> dict[str, Evidence]:
    for each in answer.evidence:
        check(each)
    return {each.query.fact: each for each in answer.evidence}


def asked(table: dict[str, Any]) -> dict[str, Evidence]:
    return shared(collect(QUERIES, TableApi(table), Limits(), NOW))


def test_everything_is_told() -> None:
    answer = collect(QUERIES, TableApi(answers()), Limits(), NOW)
    found = shared(answer)
    assert [each.gap for each in found.values()] == [None] * len(FACTS)
    assert (answer.now, answer.clock_offset) == ("2026-11-20T12:00:01Z", 1.0)
    assert answer.notes == ("Veeam keeps 1 encryption passwords",), "hints stay where they are"
    assert found["backup.server"].rows[0]["version"] == "12.0.0.1420"
    (point,) = found["backup.restore_point"].rows
    assert (point["asset_keys"], point["location"], point["status"]) == (["veeam:WIN-DC01"], "repo1", "warning")
    assert (point["data_time"], point["completed_at"]) == ("2026-11-19T22:00:11Z", "2026-11-19T22:20:00Z")
    for name in ("verified_at", "encryption", "kind", "immutable_until"):
        assert isinstance(point[name], Gap), f"the listing does not tell {name}"
    job, configuration = found["backup.job"].rows
    assert (job["enabled"], job["interval"], job["encrypted"], job["keep_weekly"]) == (True, 86400, True, 4)
    assert (job["keep_for"], job["keep_last"], job["recheck_after"]) == (30 * 86400, ABSENT, 31 * 86400)
    assert (job["last_status"], job["mode"]) == ("warning", "application-consistent")
    assert (configuration["mode"], configuration["encrypted"]) == ("configuration", True)
    assert configuration["last_run"] == "2026-11-20T09:00:00Z"
    (place,) = found["backup.location"].rows
    assert (place["immutable"], place["total"], place["used"]) == (True, 100 * 2**30, int(59.5 * 2**30))


@pytest.mark.parametrize("path", [each for each in rest.PATHS if "serverInfo" not in each and "serverTime" not in each])
def test_each_refusal_is_unknown_and_names_itself(path: str) -> None:
    found = asked({**answers(), path: DENIED})
    assert found["backup.server"].rows[0]["blind"] == [f"GET {path}"]
    gaps = [each.gap for each in found.values() if each.gap]
    if "encryptionPasswords" not in path and "backupObjects" not in path:
        assert {gap.kind for gap in gaps} == {Outcome.UNKNOWN}
        assert all("Veeam" in (gap.needs or "") for gap in gaps)


def test_a_list_that_ends_before_its_total_is_not_whole() -> None:
    one = answers()["/api/v1/objectRestorePoints"]["data"][0]

    def page(query: dict[str, str]) -> Any:
        return listed(*([one] if query["skip"] == "0" else []), total=3)

    gap = asked({**answers(), "/api/v1/objectRestorePoints": page})["backup.restore_point"].gap
    assert gap is not None
    assert "1 of 3" in gap.reason


def test_pages_are_followed() -> None:
    one = answers()["/api/v1/sessions"]["data"][0]

    def page(query: dict[str, str]) -> Any:
        skip = int(query["skip"])
        return listed(*({**one, "id": f"s{each}"} for each in range(skip, min(skip + 200, 450))), total=450)

    found = asked({**answers(), "/api/v1/sessions": page})["backup.run"]
    assert (found.gap, len(found.rows)) == (None, 450)


def test_fewer_points_than_the_objects_have_are_hidden_ones() -> None:
    more = listed({"name": "WIN-DC01", "restorePointsCount": 9})
    gap = asked({**answers(), "/api/v1/backupObjects": more})["backup.restore_point"].gap
    assert gap is not None
    assert gap.kind is Outcome.UNKNOWN


def test_jobs_that_this_api_does_not_show_are_named() -> None:
    backups = listed(*answers()["/api/v1/backups"]["data"], {"id": "b9", "jobId": "agents", "name": "laptops"})
    gap = asked({**answers(), "/api/v1/backups": backups})["backup.job"].gap
    assert gap is not None
    assert "laptops" in gap.reason


@pytest.mark.parametrize(
    ("session", "status"),
    [
        ({"result": {"result": "Success"}}, "ok"),
        ({"result": {"result": "Failed"}}, "gap"),
        ({"result": {"result": "None"}, "state": "Working", "endTime": None}, "running"),
        ({"result": {"result": "Success", "isCanceled": True}}, "gap"),
        ({"resourceId": "another"}, "gap"),
        ({"creationTime": "2026-11-20T01:00:00Z"}, "gap"),
        ({"endTime": "2026-11-19T23:20:00"}, "gap"),
    ],
)
def test_a_point_is_complete_when_the_session_that_made_it_ended_well(session: dict[str, Any], status: str) -> None:
    table = answers()
    table["/api/v1/sessions"]["data"][0].update(session)
    (point,) = asked(table)["backup.restore_point"].rows
    assert point["status"] == status if status != "gap" else isinstance(point["status"], Gap)


def test_an_answer_that_is_no_list_is_an_error() -> None:
    gap = asked({**answers(), "/api/v1/jobs": Response(200, "hello")})["backup.job"].gap
    assert gap is not None
    assert gap.kind is Outcome.ERROR


@given(seeds)
def test_spoilt_answers_never_stop_the_visit(seed: int) -> None:
    table = spoilt(answers(), seed)
    for each in shared(collect(QUERIES, TableApi(table if isinstance(table, dict) else {}), Limits(), NOW)).values():
        assert "stumbled" not in str(each.gap)


def test_jobs_of_which_only_the_state_is_told_are_not_taken_for_unencrypted() -> None:
    found = asked({**answers(), "/api/v1/jobs": DENIED})["backup.job"]
    job = found.rows[0]
    assert (job["job"], job["last_status"]) == ("win-daily", "warning")
    assert all(isinstance(job[name], Gap) for name in ("enabled", "encrypted", "recheck_after", "asset_keys"))


def test_a_health_check_that_is_off_is_known_to_be_off() -> None:
    table = answers()
    table["/api/v1/jobs"]["data"][0]["storage"]["advancedSettings"]["backupHealth"] = {"isEnabled": False}
    assert asked(table)["backup.job"].rows[0]["recheck_after"] is ABSENT


def test_schedules() -> None:
    selected = {
        "runAutomatically": True,
        "daily": {"isEnabled": True, "dailyKind": "SelectedDays", "days": ["monday", "Friday"]},
    }
    hourly = {"isEnabled": True, "periodicallyKind": "Hours", "frequency": 4}
    closed = {**hourly, "backupWindow": {"days": [{"day": "sunday", "hours": "1,0"}]}}
    assert [interval(each) for each in (DAILY, selected)] == [86400, 4 * 86400]
    assert interval({"runAutomatically": True, "periodically": hourly}) == 4 * 3600
    assert interval({"runAutomatically": True, "periodically": closed}) is None
    assert interval({**DAILY, "runAutomatically": False}) is None
    assert schedule_text(DAILY) == "daily 22:00 everyday"
    assert schedule_text({**DAILY, "runAutomatically": False}) is None
    assert b"GET /api/v1/jobs\n" in describe(QUERIES).text


def exported(**changes: Any) -> dict[str, Any]:
    return {
        "schema": "veeam-export/1",
        "collected_at": "2026-11-20T06:00:00.0000000Z",
        "complete": True,
        "errors": [],
        "server": {"name": "vbr01", "version": "12.1.0.2131"},
        "jobs": [
            {
                "id": "j",
                "name": "win-daily",
                "type": "Backup",
                "enabled": True,
                "objects": ["WIN-DC01"],
                "encrypted": True,
            }
        ],
        "sessions": [
            {"id": "s", "job": "win-daily", "job_id": "j", "type": "Backup", "result": "Success", "state": "Stopped"}
        ],
        "restore_points": [
            {
                "id": "p",
                "object": "WIN-DC01",
                "repository": "repo1",
                "type": "Increment",
                "created_at": "2026-11-20T00:00:00+01:00",
                "completed_at": "2026-11-20T00:20:00+01:00",
                "corrupted": False,
                "consistent": True,
                "size": 4096,
            }
        ],
        "repositories": [{"name": "repo1", "type": "WinLocal", "total": 100, "free": 10, "online": True}],
        "configuration_backup": {"enabled": True, "encrypted": False, "last_success": "2026-11-20T01:00:00Z"},
        **changes,
    }


def dropped(folder: Path, *documents: Any, **settings: str) -> dict[str, Evidence]:
    for number, document in enumerate(documents):
        file = folder / f"veeam-{number}.json"
        file.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        os.utime(file, (1_795_200_000, 1_795_200_000))  # 2026-11-20T18:40:00Z
    options = tuple(sorted({"folder": str(folder), **settings}.items()))
    return shared(
        collect(QUERIES, open_folder(Endpoint("files", options=options), lambda _: "", Limits()), Limits(), NOW)
    )


def test_an_export_tells_the_same_and_more(tmp_path: Path) -> None:
    found = dropped(tmp_path, exported())
    assert [each.gap for each in found.values()] == [None] * len(FACTS)
    (point,) = found["backup.restore_point"].rows
    assert (point["status"], point["kind"], point["size"]) == ("ok", "incremental", 4096)
    assert point["completed_at"] == "2026-11-19T23:20:00Z"
    server = found["backup.server"].rows[0]
    assert (server["source"], server["collected_at"]) == ("file", "2026-11-20T06:00:00Z")


def test_windows_writes_utf16_with_a_mark(tmp_path: Path) -> None:
    found = dropped(tmp_path, json.dumps(exported()).encode("utf-16"))
    assert found["backup.job"].gap is None


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"collected_at": "2026-11-18T06:00:00Z"}, Outcome.UNKNOWN),
        ({"collected_at": "2026-11-20T20:40:00Z"}, Outcome.UNKNOWN),
        ({"collected_at": "2026-11-20T06:00:00"}, Outcome.ERROR),
        ({"collected_at": None}, Outcome.ERROR),
        ({"schema": "veeam-export/2"}, Outcome.ERROR),
        ({"complete": False}, Outcome.ERROR),
        ({"complete": "yes"}, Outcome.ERROR),
        ({"errors": ["Get-VBRRestorePoint: timed out"]}, Outcome.ERROR),
        ({"restore_points": None}, Outcome.ERROR),
        ({"restore_points": ["x"]}, Outcome.ERROR),
    ],
    ids=str,
)
def test_an_export_that_is_old_or_not_whole_is_not_believed(
    tmp_path: Path, changes: dict[str, Any], kind: Outcome
) -> None:
    gap = dropped(tmp_path, exported(**changes))["backup.restore_point"].gap
    assert gap is not None
    assert gap.kind is kind


def test_what_an_export_leaves_out_is_unknown(tmp_path: Path) -> None:
    document = exported()
    del document["repositories"], document["configuration_backup"]
    found = dropped(tmp_path, document)
    for fact in ("backup.location", "backup.job"):
        gap = found[fact].gap
        assert gap is not None
        assert gap.kind is Outcome.UNKNOWN


def test_a_broken_export_is_not_passed_over_for_an_older_one(tmp_path: Path) -> None:
    gap = dropped(tmp_path, exported(), b'{"schema": "veeam-')["backup.restore_point"].gap
    assert gap is not None
    assert gap.kind is Outcome.ERROR


def test_exports_of_two_servers_do_not_mix(tmp_path: Path) -> None:
    other = exported(server={"name": "vbr02", "version": "12"})
    assert dropped(tmp_path, exported(), other)["backup.job"].gap is not None


def test_an_empty_folder_proves_nothing(tmp_path: Path) -> None:
    found = dropped(tmp_path)
    assert all(each.gap is not None for each in found.values())


@given(seeds)
def test_spoilt_exports_never_stop_the_visit(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("veeam")
    data = json.dumps(spoilt(exported(), seed)).encode()
    for each in dropped(folder, data).values():
        assert "stumbled" not in str(each.gap)
