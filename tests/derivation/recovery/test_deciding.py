"""Each fact about an asset names the restore point that decides it, and both exposures, as `recovery.exposure` has them."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.facts.recovery.columns import DECIDES
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, unknown
from scanner.model.recovery import Demand, Generations, Place
from tests.support.estate import DAY, HOUR, ago, asset, derive, point, row, scene

POINTS = [point(number * DAY + 10 * HOUR, HOUR) for number in range(35)]
NEWEST, OLDEST = (f"pbs pbs01/store1 vm/101/{ago(number * DAY + 10 * HOUR)}" for number in (0, 34))
FAR = Place("pbs02/store1", site="elsewhere")
EACH = sorted(
    name.removeprefix("recovery.")
    for name, spec in builtin().items()
    if name.startswith("recovery.") and spec.scope == "estate" and "asset" in spec.keys
)


def at(age: float, target: str = "pbs01") -> str:
    return f"pbs {target}/store1 vm/101/{ago(age)}"


def drill(**more: Any) -> dict[str, Any]:
    told = {"drill": "d1", "kind": "restore", "asset": "vm101", "ended_at": ago(HOUR), "to_source": "no"}
    return {**told, "passed": [], "failed": [], "until_usable": 600, **more}


@pytest.mark.parametrize(("fact", "deciding"), [("exposure", NEWEST), ("coverage", NEWEST), ("job_health", NEWEST)])
def test_the_newest_point_decides_what_would_be_lost(fact: str, deciding: str):
    assert row(fact, scene(asset(), points=POINTS))["deciding_point"] == deciding


def test_the_oldest_point_decides_how_far_one_can_go_back():
    assert row("retention", scene(asset(), points=POINTS))["deciding_point"] == OLDEST


def test_what_pruning_leaves_decides_its_forecast():
    job = {"job": "prune", "kind": "prune", "enabled": True, "location": "store1", "keep_last": 3}
    found = row("prune_forecast", scene(asset(), points=POINTS, more={"pbs01": {"backup.job": [job]}}))
    assert (found["kept"], found["deciding_point"]) == (3, at(2 * DAY + 10 * HOUR))


def test_a_point_that_failed_or_is_late_decides_verification():
    demand = Demand(verified_within=3 * DAY, generations=Generations(weekly=2))
    sound = [point(age * DAY, verification="ok", verified_at=ago(age * DAY - HOUR)) for age in (0.5, 2)]
    late = point(9 * DAY, verification="ok", verified_at=ago(8 * DAY))
    broken = point(20 * DAY, verification="failed", verified_at=ago(DAY))

    def deciding(*points: dict[str, Any]) -> Any:
        return row("verification", scene(asset(demand=demand), points=points))["deciding_point"]

    assert deciding(*sound, late, broken) == at(20 * DAY)
    assert deciding(*sound, late) == at(9 * DAY)
    assert deciding(*sound) in {at(0.5 * DAY), at(2 * DAY)}
    assert deciding() is ABSENT


def test_a_plain_point_decides_encryption():
    plain, unclear = point(5 * DAY, encryption="plain"), point(4 * DAY, encryption=ABSENT)
    assert row("encryption", scene(asset(), points=[*POINTS, unclear, plain]))["deciding_point"] == at(5 * DAY)
    assert row("encryption", scene(asset(), points=[*POINTS, unclear]))["deciding_point"] == at(4 * DAY)
    assert row("encryption", scene(asset(), points=POINTS))["deciding_point"] == NEWEST


def test_the_newest_point_at_another_site_decides_what_is_off_site():
    more = {"pbs02": {"backup.restore_point": POINTS[4:]}}
    seen = scene(asset(), points=POINTS, more=more, places=[FAR], platforms={"pbs02": "pbs"})
    assert row("offsite", seen)["deciding_point"] == at(4 * DAY + 10 * HOUR, "pbs02")
    assert row("offsite", scene(asset(), points=POINTS))["deciding_point"] is ABSENT


def test_a_copy_that_is_not_sound_decides_about_copies():
    sound = [point(10 * HOUR, verification="ok", verified_at=ago(HOUR))]
    demand = Demand(copies=3, verified_within=2 * DAY)
    more = {"pbs02": {"backup.restore_point": [point(5 * DAY)]}}
    seen = scene(asset(demand=demand), points=sound, more=more, platforms={"pbs02": "pbs"})
    assert row("copies", seen)["deciding_point"] == at(5 * DAY, "pbs02")
    assert row("copies", scene(asset(demand=demand), points=sound))["deciding_point"] == at(10 * HOUR)


def test_the_point_that_a_test_restored_decides_it():
    def deciding(**more: Any) -> Any:
        given = {"rec": {"recovery.drill": [drill(**more)]}}
        return row("restore_test", scene(asset(), points=POINTS, more=given))["deciding_point"]

    assert deciding(point=f"vm/101/{ago(34 * HOUR)}") == at(34 * HOUR)
    assert deciding(point="vm/101/long gone") == "vm/101/long gone"
    assert deciding() is ABSENT
    assert deciding(failed=["integrity"], point="p") is ABSENT


def test_the_point_that_is_read_soonest_decides_how_long_a_restore_takes():
    glacier = [point(HOUR, storage_class="GLACIER")]
    near = point(DAY, storage_class="STANDARD")
    more = {"rec": {"recovery.drill": [drill()]}}
    assert row("restore_time", scene(asset(), points=[*glacier, near], more=more))["deciding_point"] == at(DAY)


def test_the_end_of_a_log_archive_decides_about_archiving():
    key = "postgres:7300"
    end = point(HOUR / 6, kind="pitr", asset_keys=[key], base=f"vm/101/{ago(DAY)}")
    base = point(DAY, HOUR, asset_keys=[key])
    archive = {"system": "pgbackrest", "object": "main", "location": "repo1", "asset_keys": [key], "newest": "0001"}
    given = {"pbs01": {"backup.log_archive": [archive, {**archive, "object": "other", "asset_keys": ["postgres:1"]}]}}
    ours, other = derive("archiving", scene(asset("db", key), points=[base, end], more=given)).rows
    assert (ours["asset"], ours["deciding_point"], ours["exposure_now"]) == ("db", at(HOUR / 6), 600)
    assert [other[name] for name in ("asset", *DECIDES)] == [ABSENT] * 4


def test_the_newest_point_that_rests_on_no_other_decides_about_full_backups():
    demand = Demand(full_interval=7 * DAY)
    chain = [point(number * DAY, kind="incremental") for number in range(12)]
    full = point(12 * DAY, kind="full")

    def found(*points: Any, **more: Any) -> dict[str, Any]:
        return dict(row("full", scene(asset(demand=demand, **more), points=points)))

    assert (found(*chain, full)["deciding_point"], found(*chain, full)["age"]) == (at(12 * DAY), 12 * DAY)
    assert found(*chain, full)["limit"] == 7.7 * DAY
    assert found(*chain)["age"] is ABSENT
    assert found(*chain, point(6 * DAY))["age"] == 6 * DAY
    assert found(*chain, point(6 * DAY, base=f"vm/101/{ago(7 * DAY)}"), point(7 * DAY, kind="full"))["age"] == 7 * DAY
    assert found(*chain, created_at=ago(3 * DAY))["pending"]
    assert not found(*chain)["pending"]


@pytest.mark.parametrize("kind", [unknown("not told"), "files"])
def test_a_point_that_does_not_tell_what_it_is_leaves_full_backups_open(kind: Any):
    demand = Demand(full_interval=7 * DAY)
    silent, full = point(2 * DAY, kind=kind), point(20 * DAY, kind="full")
    found = row("full", scene(asset(demand=demand), points=[silent, full]))["age"]
    assert "it is not told whether it is a full one; the newest full one that is known is 20 d old" in found.reason
    fresh = point(DAY, kind="full")
    assert row("full", scene(asset(demand=demand), points=[silent, fresh]))["age"] == DAY
    lost = unknown("the listing is filtered", "role Audit")
    assert row("full", scene(asset(demand=demand), points=[full], lost=lost))["age"].needs == "role Audit"


@pytest.mark.parametrize("fact", EACH)
def test_both_exposures_are_those_of_the_fact_about_them(fact: str):
    job = {"job": "nightly", "kind": "backup", "enabled": True, "interval": DAY, "keep_last": 3}
    job["asset_keys"] = ["pbs:store1/vm/101"]
    runs = [
        {
            "run": f"r{number}", "job": "nightly", "kind": "backup", "asset_keys": ["pbs:store1/vm/101"], "status": "ok",
            "message": "", "size": 1, "started_at": ago(number * DAY + 10 * HOUR), "ended_at": ago(number * DAY + 9 * HOUR),
        }
        for number in range(30)
    ]  # fmt: skip
    for lost in (None, unknown("the listing is filtered", "role Audit")):
        given = {"pbs01": {"backup.job": [job], "backup.run": runs}}
        seen = scene(asset(demand=Demand(rpo=HOUR)), points=POINTS, lost=lost, more=given)
        wanted = {name: row("exposure", seen)[name] for name in ("exposure_now", "exposure_worst")}
        found = derive(fact, seen).rows
        assert found
        for each in found:
            assert {name: each[name] for name in wanted} == wanted
