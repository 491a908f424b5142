"""The packet filter as it is asked and read: several tools, denial, what is missing, and text from anywhere."""

from __future__ import annotations

import contextlib
import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import firewall, iptables_save, nft_file, nft_ruleset
from scanner.collection.linux.firewall_script import SCRIPT
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, SHELLS, Tree, ask, needs
from tests.collection.parity import check

FACTS = [Query.of(fact) for fact in firewall.FACTS]
NO_RULES = '{"nftables": [{"metainfo": {"json_schema_version": 1}}]}'
REST = ["ipv6 on", "-/etc/ufw/ufw.conf", "-/etc/default/ufw", "main /etc/nftables.conf", "-/etc/nftables.conf"]


def read(*lines: str, session=AS_ROOT, status: int = 0, rest=REST, **how):
    text = "".join(f"{line}\n" for line in [*lines, *rest]).encode()
    found = firewall.answer(FACTS, {"firewall": Output(stdout=text, status=status, **how)}, session)
    for evidence in found:
        check(evidence)
    return {evidence.query.fact: evidence for evidence in found}


def nft(*objects: dict, named=None):
    found, odd = nft_ruleset.tables(json.dumps({"nftables": list(objects)}), named or {})
    assert not odd
    return found


def ways(*statements: dict, family: str = "inet", named=None):
    rule = {"rule": {"family": family, "table": "t", "chain": "c", "expr": list(statements)}}
    (table,) = nft(rule, named=named)
    return table.chains["c"].ways


def match(left: dict, right, op: str = "==") -> dict:
    return {"match": {"op": op, "left": left, "right": right}}


DPORT = {"payload": {"protocol": "tcp", "field": "dport"}}
ACCEPT = {"accept": None}


def test_a_kernel_without_rules_is_told_as_such():
    found = read("nf_tables loaded", "@nft", f" {NO_RULES}", "<0", "@ports", "<0")
    assert (found["linux.firewall_chain"].rows, found["linux.firewall_chain"].gap) == ((), None)
    assert found["linux.nftables_saved"].gap is None


def test_a_module_that_is_not_loaded_holds_no_rules():
    assert read("nf_tables absent")["linux.firewall_rule"].gap is None


@pytest.mark.parametrize(
    "lines",
    [
        ["nf_tables unsure", "missing nft"],
        ["nf_tables loaded", "missing nft"],
        ["nf_tables unsure"],
        ["nf_tables absent", "missing iptables-legacy-save"],
        ["nf_tables absent", "unsure /proc/net/ip_tables_names"],
        ["nf_tables loaded", "@nft", " Error: JSON support not compiled-in", "<1"],
        ["nf_tables loaded", "@nft", " no JSON", "<0"],
        ["nf_tables loaded", "@nft", f" {NO_RULES}"],
        ["nf_tables loaded", "@nft", f" {NO_RULES}", "<124"],
        ["nf_tables absent", "@iptables-legacy", " *filter", " :INPUT DROP [0:0]", "<0"],
        ["nf_tables absent", "@iptables-legacy", " *filter", " --A INPUT", " COMMIT", "<0"],
        ["nf_tables absent", "@iptables-legacy", " iptables-save: nothing", "<1"],
    ],
)
def test_what_could_not_be_asked_is_never_an_empty_list(lines):
    found = read(*lines)
    for fact in ("linux.firewall_chain", "linux.firewall_rule"):
        gap = found[fact].gap
        assert gap is not None
        assert gap.kind is Outcome.ERROR


def test_denial_names_what_is_needed():
    said = [" Operation not permitted (you must be root)", "<1"]
    found = read("nf_tables loaded", "@nft", *said, "closed /proc/net/ip_tables_names", session=AS_ADA)
    gap = found["linux.firewall_rule"].gap
    assert gap is not None
    assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "root")
    inside = read("nf_tables loaded", "@nft", *said)["linux.firewall_rule"].gap
    assert inside is not None
    assert (inside.kind, inside.needs) == (Outcome.UNKNOWN, "CAP_NET_ADMIN")


def test_an_answer_that_was_cut_is_an_error_throughout():
    for evidence in read("nf_tables absent", truncated=True).values():
        assert evidence.gap is not None
    for evidence in read("nf_tables absent", status=2).values():
        assert evidence.gap is not None


