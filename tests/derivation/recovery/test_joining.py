"""Whose an object is, which platforms could hold something of an asset, and what nobody claims."""

from __future__ import annotations

from scanner.derivation.recovery.joining import Claims, Owners, holders, unclaimed
from scanner.model.evidence import Evidence, Query, unknown
from scanner.model.recovery import Demand
from tests.support.estate import asset


def test_a_key_that_one_asset_alone_has_decides_over_a_shared_one():
    claims = Claims([asset("a", "pve:lab/101", "pve:101"), asset("b", "pve:den/101", "pve:101")])
    assert claims.owners("pve1", ["pve:lab/101", "pve:101"]) == Owners((0,))
    assert claims.owners("pve2", ["pve:101"]) == Owners(rivals=(0, 1))
    assert claims.owners("pve2", ["pve:999"]) == claims.owners("pve2", []) == Owners()


def test_a_whole_belongs_to_all_that_name_it():
    claims = Claims([asset("sky", "pgbackrest:main", "x:1"), asset("lab", "pgbackrest:main"), asset("z", "velero:ns")])
    assert claims.owners("repo", ["pgbackrest:main", "postgres:7"]) == Owners((0, 1))
    assert claims.owners("k8s", ["velero:ns"]) == Owners((2,))


A = {"asset_keys": ["pve:lab/101", "pve:101", "pbs:s/vm/101"]}
B = {"asset_keys": ["pve:den/101", "pve:101", "pbs:s/vm/101"]}


def test_other_keys_of_an_asset_are_learnt_from_what_names_them_together():
    claims = Claims([asset("a", "pve:lab/101")])
    assert claims.owners("pbs1", ["pbs:s/vm/101"]) == Owners()
    other = {"asset_keys": ["pve:lab/102", "pbs:s/vm/102"]}
    assert [number for number, *_ in claims.learn([("pve1", A), ("pve1", other)])] == [0]
    assert claims.owners("pbs1", ["pbs:s/vm/101"]) == Owners((0,))
    assert claims.owners("pbs1", ["pbs:s/vm/102"]) == Owners()


def test_the_same_number_in_another_cluster_is_another_guest():
    claims = Claims([asset("a", "pve:lab/101")])
    claims.learn([("pve1", A)])
    assert claims.owners("pve2", B["asset_keys"][:2]) == Owners()


def test_a_learnt_key_that_another_thing_has_too_is_nobodys():
    claims = Claims([asset("a", "pve:lab/101")])
    claims.learn([("pve1", A), ("pve2", B)])
    assert claims.owners("pbs1", ["pbs:s/vm/101"]) == Owners(rivals=(0,))
    both = Claims([asset("a", "pve:lab/101"), asset("b", "pve:den/101")])
    both.learn([("pve1", A), ("pve2", B)])
    assert both.owners("pbs1", ["pbs:s/vm/101"]) == Owners(rivals=(0, 1))


def test_a_written_key_counts_before_a_learnt_one():
    claims = Claims([asset("a", "pve:lab/101"), asset("b", "pbs:s/vm/101")])
    claims.learn([("pve1", {"asset_keys": ["pve:lab/101", "pbs:s/vm/101"]})])
    assert claims.owners("pbs1", ["pbs:s/vm/101"]) == Owners((1,))


def test_an_asset_may_name_a_key_twice():
    assert Claims([asset("a", "git:etc", "git:etc")]).owners("git1", ["git:etc"]) == Owners((0,))


def test_who_could_hold_points():
    assert holders(asset("a", "postgres:7")) == {"pgbackrest", "barman", "walg"}
    assert holders(asset("a", "restic:h:/", demand=Demand(systems=("borg",)))) == {"restic", "borg"}
    assert holders(asset("a", "strange:7")) is None


def objects(*keys: object) -> Evidence:
    return Evidence(Query("backup.object"), tuple({"asset_keys": key, "object": str(key)} for key in keys))


def test_what_no_asset_claims_is_told_once():
    assets = [asset("a", "pve:lab/101"), asset("b", "pve:7"), asset("c", "pve:7")]
    seen = objects(["pve:lab/101", "pve:101"], ["pve:lab/102", "pve:102"], ["pve:7"], unknown("denied"), [])
    found = unclaimed(assets, [("node1", seen), ("node2", seen)])
    assert [(target, row["asset_keys"]) for target, row in found] == [("node1", ["pve:lab/102", "pve:102"])]
