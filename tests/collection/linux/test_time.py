"""chronyd's directives: every file that it reads, and none silently left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import time
from scanner.collection.linux.probe import Output, Probe
from scanner.model.evidence import ABSENT, Evidence, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, open_tmp
from tests.collection.parity import check
from tests.collection.recorded import cases, written

__all__ = ["open_tmp"]

QUERY = Query.of("linux.chrony_directive")


@pytest.fixture
def tree(open_tmp: Path) -> Tree:
    return Tree(open_tmp)


def _ask(tree: Tree, *, ordinary: bool = False) -> Evidence:
    (probe,) = time.probes([QUERY])
    output = tree.run(Probe(probe.name, probe.script), ordinary=ordinary)
    (evidence,) = time.answer([QUERY], {probe.name: output}, AS_ADA if ordinary else AS_ROOT)
    check(evidence)
    return evidence


def _main(tree: Tree, text: str) -> None:
    # What a file names is not moved below the tree by itself.
    tree.write("/etc/chrony/chrony.conf", text.replace(" /", f" {tree.base}/"))


def _directives(evidence: Evidence) -> list[tuple[object, ...]]:
    return [(row["name"], row["argument"], row["options"]) for row in evidence.rows]


def test_without_a_file_there_are_no_directives(tree: Tree):
    evidence = _ask(tree)
    assert evidence.complete
    assert evidence.rows == ()


def test_directives_of_the_main_file(tree: Tree):
    _main(tree, "! a\n; b\n# c\n% d\n\n  POOL time.example.org  iburst   maxsources 4\nrtcsync\nuser _chrony\n")
    evidence = _ask(tree)
    assert _directives(evidence) == [
        ("pool", "time.example.org", "iburst maxsources 4"),
        ("rtcsync", ABSENT, ABSENT),
        ("user", "_chrony", ABSENT),
    ]
    assert [row["line"] for row in evidence.rows] == [6, 7, 8]


def test_all_ways_to_other_files_are_followed(tree: Tree):
    _main(
        tree,
        "ConfDir /etc/chrony/conf.d\nsourcedir /etc/chrony/sources.d /run/chrony-dhcp\ninclude /etc/extra/*.inc\nsourcedir /nowhere\n",
    )
    for path in (
        "/etc/chrony/conf.d/a.conf",
        "/etc/chrony/conf.d/b.txt",
        "/etc/chrony/sources.d/a.sources",
        "/run/chrony-dhcp/eth0.sources",
        "/etc/extra/x y.inc",
    ):
        tree.write(path, f"server {path.rpartition('/')[2].replace(' ', '-')}\n")
    evidence = _ask(tree)
    assert evidence.complete
    assert [row["argument"] for row in evidence.rows if row["name"] == "server"] == [
        "a.conf",
        "a.sources",
        "eth0.sources",
        "x-y.inc",
    ]


def test_a_file_that_includes_itself_ends(tree: Tree):
    _main(tree, "include /etc/chrony/chrony.conf\n")
    assert _ask(tree).gap is not None


@pytest.mark.parametrize(
    "closed", ["etc/chrony/chrony.conf", "etc/chrony/conf.d/a.conf", "etc/chrony/conf.d", "etc/chrony"]
)
def test_what_is_closed_is_unknown(tree: Tree, closed: str):
    _main(tree, "confdir /etc/chrony/conf.d\n")
    tree.write("/etc/chrony/conf.d/a.conf", "server a\n")
    (tree.base / closed).chmod(0)
    evidence = _ask(tree, ordinary=True)
    (tree.base / closed).chmod(0o755)
    assert evidence.gap is not None
    assert (evidence.gap.kind, evidence.gap.needs) == (Outcome.UNKNOWN, "root")


def test_names_with_a_newline_forge_nothing(tree: Tree):
    _main(tree, "confdir /etc/chrony/conf.d\n")
    tree.write("/etc/chrony/conf.d/x\n=forged\n.conf", "server a\n")
    evidence = _ask(tree)
    assert evidence.gap is not None
    assert all(row["path"] == "/etc/chrony/chrony.conf" for row in evidence.rows)


@pytest.mark.parametrize(
    "output", [Output(missing="cut"), Output(stdout=b"=/etc/chrony/chrony.conf\n"), Output(status=2)]
)
def test_an_answer_that_is_not_whole_is_never_complete(output: Output):
    (evidence,) = time.answer([QUERY], {"linux.chrony_directive": output}, AS_ROOT)
    check(evidence)
    assert evidence.gap is not None


WORDS = ["=/etc/chrony/chrony.conf", " server a b", " !x", "!/etc/x", "-/etc/y", "?end", "?too deep /x", ">/a"]


@given(st.lists(st.one_of(st.sampled_from(WORDS).map(str.encode), st.binary(max_size=20)), max_size=20))
def test_whatever_comes_gives_sound_evidence(lines: list[bytes]):
    (evidence,) = time.answer([QUERY], {"linux.chrony_directive": Output(stdout=b"\n".join(lines))}, AS_ROOT)
    check(evidence)


@pytest.mark.parametrize("case", list(cases(["linux.chrony_directive"])), ids=lambda case: case.path.name)
def test_a_recording_means_what_it_meant(case):
    assert [written(evidence) for evidence in case.answer()] == case.evidence