def test_a_table_that_iptables_tells_is_not_told_twice():
    table = {"table": {"family": "ip", "name": "filter"}}
    chain = {
        "chain": {"family": "ip", "table": "filter", "name": "INPUT", "type": "filter", "hook": "input", "prio": 0}
    }
    told = json.dumps({"nftables": [table, chain]})
    saved = [" *filter", " :INPUT ACCEPT [3:4]", " [0:0] -A INPUT -i lo -j ACCEPT", " COMMIT"]
    alone = read("nf_tables loaded", "@nft", f" {told}", "<0")["linux.firewall_chain"]
    both = read("nf_tables loaded", "@nft", f" {told}", "<0", "@iptables-nft", *saved, "<0")
    assert [row["backend"] for row in alone.rows] == ["nftables"]
    assert [row["backend"] for row in both["linux.firewall_chain"].rows] == ["iptables-nft"]
    assert [row["in_interface"] for row in both["linux.firewall_rule"].rows] == [["lo"]]


def test_ufw_reads_its_settings_as_the_shell_does():
    conf = ["=/etc/ufw/ufw.conf", " ENABLED=no", " # ENABLED=yes", ' ENABLED="yes" # since May', " LOGLEVEL=low", ""]
    defaults = ["=/etc/default/ufw", ' DEFAULT_INPUT_POLICY="REJECT"', " IPV6=no", ""]
    row = read("nf_tables absent", rest=["ipv6 off", *conf, *defaults, "main /x", "-/x"])["linux.ufw"].rows[0]
    assert (row["enabled"], row["logging"], row["default_incoming"], row["ipv6"]) == (True, "low", "reject", False)
    assert (row["ipv6_running"], row["default_outgoing"]) == (False, ABSENT)
    closed = ["ipv6 unsure", "!/etc/ufw/ufw.conf", "-/etc/default/ufw", "main /x", "-/x"]
    row = read("nf_tables absent", rest=closed, session=AS_ADA)["linux.ufw"].rows[0]
    assert isinstance(row["enabled"], Gap)
    assert isinstance(row["present"], Gap)
    assert isinstance(row["ipv6_running"], Gap)


def test_options_of_iptables():
    line = (
        "-A INPUT ! -s 10.0.0.0/8 -i eth+ -p tcp -m tcp -m multiport --dports 22,8000:8010 -m conntrack --ctstate NEW,RELATED "
        '-m comment --comment "a -j DROP" -j ACCEPT'
    )
    rule = parsed(line)
    assert rule.matches == {
        "source": ["!10.0.0.0/8"],
        "in_interface": ["eth*"],
        "protocol": ["tcp"],
        "ports": ["22", "8000-8010"],
        "states": ["new", "related"],
    }
    assert (rule.verdict, rule.conditions, rule.version) == ("accept", [], "ipv4")


def parsed(line: str):
    (table,), odd = iptables_save.tables(["*filter", ":INPUT DROP [0:0]", line, "COMMIT"], "iptables-nft", "ip")
    assert odd == ""
    return table.chains["INPUT"].ways[0]


@pytest.mark.parametrize(
    ("line", "verdict", "target", "conditions"),
    [
        ("-A INPUT -j LOG --log-prefix x", "continue", "LOG", []),
        ("-A INPUT -m limit --limit 3/min -j DROP", "drop", "", ["limit"]),
        ("-A INPUT -p tcp --tcp-flags SYN,RST SYN -j REJECT --reject-with tcp-reset", "reject", "", ["tcp-flags"]),
        ("-A INPUT -g other", "goto", "other", []),
        ("-A INPUT -j other", "jump", "other", []),
        ("-A INPUT -j NFQUEUE --queue-num 1", "other", "NFQUEUE", []),
        ("-A INPUT -p tcp ! --dport 22 -j DROP", "drop", "", ["not dport"]),
        ("-A INPUT", "continue", "", []),
        ("-A INPUT -m set --match-set bad src -j DROP", "drop", "", ["match-set"]),
    ],
)
def test_ends_of_rules_of_iptables(line, verdict, target, conditions):
    rule = parsed(line)
    assert (rule.verdict, rule.target, rule.conditions) == (verdict, target, conditions)


