"""Which ports strangers reach, by recordings of real systems and by rules that look tighter than they are."""

from __future__ import annotations

import pytest

from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error
from scanner.model.outcome import Outcome
from tests.derivation.linux.test_firewall import inputs, judged, recorded, saving

PBS = [
    {"protocol": "tcp", "address": "0.0.0.0", "port": 8007, "loopback": False, "process": "proxmox-backup", "pid": 1}
]
DROP = ":INPUT DROP [0:0]"


def strangers(*lines: str, chains: str = DROP) -> object:
    [row] = judged("linux.port_exposure", saving(*lines, chains=chains, sockets=PBS)).rows
    assert (row["endpoint"], row["version"]) == ("tcp/8007", "ipv4")
    return row["strangers"]


@pytest.mark.parametrize(
    "lines",
    [
        ["-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 8007 -j ACCEPT"],
        ["-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"],
        ["-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"],
        ["-A INPUT -j backups", "-A backups -s 10.1.0.0/16 -j ACCEPT", "-A backups -j RETURN"],
        ["-A INPUT -i lo -j ACCEPT"],
    ],
)
def test_stopped(lines: list[str]) -> None:
    assert strangers(*lines) is False


@pytest.mark.parametrize(
    "lines",
    [
        ["-A INPUT -p tcp -m tcp --dport 8007 -j ACCEPT"],
        ["-A INPUT -p tcp -m tcp --dport 8000:8010 -j ACCEPT"],
        ["-A INPUT -p tcp -m multiport --dports 22,8007 -j ACCEPT"],
        ["-A INPUT ! -s 10.0.0.0/8 -p tcp -j ACCEPT"],
        ["-A INPUT -j ACCEPT"],
        ["-A INPUT -p tcp -m limit --limit 5/min -j ACCEPT"],
        ["-A INPUT -j backups", "-A backups -p tcp -j ACCEPT"],
        ["-A INPUT -s 192.0.2.0/24 -j DROP", "-A INPUT -s 203.0.113.0/24 -j DROP", "-A INPUT -j ACCEPT"],
    ],
)
def test_open(lines: list[str]) -> None:
    assert strangers(*lines) is True


def test_no_rules_at_all() -> None:
    assert strangers(chains=":INPUT ACCEPT [0:0]") is True


def test_by_an_interface_it_is_not_known() -> None:
    gap = strangers("-A INPUT -i eth1 -p tcp -m tcp --dport 8007 -j ACCEPT")
    assert isinstance(gap, Gap)
    assert gap.kind is Outcome.UNKNOWN


def test_translated_before_the_filter_sees_it() -> None:
    given = saving(chains=DROP, sockets=PBS)
    chain: dict[str, Cell] = {
        "backend": "iptables-nft",
        "family": "ip",
        "table": "nat",
        "chain": "PREROUTING",
        "type": "nat",
    }
    chains, rules = given[Query("linux.firewall_chain")], given[Query("linux.firewall_rule")]
    nat: Row = {**chain, "hook": "prerouting", "policy": "accept", "priority": -100, "rules": 1}
    rule: Row = {**chain, "position": 1, "verdict": "other", "target": "DNAT", "protocol": ["tcp"], "ports": ["8007"]}
    more = inputs(Evidence(chains.query, (*chains.rows, nat)), Evidence(rules.query, (*rules.rows, rule)), sockets=PBS)
    [row] = judged("linux.port_exposure", more).rows
    assert isinstance(row["strangers"], Gap)


def test_real_systems() -> None:
    hardened = judged("linux.port_exposure", recorded("bookworm-nftables-hardened", sockets=PBS)).rows
    assert [row["strangers"] for row in hardened] == [False]
    stock = judged("linux.port_exposure", recorded("noble-stock", sockets=PBS)).rows
    assert [row["strangers"] for row in stock] == [True]
    ssh = judged("linux.port_exposure", recorded("bookworm-ufw-hardened")).rows
    assert {(row["version"], row["strangers"]) for row in ssh} == {("ipv4", True), ("ipv6", True)}


def test_without_root_nothing_is_claimed() -> None:
    found = judged("linux.port_exposure", recorded("noble-ordinary", sockets=PBS))
    assert found.gap is None
    [row] = found.rows
    assert isinstance(row["strangers"], Gap)
    assert row["strangers"].needs == "root"


def test_sockets_that_could_not_be_asked() -> None:
    given = saving(chains=DROP)
    given[Query("linux.process_listening")] = Evidence(Query("linux.process_listening"), gap=error("ss failed"))
    assert judged("linux.port_exposure", given).gap is not None
