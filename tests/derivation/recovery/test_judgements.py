"""What the recovery facts say of situations that decide: doubts, ids, clocks, chains, copies, rehearsals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scanner.model.evidence import ABSENT, Gap, error, unknown
from scanner.model.outcome import Outcome
from scanner.model.recovery import Demand, Generations, Leaf, Place, Section
from tests.support.estate import DAY, HOUR, NOW, ago, asset, derive, point, row, scene

DAILY = [point(number * DAY + 10 * HOUR, HOUR) for number in range(35)]
RPO = Demand(rpo=DAY, sources={"rpo": "policy.md:12"})
DENIED = unknown("the listing is filtered", "role Audit")


# exposure


def test_a_daily_backup_of_an_hour_does_not_meet_an_rpo_of_a_day_over_the_window():
    found = row("exposure", scene(asset(demand=RPO), points=DAILY))
    assert (found["exposure_now"], found["exposure_worst"], found["limit"]) == (10 * HOUR, 25 * HOUR, 25 * HOUR)
    assert found["deciding_point"] == f"pbs pbs01/store1 vm/101/{ago(10 * HOUR)}"
    assert (found["rpo_source"], found["usable"], len(found["timeline"])) == ("policy.md:12", 35, 30)


def test_no_point_at_all_is_told_as_absent():
    found = row("exposure", scene(asset(demand=RPO)))
    assert (found["exposure_now"], found["exposure_worst"], found["pending"]) == (ABSENT, ABSENT, False)


def test_an_incomplete_list_lets_a_fresh_point_pass_and_never_lets_it_fail():
    fresh = row("exposure", scene(asset(demand=RPO), points=DAILY, lost=DENIED))
    assert (fresh["exposure_now"], fresh["exposure_worst"]) == (10 * HOUR, 25 * HOUR)
    stale = row("exposure", scene(asset(demand=RPO), points=DAILY[3:], lost=DENIED))
    for name in ("exposure_now", "exposure_worst"):
        assert isinstance(stale[name], Gap)
        assert (stale[name].kind, stale[name].needs) == (Outcome.UNKNOWN, "role Audit")
        assert "pbs01: the listing is filtered" in stale[name].reason


def test_worst_of_a_list_that_does_not_span_the_window_is_open_under_doubt():
    found = row("exposure", scene(asset(demand=RPO), points=DAILY[:2], lost=DENIED))
    assert found["exposure_now"] == 10 * HOUR
    assert isinstance(found["exposure_worst"], Gap)


def test_a_target_that_cannot_hold_its_points_raises_no_doubt():
    more = {"repo": {"backup.restore_point": error("connection refused")}}
    seen = scene(asset(demand=RPO), more=more, platforms={"repo": "restic"})
    assert row("exposure", seen)["exposure_now"] is ABSENT
    seen = scene(asset("h", "restic:h:/srv", demand=RPO), more=more, platforms={"repo": "restic"})
    assert row("exposure", seen)["exposure_now"].kind is Outcome.ERROR


def test_a_target_that_was_never_asked_is_a_doubt():
    seen = scene(asset(demand=RPO), platforms={"pbs02": "pbs"})
    assert isinstance(row("exposure", seen)["exposure_now"], Gap)


@pytest.mark.parametrize("name", ["data_time", "completed_at", "status", "verification"])
def test_a_point_of_which_too_little_is_known_leaves_it_open(name: str):
    odd = point(HOUR, **{name: unknown("unreadable manifest")})
    found = row("exposure", scene(asset(demand=RPO), points=[odd, *DAILY[3:]]))
    assert "unreadable manifest" in found["exposure_now"].reason
    assert row("exposure", scene(asset(demand=RPO), points=[odd, *DAILY]))["exposure_now"] == 10 * HOUR


def test_a_time_without_a_zone_is_no_time():
    odd = point(HOUR, data_time="2026-11-20T11:00:00")
    assert isinstance(row("exposure", scene(asset(demand=RPO), points=[odd]))["exposure_now"], Gap)


def test_young_assets_are_pending_and_those_of_unknown_or_future_age_are_not():
    young = asset(demand=RPO, created_at=ago(HOUR))
    assert row("exposure", scene(young))["pending"] is True
    assert row("exposure", scene(young))["pending_until"] == ago(-24 * HOUR)
    for made in ("", ago(-3 * DAY), ago(3 * DAY)):
        assert row("exposure", scene(asset(demand=RPO, created_at=made)))["pending"] is False


def test_partial_points_count_where_the_policy_accepts_them():
    points = [point(HOUR, status="partial")]
    assert row("exposure", scene(asset(demand=RPO), points=points))["exposure_now"] is ABSENT
    lenient = replace(RPO, accept=("ok", "warning", "partial"))
    assert row("exposure", scene(asset(demand=lenient), points=points))["exposure_now"] == HOUR


def test_a_clock_that_is_ahead_is_set_right_and_one_behind_is_not_trusted():
    ahead = scene(asset(demand=RPO), points=[point(-HOUR)], offsets={"pbs01": 2 * HOUR})
    assert row("exposure", ahead)["exposure_now"] == HOUR
    behind = scene(asset(demand=RPO), points=[point(HOUR)], offsets={"pbs01": -2 * HOUR})
    assert row("exposure", behind)["exposure_now"] == HOUR
    assert row("exposure", scene(asset(demand=RPO), points=[point(-HOUR)]))["exposure_now"] is ABSENT


def test_runs_tell_of_points_that_were_pruned_but_not_of_now():
    kept = [DAILY[0], DAILY[7]]
    runs = [
        {
            "system": "pbs",
            "run": f"r{number}",
            "job": "n",
            "kind": "backup",
            "asset_keys": ["pbs:store1/vm/101"],
            "started_at": ago(number * DAY + 10 * HOUR),
            "ended_at": ago(number * DAY + 9 * HOUR),
            "status": "ok",
        }
        for number in range(8)
    ]
    alone = row("exposure", scene(asset(demand=RPO), points=kept))
    assert alone["exposure_worst"] == 7 * DAY + HOUR
    young = asset(demand=RPO, created_at=ago(8 * DAY))
    told = row("exposure", scene(young, points=kept, more={"pbs01": {"backup.run": runs}}))
    assert told["exposure_worst"] == 25 * HOUR
    lost = row("exposure", scene(asset(demand=RPO), points=kept[1:], more={"pbs01": {"backup.run": runs}}))
    assert lost["exposure_now"] == 7 * DAY + 10 * HOUR


def test_points_that_begin_late_in_the_window_do_not_tell_of_all_of_it():
    one = [point(HOUR)]
    found = row("exposure", scene(asset(demand=RPO), points=one))
    assert found["exposure_now"] == HOUR
    assert "reach back" in str(found["exposure_worst"])
    assert isinstance(found["exposure_worst"], Gap)
    assert row("exposure", scene(asset(demand=RPO, created_at=ago(DAY)), points=one))["exposure_worst"] == HOUR
    assert row("exposure", scene(asset(demand=RPO), points=DAILY))["exposure_worst"] == 25 * HOUR


# log archives

KEY = ["pgbackrest:main", "postgres:77"]
SEGMENT = "00000001000000020000000A"
ARCHIVE = {
    "system": "pgbackrest",
    "object": "main",
    "asset_keys": KEY,
    "location": "repo1",
    "last": SEGMENT,
    "newest": SEGMENT,
    "archived_at": ago(6 * HOUR),
    "missing": 0,
    "gaps": [],
    "broken_backups": [],
}
BASE = {"system": "pgbackrest", "object": "main", "asset_keys": KEY, "location": "repo1"}
ARCHIVER = {
    "mode": "on",
    "failing": False,
    "system": "77",
    "last_segment": SEGMENT,
    "last_archived": ago(6 * HOUR),
    "behind": 40,
    "waiting": 0,
}


def logs(archive: dict[str, Any] = ARCHIVE, archiver: dict[str, Any] = ARCHIVER, **more: Any):
    points = [
        point(3 * DAY, HOUR, **BASE, point="20261117F", kind="full"),
        point(6 * HOUR, **BASE, point=SEGMENT, kind="pitr", base="20261117F"),
    ]
    database = asset("db", "postgres:77", demand=Demand(rpo=900.0, pitr=True, window=2 * DAY))
    given = {"repo": {"backup.restore_point": points, "backup.log_archive": [archive]}}
    given["db01"] = {"postgres.archiver": [archiver]}
    return scene(database, more=given, platforms={"repo": "pgbackrest", "db01": "postgres"}, **more)


def test_an_idle_server_loses_nothing_though_its_last_segment_is_old():
    found = row("exposure", logs())
    assert (found["exposure_now"], found["idle"], found["limit"], found["pitr"]) == (0, True, 900, True)
    assert found["exposure_worst"] == 0


@pytest.mark.parametrize(
    ("archive", "archiver"),
    [
        ({}, {"behind": 100_000}),
        ({}, {"behind": ABSENT}),
        ({}, {"failing": True}),
        ({}, {"mode": "off"}),
        ({}, {"last_segment": "00000001000000020000000B"}),
        ({"missing": 1}, {}),
        ({"last": "000000010000000200000009"}, {}),
        ({"asset_keys": ["pgbackrest:main"]}, {}),
    ],
)
def test_only_a_server_that_surely_wrote_nothing_is_idle(archive: dict[str, Any], archiver: dict[str, Any]):
    found = row("exposure", logs({**ARCHIVE, **archive}, {**ARCHIVER, **archiver}))
    assert (found["exposure_now"], found["idle"]) == (6 * HOUR, False)


def test_an_archive_without_its_base_is_nothing():
    lone = point(HOUR, **BASE, point=SEGMENT, kind="pitr", base="gone")
    more = {"repo": {"backup.restore_point": [lone]}}
    seen = scene(asset("db", "postgres:77", demand=RPO), more=more, platforms={"repo": "pgbackrest"})
    found = row("exposure", seen)
    assert found["exposure_now"] is ABSENT
    assert "its base gone is not there" in found["unusable"][0]


def test_a_claim_without_the_segment_is_unfounded():
    [fine] = derive("archiving", logs()).rows
    assert (fine["unfounded"], fine["server"], fine["asset"]) == (False, "db01", "db")
    more = {**ARCHIVER, "last_segment": "00000001000000020000000B"}
    [found] = derive("archiving", logs(archiver=more)).rows
    assert found["unfounded"] is True
    [late] = derive("archiving", logs(archiver={**more, "last_archived": ago(-60)})).rows
    assert late["unfounded"].kind is Outcome.UNKNOWN
    [kept_up] = derive("archiving", logs({**ARCHIVE, "archived_at": ago(60)}, {**more, "last_archived": ago(-60)})).rows
    assert kept_up["unfounded"] is False


def test_a_server_whose_archive_is_nowhere_is_told():
    rows = derive("archiving", logs({**ARCHIVE, "asset_keys": ["postgres:5"]})).rows
    assert [(row["server"], row["archived"]) for row in rows] == [(ABSENT, True), ("db01", False)]


# ids


def test_a_key_of_two_assets_is_nobodys():
    seen = scene(asset("a", demand=RPO), asset("b", demand=RPO), points=DAILY)
    for found in derive("exposure", seen).rows:
        assert found["exposure_now"].kind is Outcome.ERROR
        assert "belong to a and b alike" in found["exposure_now"].reason
    [group] = derive("ambiguity", seen).rows
    assert (group["assets"], group["points"]) == (["a", "b"], 35)


def test_a_key_with_its_target_is_narrower():
    near, far = asset("a", "pbs:pbs01/store1/vm/101", demand=RPO), asset("b", "pbs:pbs02/store1/vm/101", demand=RPO)
    more = {"pbs02": {"backup.restore_point": [point(3 * DAY)]}}
    found = derive("exposure", scene(near, far, points=DAILY, more=more, platforms={"pbs02": "pbs"})).rows
    assert [row["exposure_now"] for row in found] == [10 * HOUR, 3 * DAY]


def test_a_point_of_many_things_belongs_to_each():
    both = point(HOUR, asset_keys=["k8s:sky/data", "k8s:sky/logs"])
    seen = scene(asset("data", "k8s:sky/data"), asset("logs", "k8s:sky/logs"), points=[both])
    assert [row["usable"] for row in derive("exposure", seen).rows] == [1, 1]


def test_points_older_than_the_asset_are_of_another_that_had_its_id():
    seen = scene(asset(demand=RPO, created_at=ago(2 * DAY)), points=DAILY)
    found = row("coverage", seen)
    assert (len(found["reused"]), found["protected"]) == (20, True)
    assert row("exposure", seen)["usable"] == 2


def test_points_of_nothing_known_are_orphans_unless_a_list_is_incomplete():
    strange = point(DAY, object="vm/999", asset_keys=["pbs:store1/vm/999"])
    found = derive("orphan", scene(asset(), points=[*DAILY, strange, strange]))
    assert [(each["object"], each["points"], each["size"]) for each in found.rows] == [("vm/999", 2, 2 * 10**9)]
    assert found.gap is None
    assert derive("orphan", scene(asset(), points=DAILY, lost=DENIED)).gap is not None


def test_points_without_known_keys_are_a_doubt_for_all_that_the_target_could_hold():
    odd = point(HOUR, asset_keys=unknown("group owner unreadable"))
    assert isinstance(row("exposure", scene(asset(demand=RPO), points=[odd]))["exposure_now"], Gap)


# coverage


def test_what_protects_an_asset_and_what_does_not():
    demand = Demand(systems=("veeam",), application=True)
    found = row("coverage", scene(asset(demand=demand), points=DAILY))
    assert (found["protected"], found["by_authorised"], found["by_application"]) == (True, False, False)
    dump = point(HOUR, kind="dump", system="veeam")
    found = row("coverage", scene(asset(demand=demand), points=[*DAILY, dump]))
    assert (found["by_authorised"], found["by_application"], found["systems"]) == (True, True, ["pbs", "veeam"])
    none = row("coverage", scene(asset("bare", "x:1")))
    assert (none["protected"], none["why"]) == (False, "no system lists a point of it")
    broken = row("coverage", scene(asset(), points=[point(HOUR, status="failed")]))
    assert "none of its 1 points can be used" in broken["why"]
    assert isinstance(row("coverage", scene(asset(), lost=DENIED))["protected"], Gap)


def test_what_only_a_backup_system_sees_is_judged_too():
    guests = [
        {"object": f"qemu/{n}", "kind": "vm", "asset_keys": [f"pve:lab/{n}", f"pbs:store1/vm/{n}"], "created_at": made}
        for n, made in ((101, ABSENT), (102, ABSENT), (103, ago(HOUR)))
    ]
    seen = scene(asset("win", "pve:lab/101"), points=DAILY, more={"pve01": {"backup.object": guests}})
    found = {each["asset"]: each for each in derive("coverage", seen).rows}
    assert list(found) == ["win", "pve01/qemu/102", "pve01/qemu/103"]
    assert found["win"]["protected"] is True
    assert [found["pve01/qemu/102"][name] for name in ("declared", "protected", "pending")] == [False, False, False]
    assert found["pve01/qemu/103"]["pending"] is True


def test_a_guest_of_another_cluster_does_not_lend_its_points():
    lab = {"object": "qemu/101", "kind": "vm", "asset_keys": ["pve:lab/101", "pve:101", "pbs:store1/vm/101"]}
    den = {**lab, "asset_keys": ["pve:den/101", "pve:101", "pbs:store1/vm/101"]}
    more = {"pve01": {"backup.object": [lab]}, "pve02": {"backup.object": [den]}}
    rows = derive("coverage", scene(asset("win", "pve:lab/101"), points=DAILY, more=more)).rows
    assert [each["asset"] for each in rows] == ["win", "pve02/qemu/101"]
    assert all(isinstance(each["protected"], Gap) for each in rows)


def test_templates_and_left_out_disks():
    told = {"asset_keys": ["pbs:store1/vm/101"], "template": False, "left_out": ["scsi1"], "size": 5}
    found = row("coverage", scene(asset(), more={"pve01": {"backup.object": [told]}}))
    assert (found["in_scope"], found["left_out"], found["data"]) == (True, ["scsi1"], 5)
    found = row("coverage", scene(asset(), more={"pve01": {"backup.object": [{**told, "template": True}]}}))
    assert found["in_scope"] is False


# retention


def test_history_periods_and_disposal():
    demand = Demand(min_history=30 * DAY, max_age=20 * DAY, generations=Generations(weekly=6, anchor="completed"))
    found = row("retention", scene(asset(demand=demand), points=DAILY))
    assert found["history"] == 34 * DAY + 10 * HOUR
    assert (found["history_limit"], found["missing"]) == (29 * DAY, ["weekly 2026-W41"])
    assert found["overdue"] == 14
    guarded = [{**each, "protected": True} for each in DAILY]
    found = row("retention", scene(asset(demand=demand), points=guarded))
    assert (found["overdue"], found["held"]) == (0, 14)
    gone = row("retention", scene(asset(demand=demand), points=[point(3 * DAY, expires_at=ago(2 * DAY))]))
    assert gone["expired"] == 1


def test_what_is_not_known_of_retention():
    demand = Demand(min_history=30 * DAY, max_age=50 * DAY, generations=Generations(weekly=4))
    found = row("retention", scene(asset(demand=demand), points=DAILY, lost=DENIED))
    assert (found["history"], found["missing"]) == (34 * DAY + 10 * HOUR, [])
    assert isinstance(found["overdue"], Gap)
    found = row("retention", scene(asset(demand=demand), points=DAILY[7:20], lost=DENIED))
    assert isinstance(found["history"], Gap)
    assert isinstance(found["missing"], Gap)


def test_a_newer_point_that_is_not_known_could_move_the_periods():
    demand = Demand(generations=Generations(weekly=2))
    known = DAILY[9:]
    assert row("retention", scene(asset(demand=demand), points=known))["missing"] == []
    assert isinstance(row("retention", scene(asset(demand=demand), points=known, lost=DENIED))["missing"], Gap)


def test_the_next_pruning_is_told_before_it_harms():
    demand = Demand(min_history=30 * DAY, generations=Generations(daily=7))
    prune = {"job": "p", "kind": "prune", "enabled": True, "location": "store1", "keep_weekly": 2, "asset_keys": []}
    seen = scene(asset(demand=demand), points=DAILY, more={"pbs01": {"backup.job": [prune]}})
    found = row("prune_forecast", seen)
    assert (found["kept"], found["removed"], found["options"]) == (2, 33, "weekly 2")
    assert found["history_after"] < found["history_limit"]
    assert len(found["missing_after"]) == 5


# soundness


def test_verification_in_time_late_and_failed():
    demand = Demand(verified_within=10 * DAY, generations=Generations(weekly=2))
    old = [{**each, "verification": "ok", "verified_at": ago(3 * DAY)} for each in DAILY[3:]]
    found = row("verification", scene(asset(demand=demand), points=[*DAILY[:3], *old]))
    assert (found["unverified"], found["failed"], found["age"]) == ([], [], 3 * DAY)
    never = row("verification", scene(asset(demand=demand), points=DAILY))
    assert (never["age"], never["pending"]) == (ABSENT, False)
    bad = point(40 * DAY, verification="failed")
    found = row("verification", scene(asset(demand=demand), points=[*DAILY[:3], *old, bad], lost=DENIED))
    assert len(found["failed"]) == 1
    assert isinstance(found["unverified"], Gap)


def test_a_needed_point_that_was_verified_too_long_ago():
    demand = Demand(verified_within=10 * DAY)
    stale = point(30 * DAY, verification="ok", verified_at=ago(20 * DAY))
    found = row("verification", scene(asset(demand=demand), points=[stale]))
    assert (len(found["unverified"]), found["age"]) == (1, 20 * DAY)


@pytest.mark.parametrize(
    ("transport", "wanted"), [("tls", []), ("ssh", []), ("local", []), ("plain", ["pbs01/store1"]), (ABSENT, None)]
)
def test_ways_of_backups(transport: Any, wanted: list[str] | None):
    store = {"location": "store1", "transport": transport}
    demand = Demand(encrypted_in_transit=True, sources={"encrypted_in_transit": "policy.md:3"})
    seen = scene(asset(demand=demand), points=DAILY, more={"pbs01": {"backup.location": [store]}})
    found = row("encryption", seen)
    assert (found["in_transit_demanded"], found["in_transit_demanded_source"]) == (True, "policy.md:3")
    assert isinstance(found["in_clear"], Gap) if wanted is None else found["in_clear"] == wanted
    hidden = scene(asset(demand=demand), points=DAILY, lost=DENIED, more={"pbs01": {"backup.location": [store]}})
    assert isinstance(row("encryption", hidden)["in_clear"], Gap) is (wanted != ["pbs01/store1"])


def test_encryption_by_point_by_place_and_unclear():
    kinds = [point(1), point(2, encryption="signed"), point(3, encryption=ABSENT), point(4, status="running")]
    found = row("encryption", scene(asset(demand=Demand(encrypted=True, fingerprints=("cc",))), points=kinds))
    assert (found["points"], found["encrypted"], found["percent"]) == (3, 1, 33)
    assert (len(found["plain"]), len(found["unclear"]), found["unapproved"]) == (1, 1, ["aa:bb"])
    store = {"location": "store1", "encryption": "encrypted"}
    sealed = scene(asset(), points=kinds[2:3], more={"pbs01": {"backup.location": [store]}})
    assert (row("encryption", sealed)["by_place"], row("encryption", sealed)["percent"]) == (1, 100)
    doubtful = row("encryption", scene(asset(), points=kinds[:1], lost=DENIED))
    assert isinstance(doubtful["plain"], Gap)


# copies

PLACES = (
    Place("pbs01/*", "home", "disk", "rack1"),
    Place("pbs02/*", "away", "disk", "rack2"),
    Place("tape/*", "vault", "tape", "vault", offline=True),
)
THREE = Demand(
    offsite=True, offsite_lag=DAY, copies=3, media=2, immutable=True, verified_within=30 * DAY, offsite_history=3 * DAY
)
SOUND = {"verification": "ok", "verified_at": ago(DAY), "verified_by": "pbs01"}


def spread(**more: Any):
    points = [point(age, **SOUND) for age in (HOUR, 2 * DAY)]
    pulled = [{**each, "location": "far"} for each in points[1:]]
    own = [{**each, "location": "t1", "verified_by": "tape", "verified_at": ago(HOUR)} for each in points[1:]]
    given = {"pbs02": {"backup.restore_point": pulled}, "tape": {"backup.restore_point": own}}
    platforms = {"pbs02": "pbs", "tape": "pbs"}
    return scene(asset(demand=THREE), points=points, places=PLACES, more=given, platforms=platforms, **more)


def test_copies_media_and_a_verification_that_was_pulled_along():
    found = row("copies", spread())
    assert (found["copies"], found["media"], found["immutable"]) == (4, 2, True)
    assert len(found["errors"]) == 1
    assert found["errors"][0].endswith("verified on pbs01, not there")


def test_what_lies_at_another_site():
    found = row("offsite", spread())
    assert (found["present"], found["lag"], found["history"]) == (True, 2 * DAY - HOUR, 2 * DAY)
    assert (found["places"], found["uncopied"]) == (["pbs02/far", "tape/t1"], HOUR)
    alone = row("offsite", scene(asset(demand=THREE), points=DAILY))
    assert (alone["present"], alone["undeclared"], alone["lag"]) == (False, ["pbs01/store1"], ABSENT)
    homeless = row("offsite", scene(asset(demand=THREE, site=""), points=DAILY, places=PLACES))
    assert isinstance(homeless["present"], Gap)


def test_snapshots_on_the_same_storage_are_no_copy_and_deletable_ones_not_safe():
    points = [point(HOUR, system="csi-snapshot"), point(HOUR)]
    found = row("copies", scene(asset(demand=THREE), points=points[:1], places=PLACES))
    assert (found["copies"], found["immutable"]) == (1, False)
    locked = point(HOUR, immutable_until=ago(-40 * DAY))
    demand = replace(THREE, immutable_for=30 * DAY)
    assert row("copies", scene(asset(demand=demand), points=[locked]))["immutable"] is True
    demand = replace(THREE, immutable_for=50 * DAY)
    assert row("copies", scene(asset(demand=demand), points=[locked]))["immutable"] is False


# capacity


def usage(days: int, daily: float) -> list[dict[str, Any]]:
    return [
        {"location": "store1", "at": ago(n * DAY), "used": int(600 - daily * n), "total": 1000} for n in range(days)
    ]


def test_when_a_place_is_full():
    place = {"system": "pbs", "location": "store1", "total": 1000, "used": 600}
    seen = scene(more={"pbs01": {"backup.location": [place], "backup.usage": usage(30, 10)}})
    found = row("capacity", seen)
    assert (found["percent"], found["growing"], found["until_full"]) == (60, True, 25 * DAY)
    flat = row("capacity", scene(more={"pbs01": {"backup.location": [place], "backup.usage": usage(30, 0)}}))
    assert (flat["growing"], flat["until_full"]) == (False, ABSENT)
    few = row("capacity", scene(more={"pbs01": {"backup.location": [place], "backup.usage": usage(5, 10)}}))
    assert isinstance(few["until_full"], Gap)
    full = row("capacity", scene(more={"pbs01": {"backup.location": [{**place, "used": 900}]}}))
    assert full["until_full"] == 0


# jobs


def test_slots_failures_and_disabled_jobs():
    job = {"job": "n", "kind": "backup", "enabled": False, "interval": DAY, "asset_keys": ["pbs:store1/vm/101"]}
    runs = [
        {
            "run": f"r{n}",
            "job": "n",
            "kind": "backup",
            "asset_keys": [],
            "started_at": ago(n * DAY + HOUR),
            "ended_at": ago(n * DAY),
            "status": "failed" if n == 2 else "ok",
            "message": "no space",
        }
        for n in range(10)
    ]
    seen = scene(
        asset(demand=Demand(success_rate=0.95, interval=DAY)), more={"pbs01": {"backup.job": [job], "backup.run": runs}}
    )
    found = row("job_health", seen)
    assert (found["succeeded"], found["failed"], found["percent"], found["demanded"]) == (8, 1, 88, 95)
    assert (found["disabled"], found["last_failure"]) == (["pbs01/n"], "pbs01 r2: no space")
    short = scene(asset(), more={"pbs01": {"backup.job": [job], "backup.run": runs[:1]}})
    assert "are needed" in row("job_health", short)["percent"].reason
    hidden = scene(asset(), more={"pbs01": {"backup.job": [job], "backup.run": (runs, DENIED)}})
    assert isinstance(row("job_health", hidden)["percent"], Gap)


def test_tools_without_runs_are_judged_by_their_points():
    points = [point(n * DAY, system="restic", asset_keys=["restic:h:/srv"]) for n in range(10)]
    host = asset("h", "restic:h:/srv", demand=Demand(interval=DAY))
    seen = scene(host, more={"repo": {"backup.restore_point": points}}, platforms={"repo": "restic"})
    assert row("job_health", seen)["percent"] == 100


def nightly(times: list[float], **more: Any) -> list[dict[str, Any]]:
    """Give runs of one job, the newest first, by how long each took."""
    return [
        {
            "run": f"r{n}",
            "job": "n",
            "kind": "backup",
            "asset_keys": ["pbs:store1/vm/101"],
            "started_at": ago(n * DAY + took),
            "ended_at": ago(n * DAY),
            "status": "ok",
            "size": 10**9,
            **more,
        }
        for n, took in enumerate(times)
    ]


def trend(runs: list[dict[str, Any]], gap: Gap | None = None) -> Any:
    return derive("trend", scene(asset(), more={"pbs01": {"backup.run": (runs, gap)}})).rows


def test_runs_that_take_longer_than_they_did():
    [slow] = trend(nightly([1800.0] * 7 + [600.0] * 14))
    assert (slow["enough"], slow["recent"], slow["before"], slow["percent"]) == (True, 1800, 600, 300)
    assert (slow["rate_recent"], slow["rate_before"], slow["rate_percent"]) == (10**9 // 1800, 10**9 // 600, 33)
    [night] = trend(nightly([36000.0] + [600.0] * 6 + [600.0] * 14))
    assert night["percent"] == 100


def test_trends_of_too_few_failed_unending_or_hidden_runs_are_not_told():
    [few] = trend(nightly([1800.0] * 7 + [600.0] * 13))
    assert (few["enough"], few["percent"]) == (False, ABSENT)
    assert trend(nightly([600.0] * 30, status="failed")) == ()
    assert trend(nightly([600.0] * 30, ended_at=ABSENT)) == ()
    [hidden] = trend(nightly([600.0] * 30), DENIED)
    assert isinstance(hidden["enough"], Gap) and isinstance(hidden["percent"], Gap)
    [silent] = trend(nightly([600.0] * 30, size=ABSENT))
    assert (silent["percent"], silent["rate_recent"], silent["rate_percent"]) == (100, ABSENT, ABSENT)


def test_rates_of_runs_that_tell_no_size_come_from_the_points_that_they_made():
    times = [1200.0] * 7 + [600.0] * 14
    made = [point(n * DAY + took, took) for n, took in enumerate(times)]
    seen = scene(asset(), points=made, more={"pbs01": {"backup.run": (nightly(times, size=ABSENT), None)}})
    [slow] = derive("trend", seen).rows
    assert (slow["rate_percent"], slow["percent"]) == (50, 200)
    grown = [{**each, "size": 2 * 10**9} for each in made[:7]]
    seen = scene(
        asset(), points=[*grown, *made[7:]], more={"pbs01": {"backup.run": (nightly(times, size=ABSENT), None)}}
    )
    [more] = derive("trend", seen).rows
    assert (more["rate_percent"], more["percent"]) == (100, 200), "twice as much takes twice as long"
    seen = scene(asset(), points=made[:9], more={"pbs01": {"backup.run": (nightly(times, size=ABSENT), None)}})
    assert isinstance(derive("trend", seen).rows[0]["rate_percent"], Gap), "the earlier points were pruned"


def test_a_rate_of_too_few_runs_is_unknown():
    [few] = trend(nightly([600.0] * 9))
    assert isinstance(few["rate_percent"], Gap)
    assert few["rate_percent"].kind is Outcome.UNKNOWN


# rehearsals


def drill(age: float, name: str = "vm101", **more: Any) -> dict[str, Any]:
    return {
        "drill": f"d-{name}-{int(age)}",
        "kind": "restore",
        "scenario": "vm",
        "asset": name,
        "asset_keys": [],
        "started_at": ago(age + 1200),
        "ended_at": ago(age),
        "until_usable": 600,
        "newest_data": ago(age + 1500),
        "to_source": "no",
        "passed": ["integrity", "function"],
        "failed": [],
        "size": 10**9,
        **more,
    }


TESTED = Demand(tested_within=31 * DAY, checks=("integrity",), rto=HOUR, allowance=300, service_class="critical")


def drilled(*rows: dict[str, Any], gap: Gap | None = None, assets: int = 1, **more: Any):
    these = [asset(f"vm{101 + n}", f"pbs:store1/vm/{101 + n}", demand=TESTED, **more) for n in range(assets)]
    return scene(*these, points=DAILY, more={"records": {"recovery.drill": (list(rows), gap)}}, places=PLACES)


def test_tests_valid_stale_never_and_hidden():
    found = row("restore_test", drilled(drill(20 * DAY)))
    assert (found["age"], found["limit"], found["data_loss"]) == (20 * DAY, 31 * DAY, 300)
    assert row("restore_test", drilled())["age"] is ABSENT
    assert row("restore_test", drilled(drill(20 * DAY), gap=DENIED))["age"] == 20 * DAY
    assert isinstance(row("restore_test", drilled(drill(40 * DAY), gap=DENIED))["age"], Gap)


@pytest.mark.parametrize(
    "change",
    [
        {"passed": ["function"]},
        {"failed": ["integrity"]},
        {"to_source": "yes"},
        {"to_source": ABSENT},
        {"ended_at": ABSENT},
        {"ended_at": ago(-DAY)},
        {"asset": "another"},
    ],
)
def test_a_test_that_proves_nothing(change: dict[str, Any]):
    assert row("restore_test", drilled(drill(DAY, **change)))["age"] is ABSENT


def test_time_of_a_restore_with_size_allowance_and_site():
    found = row("restore_time", drilled(drill(DAY), size=3 * 10**9))
    assert (found["measured"], found["scaled"], found["time"], found["ample"]) == (600, True, 2100, 2880)
    assert found["site_lost"] is ABSENT
    assert isinstance(row("restore_time", drilled(drill(DAY), gap=DENIED))["time"], Gap)


@pytest.mark.parametrize(
    ("storage_class", "way", "places", "wait"),
    [
        ("STANDARD", "standard", (), 0),
        ("GLACIER", "standard", (), 5 * HOUR),
        ("GLACIER", "bulk", (), 12 * HOUR),
        ("GLACIER", "expedited", (), 5 * HOUR),
        ("DEEP_ARCHIVE", "standard", (), 12 * HOUR),
        ("Archive", "standard", (), 15 * HOUR),
        ("GLACIER", "standard", (Place("*", retrieval=HOUR),), HOUR),
        ("GLACIER", "standard", (Place("*", site="cloud"),), 5 * HOUR),
    ],
)
def test_a_copy_in_an_archive_class_waits_also_where_no_place_says_so(
    storage_class: str, way: str, places: tuple[Place, ...], wait: float
):
    points = [{**each, "storage_class": storage_class, "size": 10**9} for each in DAILY]
    own = asset("vm101", "pbs:store1/vm/101", demand=replace(TESTED, offsite_retrieval=way))
    found = row(
        "restore_time", scene(own, points=points, more={"records": {"recovery.drill": [drill(DAY)]}}, places=places)
    )
    assert (found["retrieval"], found["time"]) == (wait, 600 + 300 + wait)


def test_samples_of_a_class_stretch_the_period_of_each():
    seen = drilled(drill(DAY), drill(2 * DAY, "vm102"), drill(100 * DAY, "vm103"), assets=4)
    rows = derive("restore_test", seen).rows
    assert [found["limit"] for found in rows] == [124 * DAY] * 4
    assert [found["age"] for found in rows] == [DAY, 2 * DAY, 100 * DAY, ABSENT]
    sample = row("sampling", seen)
    assert (sample["needed"], sample["tested"], sample["untested"]) == (2, 2, ["vm104"])
    few = derive("restore_test", drilled(drill(DAY), assets=4)).rows
    assert few[0]["limit"] == 31 * DAY


def test_exercises_are_told_even_if_never_held():
    found = {row["exercise"]: row["age"] for row in derive("exercise", drilled(drill(DAY))).rows}
    assert found["restore"] == found["scenario vm"] == DAY
    assert found["dr"] is ABSENT


def test_what_the_policy_demands_of_the_whole_estate_stands_in_the_rows():
    leaves = {
        "disaster_tested_every": Leaf("estate.disaster_tested_every", 366 * DAY, "12 months", "S004"),
        "capacity": Leaf("estate.capacity", 4 * 10**12, "4 TB", "plan.md:3"),
        "days_to_full": Leaf("estate.days_to_full", None, "none", "plan.md:4"),
    }
    seen = replace(drilled(drill(DAY)), estate=Section("estate", leaves))
    rows = {row["exercise"]: (row["demanded"], row["demanded_source"]) for row in derive("exercise", seen).rows}
    assert rows["dr"] == (366 * DAY, "S004")
    assert rows["archive"] == rows["scenario vm"] == (ABSENT, ABSENT)
    place = {"system": "pbs", "location": "store1", "total": 1000, "used": 600}
    room = row(
        "capacity", replace(scene(more={"pbs01": {"backup.location": [place]}}), estate=Section("estate", leaves))
    )
    assert (room["room_demanded"], room["room_demanded_source"]) == (4 * 10**12, "plan.md:3")
    assert room["time_demanded"] is room["time_demanded_source"] is ABSENT


# clocks and metrics


def test_clocks_and_points_of_the_future():
    seen = scene(asset(), points=[point(-DAY), point(HOUR)], offsets={"pbs01": -90.0})
    found = row("clock", seen)
    assert (found["offset"], found["ahead"], found["future"]) == (90, False, 1)
    assert isinstance(row("clock", scene(asset(), lost=DENIED))["future"], Gap)


def test_metrics_count_what_is_sure():
    seen = scene(asset(), asset("b", "pbs:store1/vm/102"), asset("c", "x:1"), points=DAILY)
    found = {row["metric"]: row for row in derive("metric", seen).rows}
    assert (found["coverage"]["numerator"], found["coverage"]["denominator"], found["coverage"]["percent"]) == (
        1,
        3,
        33,
    )
    assert found["tested"]["percent"] is ABSENT
    doubtful = {row["metric"]: row for row in derive("metric", scene(asset(), lost=DENIED)).rows}
    assert (doubtful["coverage"]["undecided"], doubtful["coverage"]["numerator"]) == (1, 0)


def test_now_is_the_time_of_the_vectors():
    assert NOW % DAY == 12 * HOUR


def test_nothing_is_said_of_points_ages_and_disks_that_nobody_tells():
    """An empty list passes; where nothing could be in it, there is none."""
    bare = scene(asset())
    covered = row("coverage", bare)
    assert (covered["left_out"], covered["reused"], covered["listed"]) == (ABSENT, ABSENT, False)
    assert row("verification", bare)["failed"] is ABSENT
    assert row("retention", bare)["expired"] is ABSENT
    hidden = scene(asset(created_at=ago(DAY)), lost=unknown("filtered", "Datastore.Audit"))
    for fact, column in (("coverage", "reused"), ("verification", "failed"), ("retention", "expired")):
        assert isinstance(row(fact, hidden)[column], Gap)


def test_points_of_every_key_of_an_asset_are_its_own():
    old = [point(number * DAY, object="vm/303", asset_keys=["pbs:store1/vm/303"]) for number in range(20, 30)]
    seen = scene(asset("vm101", "pbs:store1/vm/101", "pbs:store1/vm/303", demand=RPO), points=[*DAILY[:20], *old])
    assert row("exposure", seen)["usable"] == 30
    assert derive("orphan", seen).rows == ()


def test_the_loss_of_a_site_has_an_rto_of_its_own_where_the_policy_says_so():
    sources = {"rto": "policy.md:1", "offsite_rto": "policy.md:2"}
    own = row("restore_time", scene(asset(demand=Demand(rto=HOUR, offsite_rto=12 * HOUR, sources=sources))))
    assert (own["site_rto"], own["site_rto_source"], own["rto"]) == (12 * HOUR, "policy.md:2", HOUR)
    same = row("restore_time", scene(asset(demand=Demand(rto=HOUR, sources=sources))))
    assert (same["site_rto"], same["site_rto_source"]) == (HOUR, "policy.md:1")