def test_matches_of_nft():
    (rule,) = ways(match(DPORT, {"set": [22, {"range": [80, 90]}, {"elem": {"val": 443, "comment": "x"}}]}), ACCEPT)
    assert (rule.matches, rule.verdict) == ({"protocol": ["tcp"], "ports": ["22", "80-90", "443"]}, "accept")
    (rule,) = ways(
        match({"payload": {"protocol": "ip", "field": "saddr"}}, {"prefix": {"addr": "127.0.0.0", "len": 8}}),
        {"drop": None},
    )
    assert (rule.matches, rule.version) == ({"source": ["127.0.0.0/8"]}, "ipv4")
    (rule,) = ways(match({"fib": {"result": "type", "flags": ["daddr"]}}, "local", "!="), {"drop": None})
    assert rule.matches == {"destination": ["!type local"]}
    (rule,) = ways(match({"meta": {"key": "nfproto"}}, "ipv6"), ACCEPT)
    assert (rule.matches, rule.version) == ({}, "ipv6")
    (rule,) = ways(match({"meta": {"key": "mark"}}, 1), {"limit": {"rate": 1}}, ACCEPT)
    assert len(rule.conditions) == 2
    (rule,) = ways({"xt": {"type": "match", "name": "conntrack"}}, {"counter": None}, ACCEPT)
    assert rule.conditions == ["xt"]


def test_a_verdict_map_gives_a_row_per_element():
    rows = ways(
        {
            "vmap": {
                "key": {"ct": {"key": "state"}},
                "data": {"set": [["invalid", {"drop": None}], ["new", {"jump": {"target": "x"}}]]},
            }
        }
    )
    assert [(row.matches["states"], row.verdict, row.target) for row in rows] == [
        (["invalid"], "drop", ""),
        (["new"], "jump", "x"),
    ]
    key = {"concat": [{"payload": {"protocol": "ip", "field": "saddr"}}, DPORT]}
    (row,) = ways({"vmap": {"key": key, "data": {"set": [[{"concat": ["10.0.0.1", 53]}, ACCEPT]]}}})
    assert (row.matches["source"], row.matches["ports"]) == (["10.0.0.1"], ["53"])


def test_sets_of_ports_are_told_apart_from_those_that_were_not():
    lines = [
        " set inet t open",
        " \t\telements = { 22, 8000-8010,",
        " \t\t\t     9000 }",
        " map inet t m",
        " \t\telements = { 53 : accept }",
        " set inet t odd",
        " \t\telements = { ssh }",
    ]
    named = nft_ruleset.named_ports(lines)
    assert named == {("inet", "t", "open"): ["22", "8000-8010", "9000"], ("inet", "t", "m"): ["53 : accept"]}
    assert ways(match(DPORT, "@open"), ACCEPT, named=named)[0].matches["ports"] == ["22", "8000-8010", "9000"]
    assert ways(match(DPORT, "@odd"), ACCEPT, named=named)[0].matches["ports"] == ["@odd"]
    (row,) = ways({"vmap": {"key": DPORT, "data": "@m"}}, named=named)
    assert (row.matches["ports"], row.verdict) == (["53"], "accept")
    (row,) = ways({"vmap": {"key": DPORT, "data": "@odd"}}, named=named)
    assert (row.matches["ports"], row.verdict) == (["@odd"], "other")


FILE = """#!/usr/sbin/nft -f
flush ruleset   # a } in a comment
define web = { 80, 443 }
include "/etc/nftables.d/*.nft"
table inet filter {
  set bad { type ipv4_addr; elements = { 10.0.0.1,
    10.0.0.2 } }
  chain input {
    type filter hook input priority filter; policy drop;
    comment "x"
    iif lo accept; tcp dport { 22,
      80 } accept
    tcp dport $web \\
      accept
  }
}
add rule inet filter input drop
"""


def saved(main: str, **more: str) -> dict[tuple[str, str], tuple[str, str, int]]:
    texts = {"/main": main} | {f"/etc/nftables.d/{name}.nft": text for name, text in more.items()}
    found = nft_file.tables("/main", texts)
    return {
        (table.name, chain.name): (chain.hook, chain.policy, chain.rules)
        for table in found
        for chain in table.chains.values()
    }


def test_files_of_nftables():
    assert saved(FILE, a="table ip x { chain c { accept; } }") == {
        ("x", "c"): ("", "", 1),
        ("filter", "input"): ("input", "drop", 4),
    }
    assert saved(FILE + "flush chain inet filter input\n")["filter", "input"] == ("input", "drop", 0)
    assert saved(FILE + "delete table inet filter\n") == {}
    assert saved(FILE + "flush ruleset\n") == {}
    assert saved("add table x\nadd chain ip x c { type filter hook input priority 0; }\nadd rule x c accept\n") == {
        ("x", "c"): ("input", "accept", 1)
    }
    assert saved(
        'table inet t {\n  chain c {\n    include "nftables.d/in.nft"\n  }\n}\n', **{"in": "accept\ndrop\n"}
    ) == {("t", "c"): ("", "", 2)}


