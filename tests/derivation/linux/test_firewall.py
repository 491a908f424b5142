"""Frontends, policies and ports, from recordings of real systems and from rules that trap text searches."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import iptables_save
from scanner.collection.linux.firewall_rows import chain_rows, rule_rows
from scanner.derivation.linux.firewall_walk import OUTSIDE, Fit, Packet, match
from scanner.derivation.table import derive
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown
from scanner.model.outcome import Outcome
from scanner.planning.expand import inputs_of
from tests.collection.parity import check
from tests.collection.recorded import HOME, load

UNITS = {
    "ufw": "ufw.service",
    "nftables": "nftables.service",
    "iptables": "netfilter-persistent.service",
    "firewalld": "firewalld.service",
}
UFW = {"present": True, "enabled": True, "ipv6_running": True}
SOCKETS = [
    {"protocol": "tcp", "address": "::", "port": 22, "loopback": False, "process": "sshd", "pid": 1},
    {"protocol": "tcp", "address": "127.0.0.1", "port": 631, "loopback": True, "process": "cupsd", "pid": 2},
]
HIDDEN = unknown("denied", needs="root")


def inputs(
    chains: Evidence,
    rules: Evidence,
    *,
    boot: tuple[str, ...] = (),
    saved: Evidence | None = None,
    ufw: Row = UFW,
    sockets=SOCKETS,
) -> dict[Query, Evidence]:
    found = [chains, rules, saved or Evidence(Query("linux.nftables_saved")), Evidence(Query("linux.ufw"), (ufw,))]
    found.append(Evidence(Query("linux.process_listening"), tuple(sockets)))
    for name, unit in UNITS.items():
        found.append(Evidence(Query.of("linux.unit", {"name": unit}), ({"name": unit, "enabled": name in boot},)))
    return {evidence.query: evidence for evidence in found}


def judged(fact: str, given: Mapping[Query, Evidence]) -> Evidence:
    query = Query(fact)
    found = derive(query, {each: given[each] for each in inputs_of(query, builtin())}, "2026-11-21T00:00:00Z")
    check(found)
    return found


def recorded(case: str, **more) -> dict[Query, Evidence]:
    """Give the inputs as a recording of a real system has them."""
    answer = load(HOME / "linux.firewall_rule" / case)
    module = __import__("scanner.collection.linux.firewall", fromlist=["answer"])
    queries = [Query(fact) for fact in module.FACTS]
    chains, rules, _, saved = module.answer(queries, answer.outputs, answer.session)
    return inputs(chains, rules, saved=saved, **more)


def saving(
    *lines: str, backend: str = "iptables-nft", family: str = "ip", chains: str = ":INPUT ACCEPT [0:0]", **more
) -> dict[Query, Evidence]:
    """Give the inputs for rules in the words of iptables-save."""
    names = {word for line in lines for word in line.split()[1:2]} - {"INPUT"}
    declared = [*chains.split("\n"), *(f":{name} - [0:0]" for name in sorted(names) if f":{name} " not in chains)]
    tables, odd = iptables_save.tables(["*filter", *declared, *lines, "COMMIT"], backend, family)
    assert odd == ""
    rows = Evidence(Query("linux.firewall_chain"), tuple(chain_rows(tables)))
    return inputs(rows, Evidence(Query("linux.firewall_rule"), tuple(rule_rows(tables))), **more)


def only(evidence: Evidence) -> Row:
    assert evidence.gap is None
    (row,) = evidence.rows
    return row


@pytest.mark.parametrize(
    ("case", "boot", "in_use"),
    [
        ("noble-stock", (), []),
        ("noble-ufw-weak", ("ufw",), ["ufw"]),
        ("bookworm-ufw-hardened", ("ufw",), ["ufw"]),
        ("noble-nftables-stock", ("nftables",), []),
        ("bookworm-nftables-hardened", ("nftables",), ["nftables"]),
        ("noble-iptables-hardened", ("iptables",), ["iptables"]),
        ("bookworm-iptables-legacy", (), ["iptables"]),
    ],
)
def test_frontends_of_real_systems(case, boot, in_use):
    row = only(judged("linux.firewall", recorded(case, boot=boot)))
    assert (row["in_use"], row["at_boot"]) == (in_use, list(boot))
    assert row["sole"] == (in_use[0] if in_use else ABSENT)
    assert row["applicable"] == (in_use or list(boot) or ["ufw"])


@pytest.mark.parametrize("case", ["bookworm-ufw-hardened", "bookworm-nftables-hardened", "noble-iptables-hardened"])
def test_hardened_systems_do_what_is_asked(case):
    found = judged("linux.firewall_policy", recorded(case))
    assert [row["version"] for row in found.rows] == ["ipv4", "ipv6"]
    for row in found.rows:
        assert [row[f"default_{way}"] for way in ("input", "output", "forward")] == ["drop"] * 3
        assert all(row[f"loopback_{what}"] for what in ("in_accepted", "out_accepted", "spoof_dropped"))
        assert row["replies_accepted"] == ["tcp", "udp", "icmp"]
    ports = judged("linux.open_port", recorded(case)).rows
    assert [(row["endpoint"], row["version"], row["ruled"]) for row in ports] == [
        ("tcp/22", "ipv4", True),
        ("tcp/22", "ipv6", True),
    ]


def test_weak_systems_are_seen_through():
    stock, _ = judged("linux.firewall_policy", recorded("noble-ufw-weak")).rows
    assert (stock["default_input"], stock["default_output"], stock["loopback_spoof_dropped"]) == (
        "drop",
        "accept",
        False,
    )
    legacy, _ = judged("linux.firewall_policy", recorded("bookworm-iptables-legacy")).rows
    assert (legacy["default_input"], legacy["default_forward"]) == ("drop", "accept")
    (bare, _) = judged("linux.firewall_policy", recorded("noble-stock")).rows
    assert (bare["frontend"], bare["default_input"]) == ("ufw", "accept")


def test_without_root_nothing_is_claimed():
    given = recorded("noble-ordinary", boot=("ufw",))
    row = only(judged("linux.firewall", given))
    for name in ("in_use", "sole", "applicable"):
        assert isinstance(row[name], Gap)
        assert row[name].needs == "root"
    for fact in ("firewall_policy", "firewall_base_chain", "nftables_boot", "iptables_leftover"):
        gap = judged(f"linux.{fact}", given).gap
        assert gap is not None
        assert gap.kind is Outcome.UNKNOWN
    ports = judged("linux.open_port", given)
    assert ports.gap is None
    assert {row["endpoint"] for row in ports.rows} == {"tcp/22"}
    assert all(isinstance(row["ruled"], Gap) for row in ports.rows)


DOCKER = [
    "-A FORWARD -j DOCKER-USER",
    "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
    "-A DOCKER-USER -j RETURN",
    "-A INPUT -p tcp -j f2b-sshd",
    "-A f2b-sshd -s 192.0.2.7/32 -j REJECT",
    "-A INPUT -j KUBE-FIREWALL",
]


def test_rules_of_other_programs_are_no_frontend():
    given = saving(*DOCKER, chains=":INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]")
    row = only(judged("linux.firewall", given))
    assert row["in_use"] == []
    assert "chain DOCKER-USER in ip filter" in row["programs"]
    assert judged("linux.iptables_leftover", given).rows == ()
    own = saving(*DOCKER, "-A INPUT -p tcp --dport 22 -j ACCEPT")
    assert only(judged("linux.firewall", own))["in_use"] == ["iptables"]


def test_rules_beside_those_of_ufw_are_a_second_frontend():
    ufw = ["-A INPUT -j ufw-user-input", "-A ufw-user-input -p tcp --dport 22 -j ACCEPT"]
    assert only(judged("linux.firewall", saving(*ufw)))["in_use"] == ["ufw"]
    both = only(judged("linux.firewall", saving(*ufw, "-A INPUT -s 192.0.2.0/24 -j DROP")))
    assert (set(both["in_use"]), both["sole"]) == ({"ufw", "iptables"}, ABSENT)
    off = only(judged("linux.firewall", saving(ufw[0])))
    assert off["in_use"] == []


def test_another_frontend_at_the_next_boot_is_not_alone():
    rule = "-A INPUT -p tcp --dport 22 -j ACCEPT"
    assert only(judged("linux.firewall", saving(rule, boot=("iptables",))))["sole"] == "iptables"
    assert only(judged("linux.firewall", saving(rule, boot=("iptables", "nftables"))))["sole"] is ABSENT
    lost = saving(rule)
    lost[Query.of("linux.unit", {"name": "ufw.service"})] = Evidence(Query("linux.unit"), gap=HIDDEN)
    row = only(judged("linux.firewall", lost))
    assert isinstance(row["sole"], Gap)
    assert row["applicable"] == ["iptables"]


def test_a_table_that_nftables_file_makes_is_nftables_own():
    kept = Evidence(Query("linux.nftables_saved"), ({"family": "ip", "table": "filter", "chain": "INPUT", "rules": 1},))
    rule = "-A INPUT -p tcp --dport 22 -j ACCEPT"
    assert only(judged("linux.firewall", saving(rule, saved=kept)))["in_use"] == ["nftables"]
    legacy = saving(rule, saved=kept, backend="iptables-legacy")
    assert only(judged("linux.firewall", legacy))["in_use"] == ["iptables"]
    closed = saving(rule, saved=Evidence(Query("linux.nftables_saved"), gap=HIDDEN))
    assert isinstance(only(judged("linux.firewall", closed))["in_use"], Gap)


def policy(*lines: str, chains: str = ":INPUT DROP [0:0]", **more) -> Row:
    return judged("linux.firewall_policy", saving(*lines, chains=chains, **more)).rows[0]


LO = "-A INPUT -i lo -j ACCEPT"
SPOOF = "-A INPUT -s 127.0.0.0/8 -j DROP"


@pytest.mark.parametrize(
    ("lines", "field", "value"),
    [
        (["-A INPUT -j ACCEPT"], "default_input", "accept"),
        (["-A INPUT -m conntrack --ctstate NEW -j ACCEPT"], "default_input", "accept"),
        (["-A INPUT -p tcp -j ACCEPT"], "default_input", "drop"),
        (["-A INPUT -j own", "-A own -j ACCEPT"], "default_input", "accept"),
        (["-A INPUT -g own", "-A INPUT -j ACCEPT", "-A own -p tcp -j DROP"], "default_input", "drop"),
        (["-A INPUT -j own", "-A own -s 10.0.0.0/8 -j RETURN", "-A own -j ACCEPT"], "default_input", "accept"),
        (["-A INPUT -j own", "-A own -j RETURN", "-A own -j ACCEPT"], "default_input", "drop"),
        (["-A INPUT -m limit --limit 3/min -j ACCEPT"], "default_input", "drop"),
        (["-A INPUT -i eth0 -j ACCEPT"], "default_input", "drop"),
        (["-A INPUT ! -i lo -j ACCEPT"], "default_input", "accept"),
        (["-A INPUT -m addrtype --dst-type LOCAL -j ACCEPT"], "default_input", "accept"),
        (["-A INPUT -j a", "-A a -j b", "-A b -j a"], "default_input", "drop"),
        ([LO, SPOOF], "loopback_in_accepted", True),
        ([LO, SPOOF], "loopback_spoof_dropped", True),
        ([SPOOF, LO], "loopback_in_accepted", False),
        (["-A INPUT ! -i lo -s 127.0.0.0/8 -j DROP", LO], "loopback_spoof_dropped", True),
        ([LO], "loopback_spoof_dropped", False),
        ([LO, "-A INPUT -s 127.0.0.1/32 -j DROP"], "loopback_spoof_dropped", False),
        ([LO, "-A INPUT -j ACCEPT", SPOOF], "loopback_spoof_dropped", False),
        ([LO, "-A INPUT -s 127.0.0.0/8 -m limit --limit 1/s -j DROP"], "loopback_spoof_dropped", False),
        ([LO, "-A INPUT -s 127.0.0.0/8 -j LOG"], "loopback_spoof_dropped", False),
        (["-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT"], "replies_accepted", ["tcp", "udp", "icmp"]),
        (["-A INPUT -p tcp -m state --state ESTABLISHED -j ACCEPT"], "replies_accepted", ["tcp"]),
        (["-A INPUT -p udp -j DROP", "-A INPUT -m state --state ESTABLISHED -j ACCEPT"], "replies_accepted", ["tcp", "icmp"]),
    ],
)  # fmt: skip
def test_what_rules_do(lines, field, value):
    assert policy(*lines)[field] == value


def test_new_connections_that_a_rule_names_are_not_the_default():
    chains = ":INPUT DROP [0:0]\n:OUTPUT DROP [0:0]"
    assert (
        policy("-A OUTPUT -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT", chains=chains)["default_output"] == "drop"
    )
    assert policy("-A OUTPUT -j ACCEPT", chains=chains)["default_output"] == "accept"


def test_ipv6_that_is_off_is_not_judged():
    off = saving(LO, ufw={**UFW, "ipv6_running": False})
    assert [row["version"] for row in judged("linux.firewall_policy", off).rows] == ["ipv4"]
    untold = saving(LO, ufw={**UFW, "ipv6_running": error("not told")})
    assert judged("linux.firewall_policy", untold).gap is not None


def ruled(*lines: str) -> object:
    rows = judged("linux.open_port", saving(*lines, chains=":INPUT DROP [0:0]")).rows
    return next(row["ruled"] for row in rows if row["version"] == "ipv4")


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["-A INPUT -p tcp --dport 22 -j ACCEPT"], True),
        (["-A INPUT -p tcp --dport 22 -j DROP"], True),
        (["-A INPUT -p tcp -m multiport --dports 20:25,80 -s 10.0.0.0/8 -j ACCEPT"], True),
        (["-A INPUT -p tcp --dport 22 -j limited", "-A limited -j ACCEPT"], True),
        (["-A INPUT -p tcp -j services", "-A services -p tcp --dport 22 -j ACCEPT"], True),
        (["-A INPUT -p udp --dport 22 -j ACCEPT"], False),
        (["-A INPUT -p tcp --dport 2222 -j ACCEPT"], False),
        (["-A INPUT -p tcp --sport 22 -j ACCEPT"], False),
        (["-A INPUT -p tcp --dport 1:65535 -j ACCEPT"], False),
        (["-A INPUT -p tcp -j ACCEPT", "-A INPUT -p tcp --dport 22 -j ACCEPT"], False),
        (["-A INPUT -i lo -p tcp --dport 22 -j ACCEPT"], False),
        (["-A INPUT -p tcp --dport 22 -j LOG"], False),
        (["-A INPUT -p tcp --dport 22 -j nowhere", "-A nowhere -p udp -j ACCEPT"], False),
        (["-A elsewhere -p tcp --dport 22 -j ACCEPT", LO], False),
    ],
)
def test_ports_that_rules_name(lines, wanted):
    assert ruled(*lines) is wanted


def test_ports_of_a_set_that_was_not_told_are_an_error():
    given = recorded("bookworm-nftables-hardened")
    rules = given[Query("linux.firewall_rule")]
    hidden = tuple({**row, "ports": ["@open"]} if row["ports"] == ["22"] else row for row in rules.rows)
    given[Query("linux.firewall_rule")] = Evidence(rules.query, hidden)
    for row in judged("linux.open_port", given).rows:
        assert isinstance(row["ruled"], Gap)


def test_ports_are_known_by_version():
    sockets = [
        {
            "protocol": "udp",
            "address": "::ffff:192.0.2.1",
            "port": 5,
            "loopback": False,
            "process": HIDDEN,
            "pid": HIDDEN,
        },
        {"protocol": "udp", "address": "2001:db8::1", "port": 6, "loopback": False, "process": ABSENT, "pid": ABSENT},
    ]
    rows = judged("linux.open_port", saving(LO, sockets=sockets)).rows
    assert [(row["endpoint"], row["version"]) for row in rows] == [("udp/5", "ipv4"), ("udp/6", "ipv6")]
    assert isinstance(rows[0]["processes"], Gap)
    assert rows[1]["processes"] == []


def test_what_is_saved_stands_beside_what_is_loaded():
    given = recorded("bookworm-nftables-hardened")
    rows = judged("linux.nftables_boot", given).rows
    assert [(row["chain"], row["rules"], row["saved_rules"], row["saved_policy"]) for row in rows] == [
        ("input", 6, 6, "drop"),
        ("forward", 0, 0, "drop"),
        ("output", 5, 5, "drop"),
    ]
    given[Query("linux.nftables_saved")] = Evidence(Query("linux.nftables_saved"))
    assert all(row["saved_rules"] is ABSENT for row in judged("linux.nftables_boot", given).rows)
    given[Query("linux.nftables_saved")] = Evidence(Query("linux.nftables_saved"), gap=HIDDEN)
    assert all(row["saved_rules"] is HIDDEN for row in judged("linux.nftables_boot", given).rows)


def test_rules_left_beside_another_frontend_are_counted():
    row = only(judged("linux.iptables_leftover", saving(LO, backend="iptables-legacy")))
    assert (row["backend"], row["table"], row["rules"]) == ("iptables-legacy", "filter", 1)
    bare = only(judged("linux.iptables_leftover", saving(chains=":INPUT DROP [0:0]")))
    assert bare["rules"] == 1


PACKETS = [
    Packet("ipv4", in_interface=OUTSIDE, local=True),
    Packet("ipv6", in_interface="lo", source="::1", protocol="tcp", port=22),
]
CELLS = st.one_of(st.just(ABSENT), st.lists(st.one_of(st.text(max_size=6), st.sampled_from(["!lo", "lo", "22", "@x", "::/0", "type local", "1-", "tcp", "!", "new"])), max_size=3))  # fmt: skip


@given(
    st.fixed_dictionaries(
        dict.fromkeys(
            ("protocol", "ports", "in_interface", "out_interface", "source", "destination", "states", "conditions"),
            CELLS,
        )
    )
)
def test_any_rule_is_judged(row):
    assert all(match(row, packet) in Fit for packet in PACKETS)
