"""As whom processes run; what is hidden is never an empty list."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import processes
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Evidence, Query
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, ask, open_tmp
from tests.collection.parity import check
from tests.collection.recorded import cases, written

__all__ = ["open_tmp"]

QUERY = Query.of("linux.process", {"name": "chronyd"})


def _process(tree: Tree, pid: int, name: str, uid: int, effective: int) -> None:
    tree.write(
        f"/proc/{pid}/status",
        f"Name:\t{name}\nUmask:\t0022\nUid:\t{uid}\t{effective}\t{uid}\t{uid}\nGid:\t0\t0\t0\t0\n",
    )


def _ask(tree: Tree, *, ordinary: bool = False) -> Evidence:
    (probe,) = processes.probes([QUERY])
    output = tree.run(probe, ordinary=ordinary)
    (evidence,) = processes.answer([QUERY], {probe.name: output}, AS_ADA if ordinary else AS_ROOT)
    check(evidence)
    return evidence


def test_the_effective_user_counts(open_tmp: Path):
    tree = Tree(open_tmp)
    _process(tree, 1, "systemd", 0, 0)
    _process(tree, 20, "chronyd", 1, 0)
    _process(tree, 21, "chronyd", 1, 1)
    _process(tree, 22, "chronyd", 1, 1)
    _process(tree, 23, "not chronyd", 7, 7)
    _process(tree, 24, "chronyd", 4_000_001, 4_000_001)
    evidence = _ask(tree)
    assert evidence.complete
    assert [(row["uid"], row["user"], row["processes"]) for row in evidence.rows] == [
        (0, "root", 1),
        (1, "daemon", 2),
        (4_000_001, ABSENT, 1),
    ]


def test_no_such_process_is_an_empty_complete_list(open_tmp: Path):
    tree = Tree(open_tmp)
    _process(tree, 1, "systemd", 0, 0)
    evidence = _ask(tree)
    assert evidence.complete
    assert evidence.rows == ()


def test_hidden_processes_make_the_list_incomplete(open_tmp: Path):
    tree = Tree(open_tmp)
    _process(tree, 20, "chronyd", 1, 1)
    evidence = _ask(tree, ordinary=True)
    assert evidence.gap is not None
    assert evidence.gap.needs == "root"


def test_this_machine_tells_its_first_process():
    name = Path("/proc/1/comm").read_text().strip()
    (evidence,) = ask([Query.of("linux.process", {"name": name})]).evidence
    check(evidence)
    assert 0 in [row["uid"] for row in evidence.rows]


@pytest.mark.parametrize(
    "output", [Output(missing="cut"), Output(stdout=b"all\nprocess\t0\tchronyd\n"), Output(status=2)]
)
def test_an_answer_that_is_not_whole_is_never_complete(output: Output):
    (evidence,) = processes.answer([QUERY], {"linux.process": output}, AS_ROOT)
    check(evidence)
    assert evidence.gap is not None


WORDS = ["all", "hidden", "process\t0\tchronyd", "process\tx\tchronyd", "user\t0\troot", "user\t0\t", "end"]


@given(st.lists(st.one_of(st.sampled_from(WORDS).map(str.encode), st.binary(max_size=20)), max_size=20))
def test_whatever_comes_gives_sound_evidence(lines: list[bytes]):
    (evidence,) = processes.answer([QUERY], {"linux.process": Output(stdout=b"\n".join(lines))}, AS_ROOT)
    check(evidence)


@pytest.mark.parametrize("case", list(cases(["linux.process"])), ids=lambda case: case.path.name)
def test_a_recording_means_what_it_meant(case):
    assert [written(evidence) for evidence in case.answer()] == case.evidence
