"""Proxmox Backup Server against the stand-in: what its answers mean, and what they leave out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.collection.proxmox import pbs_server, pve_server
from scanner.facts.table import builtin
from scanner.model.errors import HostKeyError, UnreachableError
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport.https import open_https
from scanner.transport.shell import Limits
from tests.databases.certificates import Authority
from tests.proxmox.api import Memory, ask
from tests.proxmox.pbs import AUDIT, AUDITOR, BACKUP_ONLY, EARLY, ME, PbsStandIn, task
from tests.support.web import Reply, site


def every(standin: PbsStandIn, **options: str) -> dict[str, Evidence]:
    return ask(pbs_server, Memory(standin, options))


def points(found: dict[str, Evidence]) -> dict[str, Any]:
    return {str(row["point"]): row for row in found["backup.restore_point"].rows}


def jobs(found: dict[str, Evidence]) -> dict[str, Any]:
    return {str(row["job"]): row for row in found["backup.job"].rows}


def test_every_row_fits_its_declaration() -> None:
    for name, evidence in every(PbsStandIn()).items():
        spec = builtin()[name]
        assert evidence.gap is None or name in ("backup.usage",), evidence.gap
        for row in evidence.rows:
            assert set(row) == {field.name for field in spec.fields}, name


def test_the_server() -> None:
    [row] = every(PbsStandIn())["backup.server"].rows
    assert row["name"] == "Proxmox Backup Server 3.2.4"
    assert row["blind"] == []


def test_restore_points() -> None:
    found = points(every(PbsStandIn()))
    whole = found["vm/101/2026-11-19T02:00:00Z"]
    assert (whole["status"], whole["encryption"], whole["verification"]) == ("ok", "encrypted", "ok")
    assert whole["asset_keys"] == ["pbs:store1/vm/101"]
    assert whole["completed_at"] == "2026-11-19T02:30:00Z"
    assert (whole["verified_by"], whole["protected"]) == ("pbs01", False)
    assert str(whole["verified_at"]).startswith("2026-11-")
    running = found["vm/101/2026-11-20T02:00:00Z"]
    assert (running["status"], running["completed_at"]) == ("running", ABSENT)
    mixed = found["ct/201/2026-11-20T01:00:00Z"]
    assert mixed["encryption"] == "plain", "one archive is not encrypted"
    old = found["vm/102/2026-10-11T02:00:00Z"]
    assert (old["verification"], old["protected"]) == ("failed", True)
    assert isinstance(old["completed_at"], Gap), "no task of it is listed, and no later point"


def test_an_unreadable_manifest_is_no_restore_point() -> None:
    standin = PbsStandIn()
    standin.tasks = [each for each in standin.tasks if "endtime" in each]
    broken = points(every(standin))["vm/101/2026-11-20T02:00:00Z"]
    assert (broken["status"], broken["verification"]) == ("failed", "none")
    assert isinstance(broken["encryption"], Gap)


def test_a_point_without_a_task_was_complete_before_the_next_one_began() -> None:
    standin = PbsStandIn()
    listed = standin.snapshots["store1", ""]
    listed.append({**listed[0], "backup-time": EARLY - 86400})
    found = points(every(standin))
    assert found["vm/101/2026-11-18T02:00:00Z"]["completed_at"] == "2026-11-19T02:00:00Z"


def test_a_copy_was_complete_when_its_sync_ended() -> None:
    standin = PbsStandIn()
    listed = standin.snapshots["store1", ""]
    standin.snapshots["store1", ""] = [{**listed[0], "backup-id": "300"}]
    standin.tasks += [
        task("syncjob", "-:store9:store1::s-1", EARLY + 3000, EARLY + 3600, "connection error"),
        task("syncjob", "-:store9:store1::s-1", EARLY + 7000, EARLY + 7300),
    ]
    [row] = points(every(standin)).values()
    assert row["completed_at"] == "2026-11-19T04:01:40Z"


def test_what_was_verified_elsewhere_was_not_verified_here() -> None:
    standin = PbsStandIn()
    standin.snapshots["store1", ""][0]["verification"] = {
        "upid": "UPID:other:000003E8:000A1B2C:00000001:6AFE7120:verify:store1:root@pam:",
        "state": "ok",
    }
    found = points(every(standin))["vm/101/2026-11-19T02:00:00Z"]
    assert (found["verification"], found["verified_at"], found["verified_by"]) == ("none", ABSENT, "other")


def test_namespaces_are_looked_into() -> None:
    standin = PbsStandIn()
    standin.snapshots["store1", "lab"] = [{**standin.snapshots["store1", ""][0], "backup-id": "7"}]
    found = [row for row in points(every(standin)).values() if row["location"] == "store1/lab"]
    assert [row["asset_keys"] for row in found] == [["pbs:store1/lab/vm/7"]]


def test_groups_left_out_are_noticed_by_the_count() -> None:
    gap = every(PbsStandIn(counts=9))["backup.restore_point"].gap
    assert gap is not None
    assert "counts 9 snapshots, and lists 4" in gap.reason


@pytest.mark.parametrize(
    ("fact", "privileges"),
    [
        ("backup.restore_point", {**AUDITOR, **BACKUP_ONLY}),
        ("backup.location", {**AUDITOR, "/datastore": {}}),
        ("backup.usage", {**AUDITOR, "/datastore": {"Datastore.Backup": True}}),
        ("backup.job", {"/": AUDIT, "/access": AUDIT, "/datastore": AUDIT, "/system": AUDIT, "/remote": AUDIT}),
        ("backup.run", {**AUDITOR, "/system": {}}),
        ("backup.access", {**AUDITOR, "/access": {}}),
        ("backup.restore_point", {**AUDITOR, "/datastore": {"Datastore.Audit": False}}),
        ("backup.restore_point", BACKUP_ONLY),
        ("backup.run", {}),
        ("backup.access", {}),
    ],
)
def test_denied(fact: str, privileges: dict[str, dict[str, bool]]) -> None:
    found = every(PbsStandIn(privileges=privileges))
    gap = found[fact].gap
    assert gap is not None
    assert gap.kind is Outcome.UNKNOWN, gap
    assert "role" in (gap.needs or "")
    assert found["backup.server"].rows[0]["blind"] != []


def test_a_token_for_backups_sees_its_own_groups_alone() -> None:
    standin = PbsStandIn(privileges=BACKUP_ONLY)
    standin.snapshots["store1", ""][0]["owner"] = ME
    found = every(standin)["backup.restore_point"]
    assert len(found.rows) == 1
    assert found.gap is not None


def test_a_datastore_taken_away_below_is_noticed() -> None:
    standin = PbsStandIn()
    standin.grants.append({"path": "/datastore/secret", "ugid_type": "user", "ugid": ME, "roleid": "NoAccess"})
    found = every(standin)
    assert found["backup.server"].rows[0]["blind"] == ["Datastore.Audit on /datastore/secret"]
    gap = found["backup.restore_point"].gap
    assert gap is not None
    assert gap.kind is Outcome.UNKNOWN


def test_datastores_that_the_inventory_names() -> None:
    privileges = {**AUDITOR, "/datastore": {}, "/datastore/store1": AUDIT}
    assert every(PbsStandIn(privileges=privileges), datastores="store1")["backup.restore_point"].gap is None
    gap = every(PbsStandIn(), datastores="store1,store7")["backup.restore_point"].gap
    assert gap is not None
    assert "no datastore 'store7'" in gap.reason


def test_jobs() -> None:
    found = jobs(every(PbsStandIn()))
    assert found["verify/v-never"]["recheck_after"] is ABSENT
    assert found["verify/v-never"]["interval"] == 7 * 86400
    assert (found["verify/v-30"]["recheck_after"], found["verify/v-30"]["last_status"]) == (30 * 86400, "warning")
    assert found["sync/s-off"]["remove_vanished"] is True
    assert (found["sync/s-off"]["remote"], found["sync/s-off"]["direction"]) == ("offsite:store9", "pull")
    assert found["sync/s-run"]["last_status"] == "running"
    assert found["sync/s-err"]["last_status"] == "failed"
    assert (found["prune/p-1"]["keep_weekly"], found["prune/p-1"]["keep_daily"]) == (4, ABSENT)
    assert found["prune/p-1"]["last_run"] is ABSENT
    assert isinstance(found["collect/store1"]["last_run"], Gap)
    assert found["prune/p-1"]["notifies"] is True


def test_a_verify_job_that_looks_at_everything_again() -> None:
    standin = PbsStandIn()
    standin.lists["admin/verify"] = [{"id": "v", "store": "store1", "schedule": "monthly", "ignore-verified": False}]
    assert jobs(every(standin))["verify/v"]["recheck_after"] == 0


def test_disabled_and_odd_jobs() -> None:
    standin = PbsStandIn()
    standin.lists["admin/prune"] = [
        {"id": "off", "store": "store1", "schedule": "daily", "disable": True, "next-run": 1795220000},
        {"id": "odd", "store": "store1", "schedule": "whenever"},
        {"id": "by-hand", "store": "store1"},
    ]
    found = jobs(every(standin))
    assert (found["prune/off"]["enabled"], found["prune/off"]["next_run"]) == (False, ABSENT)
    assert isinstance(found["prune/odd"]["interval"], Gap)
    assert (found["prune/by-hand"]["enabled"], found["prune/by-hand"]["interval"]) == (False, ABSENT)


def test_version_4_pushes_and_knows_more() -> None:
    standin = PbsStandIn(version={"version": "4.0", "release": "11"})
    standin.lists["admin/sync"][0] |= {"sync-direction": "push", "encrypted-only": True, "resync-corrupt": True}
    found = jobs(every(standin))
    assert found["sync/s-off"]["direction"] == "push"
    assert found["sync/s-off"]["notifies"] is True


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"config/datastore": [{"name": "store1", "notify": "gc=never,verify=never,sync=never,prune=never"}]}, False),
        ({"config/datastore": [{"name": "store1", "notification-mode": "notification-system"}]}, True),
        (
            {
                "config/datastore": [{"name": "store1", "notification-mode": "notification-system"}],
                "config/notifications/matchers": [{"name": "m", "target": ["mail-to-root"], "disable": True}],
            },
            False,
        ),
        (
            {
                "config/datastore": [{"name": "store1", "notification-mode": "notification-system"}],
                "config/notifications/matchers": [{"name": "m", "target": ["x"], "match-severity": ["info"]}],
            },
            False,
        ),
        (
            {
                "config/datastore": [{"name": "store1", "notification-mode": "notification-system"}],
                "config/notifications/matchers": [
                    {"name": "m", "target": ["mail-to-root"], "match-field": ["exact:type=sync,verify"]}
                ],
            },
            True,
        ),
    ],
)
def test_notifications(change: dict[str, Any], told: bool) -> None:
    standin = PbsStandIn()
    standin.lists |= change
    assert jobs(every(standin))["verify/v-30"]["notifies"] is told


def test_a_mail_without_an_address_reaches_nobody() -> None:
    standin = PbsStandIn(users=[{"userid": "root@pam"}])
    assert jobs(every(standin))["verify/v-30"]["notifies"] is False


def test_runs() -> None:
    found = {str(row["job"]): row for row in every(PbsStandIn())["backup.run"].rows if row["job"] is not ABSENT}
    assert found["verify/v-30"]["status"] == "warning"
    assert found["collect/store1"]["status"] == "cancelled"
    backups = [row for row in every(PbsStandIn())["backup.run"].rows if row["kind"] == "backup"]
    assert [row["status"] for row in backups] == ["ok", "running", "ok", "failed"]
    assert backups[3]["message"] == "backup finished: no space left on device"
    [restore] = [row for row in every(PbsStandIn())["backup.run"].rows if row["kind"] == "restore"]
    assert (restore["asset_keys"], restore["user"]) == (["pbs:store1/vm/101"], "restore@pbs")


def test_places_and_usage() -> None:
    standin = PbsStandIn(stores=[{"store": "store1"}, {"store": "offline", "maintenance": "offline,message=disk"}])
    found = every(standin)
    places = {row["location"]: row for row in found["backup.location"].rows}
    assert (places["store1"]["usable"], places["store1"]["total"]) == (True, 4398046511104)
    assert (places["offline"]["usable"], places["offline"]["message"]) == (False, "in maintenance: offline (disk)")
    usage = [row for row in found["backup.usage"].rows if row["location"] == "store1"]
    assert len(usage) == 8
    assert usage[0]["used"] == round(0.6 * 4398046511104)
    gap = found["backup.restore_point"].gap
    assert gap is not None
    assert "offline" in gap.reason


def test_access() -> None:
    found = {str(row["account"]): row for row in every(PbsStandIn())["backup.access"].rows}
    assert (found["root@pam"]["administrator"], found["root@pam"]["second_factor"]) == (True, True)
    assert (found["boss@pbs"]["administrator"], found["boss@pbs"]["second_factor"]) == (True, False)
    assert (found["backup@pbs"]["may_delete"], found["backup@pbs!pve"]["may_delete"]) == (True, False)
    assert found[ME]["expires_at"] == "2027-01-15T08:00:00Z"
    assert found["backup@pbs!pve"]["expires_at"] is ABSENT
    assert found["gone@pbs"]["enabled"] is False
    assert isinstance(found["anna@sso"]["second_factor"], Gap)


def test_out_of_reach() -> None:
    for problem, out in ((UnreachableError("no way"), True), (HostKeyError("another certificate"), False)):
        api = Memory(PbsStandIn())
        api.broken = problem
        answer = pbs_server.collect([Query.of("backup.run")], api, Limits())
        assert answer.unreachable is out
        assert answer.gap is not None
        assert answer.evidence[0].gap == answer.gap


def test_not_let_in() -> None:
    api = Memory(lambda asked: Reply.json(None, 401, "authentication failed"))
    answer = pbs_server.collect([Query.of("backup.run")], api, Limits())
    assert (answer.started, answer.unreachable) == (False, False)
    assert answer.gap is not None
    assert answer.gap.kind is Outcome.UNKNOWN
    assert "authentication failed" in answer.gap.reason


@pytest.mark.parametrize("module", [pbs_server, pve_server])
def test_each_platform_answers_what_is_declared_for_it(module: Any) -> None:
    platform = "pbs" if module is pbs_server else "pve"
    declared = {spec.name for spec in builtin().values() if platform in spec.platforms and not spec.derived}
    assert set(module.FACTS) == declared


def test_everything_fails() -> None:
    for status in (500, 403, 404):
        found = ask(pbs_server, Memory(lambda asked, status=status: Reply.json(None, status)))
        for name, evidence in found.items():
            cells = evidence.rows[0]["blind"] if name == "backup.server" else evidence.gap
            assert isinstance(cells, Gap) or name == "recovery.drill"


def test_over_the_wire(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    standin = PbsStandIn()
    with site(standin, authority.issue()) as web:
        options = (("ca_file", str(authority.certificate)), ("token", "env:T"), ("url", web.url))
        endpoint = Endpoint("https", options=options)
        client = open_https("pbs", endpoint, lambda reference: f"{ME}:0000-1111-2222", Limits())
        found = ask(pbs_server, client)
        client.close()
        assert web.asked[0].headers["authorization"] == f"PBSAPIToken={ME}:0000-1111-2222"
    assert len(found["backup.restore_point"].rows) == 4


def test_the_plan_names_every_request() -> None:
    api = Memory(PbsStandIn())
    ask(pbs_server, api)
    told = pbs_server.describe([Query.of(fact) for fact in pbs_server.FACTS]).text.decode()
    for path in api.asked:
        bare = path.removeprefix("api2/json/").replace("/store1/", "/STORE/")
        assert bare in told, path


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12), st.just(10**30)
)
WORDS = st.sampled_from(
    [
        "store",
        "ns",
        "backup-type",
        "backup-id",
        "backup-time",
        "files",
        "filename",
        "crypt-mode",
        "size",
        "verification",
        "upid",
        "state",
        "id",
        "schedule",
        "last-run-upid",
        "last-run-state",
        "total",
        "used",
        "history",
        "history-start",
        "history-delta",
        "userid",
        "tokens",
        "tokenid",
        "entries",
        "type",
        "expire",
        "enable",
        "path",
        "ugid",
        "roleid",
        "privs",
        "worker_type",
        "worker_id",
        "starttime",
        "endtime",
        "status",
        "version",
        "release",
        "counts",
        "target",
        "match-field",
        "name",
        "maintenance",
        "keep-weekly",
        "outdated-after",
        "ignore-verified",
        "data",
        "/datastore",
    ]
)
KNOWN = st.sampled_from(["store1", "vm", "101", "backup", "syncjob", "daily", "OK", 1795053600, "root@pam", "Admin"])
VALUES = st.recursive(
    st.one_of(SCALARS, KNOWN),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=6)),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.dictionaries(WORDS, VALUES, max_size=8), max_size=3), VALUES, st.integers(0, 30))
def test_no_answer_breaks_the_collector(listed: list[Any], odd: Any, which: int) -> None:
    count = [0]

    def answer(asked: Any) -> Reply:
        count[0] += 1
        return Reply.json({"data": odd if count[0] == which else listed})

    found = ask(pbs_server, Memory(answer))
    json.dumps({name: len(evidence.rows) for name, evidence in found.items()})


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.dictionaries(WORDS, VALUES, max_size=8), st.sampled_from(["stores", "tasks", "users", "factors", "grants"]))
def test_one_odd_row_among_good_ones(row: dict[str, Any], where: str) -> None:
    standin = PbsStandIn()
    plain = PbsStandIn.__call__
    names = {"stores": "admin/datastore", "tasks": "nodes/localhost/tasks", "users": "access/users"}
    path = names.get(where, f"access/{'tfa' if where == 'factors' else 'acl'}")

    def answer(asked: Any) -> Reply:
        reply = plain(standin, asked)
        if asked.path == f"/api2/json/{path}":
            return Reply.json({"data": [*json.loads(reply.body)["data"], row]})
        return reply

    ask(pbs_server, Memory(answer))