@pytest.mark.parametrize(
    "text", ["table x {", "}", "delete rule ip x c handle 4", "nonsense", 'include "nftables.d/in.nft"\n']
)
def test_files_that_cannot_be_followed(text):
    with pytest.raises(nft_file.UnreadableError):
        saved(text, **{"in": 'include "nftables.d/in.nft"\n'})


def test_a_file_that_is_closed_or_odd_makes_the_list_incomplete():
    rest = [
        "ipv6 on",
        "main /etc/nftables.conf",
        "=/etc/nftables.conf",
        ' include "nftables.d/*.nft"',
        "",
        "!/etc/nftables.d",
    ]
    gap = read("nf_tables absent", rest=rest, session=AS_ADA)["linux.nftables_saved"].gap
    assert gap is not None
    assert gap.needs == "root"
    rest = ["ipv6 on", "main /etc/nftables.conf", "=/etc/nftables.conf", " table x {", ""]
    assert read("nf_tables absent", rest=rest)["linux.nftables_saved"].gap is not None


def test_includes_are_found_on_the_host(tmp_path):
    tree = Tree(tmp_path)
    tree.write(
        "/etc/nftables.conf", f'include "{tmp_path}/etc/nftables.d/*.nft"\ninclude "one.nft"\ninclude "none.nft"\n'
    )
    tree.write("/etc/nftables.d/a b.nft", "table ip a { chain c { accept; } }\n")
    tree.write("/etc/one.nft", "table ip b { chain c { drop; } }\n")
    tree.write("/etc/ufw/ufw.conf", "ENABLED=no\n")
    (probe,) = firewall.probes(FACTS)
    script = SCRIPT[SCRIPT.index("show()") : SCRIPT.index("run()")] + SCRIPT[SCRIPT.index("ipv6=off") :]
    script = script.replace("systemctl show", ": ")
    output = tree.run(type(probe)(probe.name, script))
    text = output.text
    assert output.status == 0, output
    assert "=/etc/nftables.d/a b.nft" in text
    assert "=/etc/one.nft" in text
    assert "-/etc/none.nft" in text


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_this_machine_answers_in_every_shell(shell):
    needs(shell[0])
    for ordinary in (False, True):
        for evidence in ask(FACTS, ordinary=ordinary, shell=shell).evidence:
            check(evidence)


def test_the_script_is_clean():
    needs("shellcheck")
    done = subprocess.run(["shellcheck", "-s", "sh", "-"], input=SCRIPT, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout


WORDS = [
    *FILE.split(),
    "\n",
    ";",
    "{",
    "}",
    '"',
    "include",
    "flush",
    "delete",
    "insert",
    "rule",
    "chain",
    "*filter",
    "COMMIT",
    ":INPUT",
    "-A",
    "!",
    "--dport",
    "-j",
]


@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=40))
def test_any_text_can_be_read(words):
    text = " ".join(words)
    iptables_save.tables(text.split("\n"), "iptables-nft", "ip")
    iptables_save.tables(["*filter", "-A " + text], "iptables-nft", "ip")
    nft_ruleset.named_ports(text.split("\n"))
    with contextlib.suppress(nft_file.UnreadableError):
        nft_file.tables("/main", {"/main": text})


JSON = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5), st.sampled_from(["@s", "lo", "tcp"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["match", "left", "right", "op", "payload", "protocol", "field", "meta", "key", "ct", "set", "vmap", "data", "expr", "rule", "chain", "name", "family", "table", "elem", "val", "prefix", "range", "concat", "hook", "prio"]), inner, max_size=4),
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.lists(JSON, max_size=4), st.lists(JSON, max_size=4))
def test_any_json_can_be_read(objects, statements):
    rule = {"rule": {"family": "inet", "table": "t", "chain": "c", "expr": statements}}
    found, _ = nft_ruleset.tables(json.dumps({"nftables": [*objects, rule]}), {})
    assert found is not None
    lines = ["nf_tables loaded", "@nft", " " + json.dumps({"nftables": [*objects, rule]}), "<0"]
    read(*lines)
