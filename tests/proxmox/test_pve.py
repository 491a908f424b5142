"""Proxmox VE against the stand-in: what its answers mean, and what they leave out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.collection.proxmox import pve_server
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from tests.proxmox.api import Memory, ask
from tests.proxmox.pve import MANY, PVE_AUDITOR, READER, RESTORE, PveStandIn
from tests.proxmox.test_pbs import VALUES, WORDS
from tests.support.web import Reply


def every(standin: PveStandIn | None = None) -> dict[str, Evidence]:
    return ask(pve_server, Memory(standin or PveStandIn()))


def by(evidence: Evidence, name: str) -> dict[Any, Any]:
    return {row[name]: row for row in evidence.rows}


def test_every_row_fits_its_declaration() -> None:
    for name, evidence in every().items():
        assert evidence.gap is None, (name, evidence.gap)
        for row in evidence.rows:
            assert set(row) == {field.name for field in builtin()[name].fields}, name


def test_the_server() -> None:
    [row] = every()["backup.server"].rows
    assert (row["name"], row["blind"]) == ("Proxmox VE 8.2.4", [])


def test_guests() -> None:
    found = by(every()["backup.object"], "object")
    assert found["qemu/101"]["asset_keys"] == ["pve:lab/101", "pve:101", "pbs:store1/lab/vm/101"]
    assert found["qemu/101"]["left_out"] == ["scsi1"]
    assert found["qemu/101"]["created_at"] == "2023-11-14T22:13:20Z"
    assert found["qemu/101"]["labels"] == {"node": "pve1", "tags": "prod", "agent": "enabled"}
    assert (found["qemu/102"]["left_out"], found["qemu/102"]["running"]) == ([], False)
    assert found["qemu/900"]["template"] is True
    assert (found["lxc/201"]["left_out"], found["lxc/201"]["created_at"]) == (["mp0"], ABSENT)


def test_jobs() -> None:
    found = by(every()["backup.job"], "job")
    assert (found["backup/backup-a"]["enabled"], found["backup/backup-a"]["next_run"]) == (False, ABSENT)
    assert found["backup/backup-a"]["keep_weekly"] == 4
    assert found["backup/backup-b"]["enabled"] is True
    assert found["backup/backup-b"]["asset_keys"] == ["pve:lab/101", "pve:101", "pve:lab/102", "pve:102"]
    assert (found["backup/backup-b"]["mode"], found["backup/backup-b"]["keep_daily"]) == ("suspend", 7)
    assert (found["backup/backup-a"]["notifies"], found["backup/backup-b"]["notifies"]) == (True, True)
    assert isinstance(found["backup/backup-b"]["last_run"], Gap)
    assert (found["replicate/101-0"]["last_status"], found["replicate/101-0"]["interval"]) == ("failed", 900)
    assert (found["replicate/102-0"]["enabled"], found["replicate/102-0"]["last_status"]) == (False, "ok")


def test_what_is_not_backed_up_is_never_asked() -> None:
    api = Memory(PveStandIn())
    ask(pve_server, api)
    assert not [path for path in api.asked if "not-backed-up" in path]


def test_runs() -> None:
    found = by(every()["backup.run"], "run")
    assert (found[MANY]["status"], found[MANY]["asset_keys"]) == ("failed", [])
    assert found[f"{MANY}#101"]["status"] == "ok"
    assert (found[f"{MANY}#102"]["status"], found[f"{MANY}#102"]["message"]) == ("failed", "no space left on device")
    assert [row["status"] for row in found.values() if row["asset_keys"] == ["pve:lab/201", "pve:201"]] == ["warning"]
    assert found[RESTORE]["kind"] == "restore"


def test_drills() -> None:
    [row] = every()["recovery.drill"].rows
    assert row["asset_keys"] == ["pve:lab/101", "pve:101", "pbs:store1/lab/vm/101"]
    assert (row["point"], row["data_time"]) == ("vm/101/2026-10-30T02:00:00Z", "2026-10-30T02:00:00Z")
    assert (row["to_source"], row["passed"], row["target"]) == ("no", [], "pve1/9101")


def test_a_restore_whose_log_is_gone() -> None:
    standin = PveStandIn()
    del standin.lists[f"nodes/pve1/tasks/{RESTORE}/log"]
    [row] = every(standin)["recovery.drill"].rows
    assert isinstance(row["asset_keys"], Gap)


def test_restore_points() -> None:
    found = by(every()["backup.restore_point"], "object")
    assert found["vm/101"]["data_time"] == "2026-11-20T02:00:03Z"
    assert found["vm/101"]["completed_at"] == "2026-11-20T02:02:08Z", "as long as its log says that it took"
    assert (found["ct/201"]["status"], found["ct/201"]["protected"]) == ("failed", True)
    assert found["vm/101"]["location"] == "nas"


def test_an_auditor_sees_no_backup_files_and_is_told_so() -> None:
    found = every(PveStandIn(privileges=PVE_AUDITOR))
    points = found["backup.restore_point"]
    assert points.rows == ()
    assert points.gap is not None
    assert points.gap.kind is Outcome.UNKNOWN
    assert "Datastore.AllocateSpace" in (points.gap.needs or "")
    assert found["backup.server"].rows[0]["blind"] == ["Datastore.AllocateSpace on /storage", "VM.Backup on /vms"]
    for name in ("backup.object", "backup.job", "backup.run", "backup.location", "backup.access", "recovery.drill"):
        assert found[name].gap is None, name


def test_an_auditor_of_a_cluster_that_writes_to_backup_servers_alone_is_not_blind() -> None:
    standin = PveStandIn(privileges=PVE_AUDITOR)
    standin.lists["nodes/pve1/storage"] = standin.lists["nodes/pve1/storage"][1:]
    found = every(standin)
    assert found["backup.server"].rows[0]["blind"] == []
    assert (found["backup.restore_point"].rows, found["backup.restore_point"].gap) == ((), None)


@pytest.mark.parametrize(
    ("fact", "privileges"),
    [
        ("backup.object", {**READER, "/vms": {}}),
        ("backup.job", {**READER, "/": {}}),
        ("backup.run", {**READER, "/": {}, "/nodes": {}}),
        ("recovery.drill", {**READER, "/": {}, "/nodes": {}}),
        ("backup.location", {**READER, "/storage": {}}),
        ("backup.usage", {**READER, "/storage": {}}),
        ("backup.access", {**READER, "/access": {}}),
        ("backup.object", {}),
    ],
)
def test_denied(fact: str, privileges: dict[str, dict[str, bool]]) -> None:
    found = every(PveStandIn(privileges=privileges))
    gap = found[fact].gap
    assert gap is not None
    assert gap.kind is Outcome.UNKNOWN, gap
    assert found["backup.server"].rows[0]["blind"] != []


def test_a_guest_taken_away_below_is_noticed() -> None:
    standin = PveStandIn(privileges={**READER, "/vms/102": {}})
    standin.lists["access/acl"].append({"path": "/vms/102", "type": "user", "ugid": "x@pve", "roleid": "NoAccess"})
    gap = every(standin)["backup.object"].gap
    assert gap is not None
    assert "VM.Audit on /vms/102" in gap.reason


def test_a_node_that_is_down_makes_listings_incomplete() -> None:
    standin = PveStandIn()
    standin.lists["cluster/status"].append({"type": "node", "name": "pve2", "online": 0})
    found = every(standin)
    for name in ("backup.run", "backup.location", "recovery.drill", "backup.job"):
        gap = found[name].gap
        assert gap is not None
        assert "pve2 is not online" in gap.reason


def test_access() -> None:
    found = by(every()["backup.access"], "account")
    assert (found["ops@pve"]["administrator"], found["ops@pve"]["second_factor"]) == (True, False)
    assert (found["root@pam"]["administrator"], found["root@pam"]["second_factor"]) == (True, True)
    assert found["root@pam!old"]["administrator"] is True, "not bounded by grants of its own"
    assert (found["audit@pve!scan"]["may_delete"], found["audit@pve!scan"]["administrator"]) == (False, False)
    assert found["@admins"]["kind"] == "group"
    assert found["gone@pve"]["enabled"] is False


def test_places_and_usage() -> None:
    found = every()
    places = by(found["backup.location"], "location")
    assert (places["nas"]["used"], places["pbs01"]["transport"]) == (400, "tls")
    assert "pve1/local" not in places
    assert [row["used"] for row in found["backup.usage"].rows if row["location"] == "nas"] == [300, 400]


def test_everything_fails() -> None:
    for status in (500, 403, 404):
        found = ask(pve_server, Memory(lambda asked, status=status: Reply.json(None, status)))
        for name, evidence in found.items():
            cell = evidence.rows[0]["blind"] if name == "backup.server" else evidence.gap
            assert isinstance(cell, Gap), name


def test_the_plan_names_every_request() -> None:
    api = Memory(PveStandIn())
    ask(pve_server, api)
    told = pve_server.describe([Query.of(fact) for fact in pve_server.FACTS]).text.decode()
    ends = {line.partition("?")[0].rpartition("/")[2] for line in told.splitlines()}
    missing = {
        path for path in api.asked if path.partition("?")[0].rpartition("/")[2] not in {*ends, "sendmail", "101"}
    }
    assert missing == set()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.dictionaries(WORDS, VALUES, max_size=8), max_size=3), VALUES, st.integers(0, 40))
def test_no_answer_breaks_the_collector(listed: list[Any], odd: Any, which: int) -> None:
    count = [0]

    def answer(asked: Any) -> Reply:
        count[0] += 1
        return Reply.json({"data": odd if count[0] == which else listed})

    ask(pve_server, Memory(answer))


PATHS = sorted(PveStandIn().lists)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.dictionaries(WORDS, VALUES, max_size=8), st.sampled_from(PATHS))
def test_one_odd_row_among_good_ones(row: dict[str, Any], path: str) -> None:
    standin = PveStandIn()

    def answer(asked: Any) -> Reply:
        reply = standin(asked)
        if asked.path != f"/api2/json/{path}":
            return reply
        found = standin.lists[path]
        return Reply.json({"data": [*found, row] if isinstance(found, list) else {**found, **row}})

    ask(pve_server, Memory(answer))
