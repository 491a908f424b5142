"""Programs and their AppArmor labels: who runs outside the profile that is meant for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import apparmor
from scanner.collection.linux.probe import Output, Session
from scanner.matching.patterns import pattern
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT
from tests.collection.parity import check
from tests.collection.recorded import cases, written

QUERY = Query.of("linux.apparmor_process")


def _read(*lines: str, session: Session = AS_ROOT) -> Evidence:
    output = Output(stdout="".join(f"{line}\n" for line in lines).encode())
    (evidence,) = apparmor.answer([QUERY], {"linux.apparmor_process": output}, session)
    check(evidence)
    return evidence


def _one(attachment: str, program: str, label: str = "unconfined", *more: str) -> Evidence:
    return _read(f"profile meant\t{attachment}", *more, f"label 7 {label}", f"program 7 {program}", "end")


@pytest.mark.parametrize(
    ("attachment", "programs", "others"),
    [
        ("/usr/sbin/chronyd", ["/usr/sbin/chronyd"], ["/usr/sbin/chronyd2", "/usr/sbin/chron.d"]),
        ("/{,usr/}{,s}bin/ping", ["/bin/ping", "/usr/sbin/ping"], ["/usr/bin/ping6"]),
        ("/usr/lib/*/x", ["/usr/lib/a/x"], ["/usr/lib/a/b/x", "/usr/lib//y"]),
        ("/opt/**", ["/opt/a/b"], ["/op/a"]),
        ("/usr/bin/p?", ["/usr/bin/p1"], ["/usr/bin/p/", "/usr/bin/p"]),
        ("/usr/bin/[a-c]x", ["/usr/bin/bx"], ["/usr/bin/dx"]),
        ("/usr/bin/[^a]x", ["/usr/bin/bx"], ["/usr/bin/ax"]),
        ("/usr/bin/a\\*", ["/usr/bin/a*"], ["/usr/bin/ab"]),
        ("/usr/bin/a,b}", ["/usr/bin/a,b}"], ["/usr/bin/a"]),
    ],
)
def test_wildcards_mean_what_apparmor_means(attachment: str, programs: list[str], others: list[str]):
    meant = pattern(apparmor.pattern_of(attachment))
    assert [bool(meant.fullmatch(program)) for program in programs] == [True] * len(programs)
    assert [bool(meant.fullmatch(program)) for program in others] == [False] * len(others)


def test_a_program_outside_its_profile_is_told():
    (row,) = _one("/usr/sbin/x", "/usr/sbin/x").rows
    assert (row["label"], row["mode"], row["profile"]) == ("unconfined", ABSENT, "meant")


def test_a_program_without_a_profile_is_not_told():
    evidence = _one("/usr/sbin/x", "/usr/sbin/y")
    assert evidence.complete
    assert evidence.rows == ()


def test_a_confined_program_is_told_whoever_confines_it():
    (row,) = _one("/usr/sbin/x", "/usr/sbin/nginx", "docker-default (enforce)").rows
    assert (row["label"], row["mode"], row["profile"]) == ("docker-default", "enforce", ABSENT)


def test_processes_of_one_program_and_label_are_counted():
    lines = [f"label {pid} /usr/sbin/x (complain)" for pid in range(3)]
    lines += [f"program {pid} /usr/sbin/x{' (deleted)' if pid else ''}" for pid in range(3)]
    (row,) = _read(*lines, "program 9 /vanished", "label 8 unconfined", "end").rows
    assert (row["mode"], row["processes"]) == ("complain", 3)


def test_older_kernels_leave_the_attachment_to_the_source():
    (row,) = _one("<unknown>", "/usr/bin/x", "unconfined", "source meant /usr/{local/,}bin/x flags=(complain) ").rows
    assert row["profile"] == "meant"


def test_a_variable_in_the_source_leaves_doubt():
    (row,) = _one("<unknown>", "/usr/bin/x", "unconfined", "source meant @{bin}/x ").rows
    assert isinstance(row["profile"], Gap)
    assert _one("<unknown>", "/usr/bin/y", "unconfined", "source meant @{bin}/x ").rows == ()


@pytest.mark.parametrize("more", [[], ["source other /usr/bin/x"], ["source meant flags=(complain)"]])
def test_an_attachment_that_nobody_tells_is_a_gap(more: list[str]):
    assert _one("<unknown>", "/usr/bin/x", "unconfined", *more).gap is not None


def test_a_profile_named_after_its_program_needs_no_attachment():
    output = ["profile /usr/bin/x\t<unknown>", "label 7 unconfined", "program 7 /usr/bin/x", "end"]
    assert _read(*output).rows[0]["profile"] == "/usr/bin/x"


def test_a_kernel_without_apparmor_has_an_empty_complete_list():
    evidence = _read("off")
    assert evidence.complete
    assert evidence.rows == ()


def test_an_ordinary_user_is_denied():
    gap = _read("denied", session=AS_ADA).gap
    assert gap is not None
    assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "root")


@pytest.mark.parametrize(
    "lines",
    [[], ["no policy"], ["label 1 unconfined"], ["profile a\t/b", "end"], ["profile a\t/{b", "label 1 x", "end"]],
)
def test_an_answer_that_is_not_whole_is_never_complete(lines: list[str]):
    assert _read(*lines).gap is not None


WORDS = ["off", "denied", "end", "profile a\t/b", "profile a\t<unknown>", "profile", "source a /b{", "label 1 a (enforce)", "label 1 unconfined", "program 1 /b"]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(WORDS).map(str.encode), st.binary(max_size=20)), max_size=20))
def test_whatever_comes_gives_sound_evidence(lines: list[bytes]):
    output = Output(stdout=b"\n".join(lines))
    (evidence,) = apparmor.answer([QUERY], {"linux.apparmor_process": output}, AS_ROOT)
    check(evidence)


@given(st.text(alphabet="/ab*?[]{},\\@^-", max_size=30))
def test_any_attachment_is_understood_or_told(attachment: str):
    _one("/" + attachment, "/ab")


@pytest.mark.parametrize("case", list(cases(["linux.apparmor_process"])), ids=lambda case: case.path.name)
def test_a_recording_means_what_it_meant(case):
    assert [written(evidence) for evidence in case.answer()] == case.evidence
