"""What every recovery fact keeps to: its declaration, its doubts, and calm before whatever a system may send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.derivation.recovery.table import RECOVERY
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Gap, unknown
from scanner.model.fact import Kind, Type
from scanner.model.recovery import Demand, Generations, Place
from tests.support.estate import DAY, HOUR, ago, asset, derive, point, scene

OURS = [name for name in RECOVERY if name.startswith("recovery.")]
FULL = Demand(
    service_class="critical",
    rpo=DAY,
    rto=HOUR,
    systems=("pbs",),
    application=True,
    pitr=True,
    interval=DAY,
    success_rate=0.95,
    min_history=30 * DAY,
    max_age=60 * DAY,
    generations=Generations(weekly=4, monthly=1),
    offsite=True,
    offsite_lag=DAY,
    offsite_classes=("GLACIER",),
    offsite_history=30 * DAY,
    copies=3,
    media=2,
    immutable=True,
    encrypted=True,
    encrypted_in_transit=True,
    fingerprints=("aa:bb",),
    verified_within=30 * DAY,
    tested_within=31 * DAY,
    checks=("integrity", "function"),
    sources={"rpo": "policy.md:12"},
)
PLACES = (Place("pbs01/store1", "home", "disk"), Place("pbs02/*", "away", "tape", offline=True))
DRILL = {
    "drill": "d1",
    "source": "record",
    "kind": "restore",
    "scenario": "vm",
    "asset": "vm101",
    "service_class": ABSENT,
    "asset_keys": [],
    "started_at": ago(3 * DAY + HOUR),
    "ended_at": ago(3 * DAY),
    "until_usable": 1200,
    "newest_data": ago(3 * DAY + 2 * HOUR),
    "to_source": "no",
    "passed": ["integrity", "function"],
    "failed": [],
    "size": 10**9,
}
JOB = {
    "system": "pbs",
    "job": "prune",
    "kind": "prune",
    "enabled": True,
    "location": "store1",
    "keep_weekly": 4,
    "keep_monthly": 1,
    "asset_keys": [],
}
BACKUP = {**JOB, "job": "nightly", "kind": "backup", "interval": DAY, "asset_keys": ["pbs:store1/vm/101"]}
BACKUP.pop("keep_weekly")
BACKUP.pop("keep_monthly")
RUN = {"system": "pbs", "run": "r1", "job": "nightly", "kind": "backup", "asset_keys": [], "status": "ok"}
OBJECT = {
    "system": "pve",
    "object": "qemu/101",
    "asset_keys": ["pbs:store1/vm/101"],
    "template": False,
    "left_out": ["scsi1"],
    "size": 2 * 10**9,
    "created_at": ABSENT,
}
USAGE = [{"location": "store1", "at": ago(number * DAY), "used": 10**12 - number * 10**9} for number in range(20)]
LOCATION = {"system": "pbs", "location": "store1", "total": 4 * 10**12, "used": 10**12, "usable": True}


def rich(**changes: Any):
    points = [point(number * DAY + 2 * HOUR, HOUR) for number in range(40)]
    more = {
        "pbs01": {
            "backup.job": [JOB, BACKUP],
            "backup.run": [
                {
                    **RUN,
                    "run": f"r{number}",
                    "started_at": ago(number * DAY + 2 * HOUR),
                    "ended_at": ago(number * DAY + HOUR),
                }
                for number in range(10)
            ],
            "backup.location": [LOCATION],
            "backup.usage": USAGE,
        },
        "pbs02": {
            "backup.restore_point": [point(DAY + 2 * HOUR, location="far"), point(DAY, asset_keys=["pbs:far/vm/9"])],
            "backup.run": [],
        },
        "pve01": {
            "backup.object": [OBJECT],
            "backup.restore_point": [],
            "backup.run": [],
            "backup.network": [
                {"node": "n1", "interface": "vmbr1", "address": "10.2.0.1", "network": "10.2.0.0/24", "gateway": False}
            ],
        },
        "conf": {
            "git.document": [
                {"document": "r.md", "present": True, "last_commit": "2026-03-01T12:00:00Z", "commit": "a"}
            ]
        },
        "records": {"recovery.drill": [DRILL]},
        "repo": {
            "backup.log_archive": [
                {
                    "system": "pgbackrest",
                    "object": "main",
                    "location": "repo1",
                    "asset_keys": ["postgres:1"],
                    "last": "000000010000000000000002",
                    "newest": "000000010000000000000002",
                    "missing": 0,
                    "gaps": [],
                    "broken_backups": [],
                }
            ],
            "backup.restore_point": [point(HOUR, asset_keys=["pgbackrest:old"], system="pgbackrest")],
        },
        "db01": {
            "postgres.archiver": [
                {
                    "mode": "on",
                    "failing": False,
                    "system": "1",
                    "last_segment": "000000010000000000000002",
                    "waiting": 0,
                }
            ]
        },
        "db02": {"postgres.archiver": [{"mode": "on", "failing": True, "system": "2", "waiting": 3}]},
    }
    platforms = {
        "conf": "git",
        "pbs02": "pbs",
        "pve01": "pve",
        "records": "records",
        "repo": "pgbackrest",
        "db01": "postgres",
    }
    assets = (asset(demand=FULL), asset("vm102", "pbs:store1/vm/102", demand=FULL), asset("bare", "x:1"))
    assets += (asset("one", "pbs:far/vm/9"), asset("two", "pbs:far/vm/9"))
    return scene(*assets, points=points, places=PLACES, more=more, platforms=platforms, **changes)


@pytest.mark.parametrize("fact", OURS)
def test_rows_are_as_declared(fact: str):
    spec = builtin()[fact]
    found = derive(fact.removeprefix("recovery."), rich())
    assert found.rows
    keys = [tuple(str(row[name]) for name in spec.keys) for row in found.rows]
    assert len(keys) == len(set(keys))
    for row in found.rows:
        assert set(row) == {field.name for field in spec.fields}
        for field in spec.fields:
            assert fits(row[field.name], field.type), (field.name, row[field.name])


def fits(cell: Any, type_: Type) -> bool:
    if cell is ABSENT or isinstance(cell, Gap):
        return True
    if type_.many:
        return isinstance(cell, list) and all(isinstance(each, str) for each in cell)
    if type_.kind is Kind.BOOL:
        return isinstance(cell, bool)
    if type_.kind in (Kind.INT, Kind.SIZE, Kind.DURATION):
        return isinstance(cell, int) and not isinstance(cell, bool)
    return isinstance(cell, str)


def test_every_declared_fact_of_the_estate_is_derived():
    names = {name for name, spec in builtin().items() if name.startswith("recovery.") and spec.scope == "estate"}
    assert names == set(OURS)


@pytest.mark.parametrize("fact", OURS)
def test_a_part_of_the_inventory_leaves_every_list_open(fact: str):
    part = unknown("only a part of the inventory was scanned")
    assert derive(fact.removeprefix("recovery."), rich(part=part)).gap is not None


def test_without_a_policy_nobody_knows_what_is_demanded():
    seen = rich(policy=unknown("no recovery policy was given"))
    for fact, column in (
        ("exposure", "rpo"),
        ("retention", "missing"),
        ("offsite", "demanded"),
        ("copies", "demanded"),
    ):
        assert all(isinstance(row[column], Gap) for row in derive(fact, seen).rows)


def test_an_unknown_time_zone_leaves_periods_open():
    seen = replace(rich(), timezone="Mars/Olympus", memory={})
    row = derive("retention", seen).rows[0]
    assert isinstance(row["missing"], Gap)
    assert isinstance(row["history"], int)


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.text(max_size=3), max_size=2),
    st.sampled_from([ABSENT, unknown("denied"), ago(DAY), "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]),
    st.sampled_from(["2026-11-20T02:00:00", "ok", "backup", "prune", "pbs:store1/vm/101"]),
    st.just(["pbs:store1/vm/101"]),
)
FACTS = (
    ("pbs01", "backup.restore_point", point(DAY)),
    ("pbs01", "backup.run", {**RUN, "started_at": ago(DAY), "ended_at": ago(DAY)}),
    ("pbs01", "backup.job", {**BACKUP, **JOB, "kind": "backup"}),
    ("pbs01", "backup.location", LOCATION),
    ("pbs01", "backup.usage", USAGE[0]),
    ("pve01", "backup.object", OBJECT),
    ("records", "recovery.drill", DRILL),
    ("repo", "backup.log_archive", {"system": "pgbackrest", "object": "main", "asset_keys": ["postgres:1"]}),
    ("db01", "postgres.archiver", {"mode": "on", "failing": False, "system": "1", "last_segment": "x", "behind": 0}),
)


@given(st.data())
@settings(derandomize=True, max_examples=80, deadline=None)
def test_whatever_a_system_sends_is_survived(data: st.DataObject):
    more: dict[str, dict[str, Any]] = {}
    for target, fact, usual in FACTS:
        rows = []
        for _ in range(data.draw(st.integers(0, 3))):
            odd = data.draw(st.dictionaries(st.sampled_from(sorted(usual)), CELLS, max_size=4))
            rows.append({**usual, **odd})
        more.setdefault(target, {})[fact] = rows
    platforms = {"pve01": "pve", "records": "records", "repo": "pgbackrest", "db01": "postgres"}
    demand = replace(FULL, interval=data.draw(st.sampled_from([None, 1.0, DAY])))
    seen = scene(asset(demand=demand), asset("bare", "x:1"), places=PLACES, more=more, platforms=platforms)
    for fact in OURS:
        for row in derive(fact.removeprefix("recovery."), seen).rows:
            spec = builtin()[fact]
            assert set(row) == {field.name for field in spec.fields}
