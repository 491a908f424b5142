"""Which findings count as open, as gaps, and how a summary groups them in bounded memory."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scanner.model.outcome import Outcome
from scanner.model.result import Finding, Result, Waived
from scanner.reporting import reading
from tests.support.reports import sample

WAIVER = Waived("W1", "accepted", "J. Doe", "2027-01-01")
FAILED = Finding("linux.sshd", (("scope", "global"),), Outcome.FAIL)
HIDDEN = Finding("linux.shadow", (), Outcome.UNKNOWN, reason="permission denied", needs="root")


def test_a_waived_finding_is_not_open() -> None:
    result = Result("r", "t", Outcome.FAIL, findings=(FAILED, replace(FAILED, key=(), waived=WAIVER)))

    assert reading.open_failures(result) == (FAILED,)


def test_a_fail_without_findings_speaks_for_itself() -> None:
    found = reading.open_failures(Result("r", "t", Outcome.FAIL, "value loosened beyond the control"))

    assert [row.reason for row in found] == ["value loosened beyond the control"]


def test_a_fail_that_only_passing_findings_tell_is_not_lost() -> None:
    result = Result("r", "t", Outcome.FAIL, findings=(replace(FAILED, outcome=Outcome.PASS),))

    assert [row.outcome for row in reading.open_failures(result)] == [Outcome.FAIL]


def test_gaps_of_a_failing_result_are_told_too() -> None:
    assert reading.gaps(Result("r", "t", Outcome.FAIL, findings=(FAILED, HIDDEN))) == (HIDDEN,)


def test_an_undecided_result_without_findings_is_a_gap() -> None:
    found = reading.gaps(Result("r", "t", Outcome.ERROR))

    assert [(row.outcome, row.reason) for row in found] == [(Outcome.ERROR, "the result gives no reason")]


def test_a_waived_gap_is_not_open() -> None:
    assert reading.gaps(Result("r", "t", Outcome.UNKNOWN, findings=(replace(HIDDEN, waived=WAIVER),))) == ()


def test_a_pass_has_neither() -> None:
    result = Result("r", "t", Outcome.PASS, passing=3)

    assert (reading.open_failures(result), reading.gaps(result)) == ((), ())


@given(st.lists(st.integers(0, 5)), st.integers(0, 10))
def test_the_shelf_keeps_the_most_important_in_order(ranks: list[int], limit: int) -> None:
    shelf: reading.Shelf[tuple[int, int]] = reading.Shelf(limit)
    for number, rank in enumerate(ranks):
        shelf.put(rank, (rank, number))

    assert list(shelf) == sorted((rank, number) for number, rank in enumerate(ranks))[:limit]
    assert len(shelf) == min(limit, len(ranks))
    assert shelf.dropped == max(len(ranks) - limit, 0)


@given(st.lists(st.integers(0, 5)), st.integers(0, 10), st.integers(0, 5))
def test_the_shelf_knows_what_would_fall_off(ranks: list[int], limit: int, rank: int) -> None:
    shelf: reading.Shelf[int] = reading.Shelf(limit)
    for number, earlier in enumerate(ranks):
        shelf.put(earlier, number)
    expected = shelf.full(rank)
    shelf.put(rank, -1)

    assert (-1 not in list(shelf)) == expected


def test_groups_stay_bounded() -> None:
    groups = reading.Groups()
    for number in range(reading.GROUPS + 50):
        groups.add(f"reason {number}", Result("r", f"t{number}", Outcome.ERROR))

    assert len(groups) == reading.GROUPS + 1
    assert groups.ranked()[0][0] == "(further reasons, see the results)"
    assert len(groups.ranked()[0][1].targets) == 50


def test_the_digest_of_the_sample() -> None:
    found = reading.digest(sample(), 2)

    assert found.failures == 2
    assert [(result.rule, len(failing)) for result, failing in found.worst] == [
        ("ufw_enabled", 1),
        ("sshd_root_login_disabled", 2),
    ]
    assert list(found.needs) == ["root"]
    assert list(found.unknown) == ["/etc/shadow: permission denied"]
    assert list(found.errors) == ["chronyc tracking did not answer within 10 s"]
    assert found.manual["restore_test_documented"].targets == {"db01", "web01"}
