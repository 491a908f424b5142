"""Who reaches backup servers: on recorded hosts, beside the networks that the policy names."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from scanner.derivation.recovery.scene import Scene
from scanner.evaluation.judge import compile_rule
from scanner.model.evidence import Evidence, Gap, Query, Snapshot, error, unknown
from scanner.model.recovery import Leaf, Section
from scanner.operations.content import Content, load_content
from tests.derivation.linux.test_firewall import saving
from tests.support.estate import TODAY, derive

RECORDINGS = Path(__file__).parents[2] / "recordings" / "linux"
NETWORKS = Section(
    "estate",
    {"backup_networks": Leaf("estate.backup_networks", ("10.20.0.0/24",), "10.20.0.0/24", "handbook, Network")},
)
HERE = "-A INPUT -s 10.20.0.0/24 -p tcp -m tcp --dport 8007 -j ACCEPT"
DROP = ":INPUT DROP [0:0]"
PVE = {"node": "pve1", "interface": "vmbr1", "address": "10.20.0.11", "network": "10.20.0.0/24", "gateway": False}


def recorded(fact: str, case: str) -> Evidence:
    kept = json.loads((RECORDINGS / fact / case / "case.json").read_text())["evidence"][0]
    return Evidence(Query(fact), tuple(kept["rows"]))


def listening(*addresses: str) -> list[dict[str, Any]]:
    return [
        {"protocol": "tcp", "address": each, "port": 8007, "loopback": False, "process": "proxmox-backup", "pid": 9}
        for each in addresses
    ]


def host(case: str, *rules: str, chains: str = DROP, on: Sequence[str] = ("10.20.0.5",)) -> dict[str, Evidence]:
    """Give what a host told; the same rules hold for IPv4 alone, so it does not listen in IPv6 but where a test says so."""
    given = saving(*rules, chains=chains, sockets=listening(*on))
    told = {query.fact: each for query, each in given.items() if query.fact != "linux.unit"}
    return {**told, **{fact: recorded(fact, case) for fact in ("linux.network_address", "linux.default_route")}}


def estate(
    answers: Mapping[str, Mapping[str, Evidence]], policy: Section = NETWORKS, hosts: Mapping[str, str] | None = None
) -> Scene:
    kinds = {
        name: "pbs" if name.startswith("pbs") else "pve" if name.startswith("lab") else "linux" for name in answers
    }
    return Scene(TODAY, "UTC", (), (), answers, kinds, {}, estate=policy, hosts=hosts or {})


@functools.cache
def _content() -> Content:
    return load_content()


def verdict(rule: str, fact: str, seen: Scene) -> str:
    content = _content()
    found = derive(fact, seen)
    snapshot = Snapshot("estate", TODAY, {found.query: found})
    return compile_rule(content.rules[rule], {}, content.vocabulary)(snapshot.get, {"id": "estate"}).outcome.value


def test_apart_and_closed() -> None:
    seen = estate({"srv": host("noble-hardened", HERE), "pbs01": {}}, hosts={"pbs01": "srv"})
    [row] = derive("isolation", seen).rows
    assert (row["target"], row["endpoint"], row["addresses"]) == ("pbs01", "tcp/8007", ["10.20.0.5"])
    assert (row["outside"], row["gateway"], row["strangers"]) == ([], [], False)
    assert (row["networks"], row["networks_source"]) == (["10.20.0.0/24"], "handbook, Network")
    assert verdict("backup_network_isolated", "isolation", seen) == "pass"


def test_listening_everywhere_counts_where_the_filter_closes_the_rest() -> None:
    seen = estate({"srv": host("noble-hardened", HERE, on=["0.0.0.0"])})
    assert verdict("backup_network_isolated", "isolation", seen) == "pass"
    open_to_office = host(
        "noble-hardened", HERE, "-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 8007 -j ACCEPT", on=["0.0.0.0"]
    )
    [row] = derive("isolation", estate({"srv": open_to_office})).rows
    assert (row["outside"], row["gateway"]) == (["192.0.2.10"], ["eth0"])
    assert verdict("backup_network_isolated", "isolation", estate({"srv": open_to_office})) == "fail"


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (host("bookworm-weak", on=["0.0.0.0"], chains=":INPUT ACCEPT [0:0]"), "fail"),
        (host("bookworm-weak", HERE, on=["0.0.0.0"]), "fail"),
        (host("bookworm-weak", HERE, on=["192.0.2.10"]), "fail"),
        (host("noble-hardened", HERE, on=["192.0.2.10"], chains=":INPUT ACCEPT [0:0]"), "fail"),
        (host("noble-hardened", chains=":INPUT ACCEPT [0:0]"), "fail"),
        (host("noble-hardened", HERE, on=["::"]), "fail"),
    ],
    ids=["weak", "no address there", "not in that network", "bound to another address", "no filter", "IPv6 is open"],
)
def test_weak_hosts(told: dict[str, Evidence], wanted: str) -> None:
    assert verdict("backup_network_isolated", "isolation", estate({"srv": told})) == wanted


def test_the_gateway_s_interface_is_not_apart() -> None:
    office = Section("estate", {"backup_networks": Leaf("estate.backup_networks", ("192.0.2.0/24",), "", "")})
    told = host("bookworm-weak", "-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 8007 -j ACCEPT", on=["192.0.2.10"])
    [row] = derive("isolation", estate({"srv": told}, office)).rows
    assert (row["outside"], row["gateway"], row["strangers"]) == ([], ["eth0"], False)


@pytest.mark.parametrize(
    ("fact", "outcome"),
    [
        ("linux.network_address", "unknown"),
        ("linux.default_route", "unknown"),
        ("linux.firewall_chain", "unknown"),
        ("linux.process_listening", "unknown"),
    ],
)
def test_what_a_host_may_not_tell_never_passes(fact: str, outcome: str) -> None:
    told = host("noble-hardened", HERE)
    rows = told[fact].rows if fact in ("linux.process_listening",) else ()
    told[fact] = Evidence(Query(fact), rows, unknown("permission denied", "root"))
    assert verdict("backup_network_isolated", "isolation", estate({"srv": told})) == outcome
    told[fact] = Evidence(Query(fact), rows, error("cut"))
    assert verdict("backup_network_isolated", "isolation", estate({"srv": told})) == "error"


def test_a_policy_that_names_no_network() -> None:
    silent = Section("estate")
    seen = estate({"srv": host("noble-hardened", HERE)}, silent)
    assert verdict("backup_network_isolated", "isolation", seen) == "unknown"
    open_ = estate({"srv": host("noble-hardened", chains=":INPUT ACCEPT [0:0]")}, silent)
    assert verdict("backup_network_isolated", "isolation", open_) == "fail"


def test_a_server_whose_host_nobody_named() -> None:
    own = Evidence(Query("backup.network"), ({**PVE, "node": "localhost", "interface": "eno2"},))
    seen = estate({"pbs01": {"backup.network": own}})
    [row] = derive("isolation", seen).rows
    assert (row["addresses"], row["outside"], row["gateway"]) == (["10.20.0.11"], [], [])
    assert isinstance(row["strangers"], Gap)
    assert "runs_on" in str(row["strangers"].needs)
    office = {**PVE, "node": "localhost", "address": "192.0.2.9", "network": "192.0.2.0/24", "gateway": True}
    both = Evidence(Query("backup.network"), (*own.rows, office))
    assert verdict("backup_network_isolated", "isolation", estate({"pbs01": {"backup.network": both}})) == "unknown"
    elsewhere = Evidence(Query("backup.network"), (office,))
    assert verdict("backup_network_isolated", "isolation", estate({"pbs01": {"backup.network": elsewhere}})) == "fail"
    hidden = Evidence(Query("backup.network"), (), unknown("left out", "role Audit"))
    assert verdict("backup_network_isolated", "isolation", estate({"pbs01": {"backup.network": hidden}})) == "unknown"


def test_a_host_that_does_not_listen_is_an_error() -> None:
    seen = estate({"srv": host("noble-hardened", HERE, on=[]), "pbs01": {}}, hosts={"pbs01": "srv"})
    [row] = derive("isolation", seen).rows
    assert isinstance(row["strangers"], Gap)


def test_nodes_of_a_cluster() -> None:
    def cluster(*rows: dict[str, Any], gap: Gap | None = None) -> Scene:
        return estate({"lab": {"backup.network": Evidence(Query("backup.network"), rows, gap)}})

    front = {**PVE, "interface": "vmbr0", "address": "192.0.2.11", "network": "192.0.2.0/24", "gateway": True}
    assert verdict("backup_traffic_separate", "backup_path", cluster(PVE, front)) == "pass"
    assert verdict("backup_traffic_separate", "backup_path", cluster(front)) == "fail"
    assert verdict("backup_traffic_separate", "backup_path", cluster({**PVE, "gateway": True})) == "fail"
    assert (
        verdict("backup_traffic_separate", "backup_path", cluster(PVE, gap=unknown("hidden", "PVEAuditor")))
        == "unknown"
    )
    assert verdict("backup_traffic_separate", "backup_path", cluster()) == "notapplicable"
