"""The gate closes on findings, stays open questions' friend, and never goes green over nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.gate import Change, Thresholds, decide
from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Counts

LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL


def counts(
    passed: int = 10,
    failed: dict[Severity, int] | None = None,
    undecided: dict[Severity, int] | None = None,
    **more: int,
) -> Counts:
    failed, undecided = failed or {}, undecided or {}
    outcomes = {Outcome.PASS: passed, Outcome.FAIL: sum(failed.values()), Outcome.UNKNOWN: sum(undecided.values())}
    outcomes[Outcome.NOTCHECKED] = more.pop("notchecked", 0)
    return Counts(outcomes, failed_by_severity=failed, undecided_by_severity=undecided, **more)


@pytest.mark.parametrize(
    ("given_counts", "thresholds", "word", "code"),
    [
        (counts(), Thresholds(), "PASS", 0),
        (counts(failed={LOW: 1}), Thresholds(), "FAIL", 1),
        (counts(failed={LOW: 1}), Thresholds(fail_on=MEDIUM), "PASS", 0),
        (counts(failed={HIGH: 1}), Thresholds(fail_on=MEDIUM), "FAIL", 1),
        (counts(failed={CRITICAL: 9}), Thresholds(fail_on=None), "PASS", 0),
        (counts(undecided={LOW: 1}), Thresholds(), "UNDECIDED", 3),
        (counts(undecided={LOW: 1}), Thresholds(undecided_at=HIGH), "PASS", 0),
        (counts(undecided={LOW: 1}), Thresholds(undecided_at=None), "PASS", 0),
        (counts(undecided={LOW: 2}), Thresholds(allow_undecided=2), "PASS", 0),
        (counts(undecided={LOW: 3}), Thresholds(allow_undecided=2), "UNDECIDED", 3),
        (counts(9, undecided={LOW: 1}), Thresholds(allow_share=10), "PASS", 0),
        (counts(9, undecided={LOW: 1}), Thresholds(allow_share=9.9), "UNDECIDED", 3),
        (counts(failed={LOW: 1}, undecided={HIGH: 1}), Thresholds(), "FAIL", 1),
        (counts(0, undecided={LOW: 1}), Thresholds(allow_undecided=5), "INCOMPLETE", 3),
        (counts(0), Thresholds(), "INCOMPLETE", 3),
        (counts(0), Thresholds(fail_on=None, undecided_at=None), "INCOMPLETE", 3),
        (counts(notchecked=2), Thresholds(), "PASS", 0),
        (counts(notchecked=2), Thresholds(require_attestations=True), "UNDECIDED", 3),
        (counts(1, attested=1), Thresholds(), "PASS", 0),
        (counts(waived=2), Thresholds(), "PASS", 0),
    ],
)
def test_verdict(given_counts: Counts, thresholds: Thresholds, word: str, code: int) -> None:
    verdict = decide(given_counts, thresholds)
    assert (verdict.word, verdict.exit_code) == (word, code)
    assert verdict.reasons


def test_interrupted_run_is_never_green() -> None:
    verdict = decide(counts(), Thresholds(), interrupted="stopped by the user")
    assert (verdict.word, verdict.exit_code) == ("UNDECIDED", 3)
    assert verdict.reasons == ("the run ended early: stopped by the user",)


def test_only_new_findings_count_with_a_baseline() -> None:
    thresholds = Thresholds(fail_on_new=True)
    old = Change({}, {})
    new = Change({HIGH: 1}, {})
    assert decide(counts(failed={HIGH: 3}), thresholds, old).exit_code == 0
    assert decide(counts(failed={HIGH: 3}), thresholds, new).reasons == ("1 new failed result at or above low",)
    assert decide(counts(failed={HIGH: 3}), thresholds, None).exit_code == 1


def test_earlier_findings_that_are_not_assessed_keep_the_gate_from_green() -> None:
    verdict = decide(counts(), Thresholds(), Change({}, {LOW: 2}))
    assert (verdict.exit_code, verdict.reasons) == (3, ("2 earlier findings not assessed now",))


def test_targets_that_no_profile_fits_leave_the_run_incomplete_whatever_is_allowed() -> None:
    lax = Thresholds(fail_on=None, undecided_at=None, allow_share=100)
    verdict = decide(counts(), lax, unfit=2)
    assert (verdict.word, verdict.exit_code) == ("INCOMPLETE", 3)
    assert verdict.reasons == ("2 targets not assessed: the profiles named for them do not fit",)
    assert decide(counts(failed={LOW: 1}), Thresholds(), unfit=1).word == "FAIL"


def test_nothing_assessed_is_said_first() -> None:
    assert decide(counts(0), Thresholds()).reasons[0] == "nothing was assessed: no result of a target passed or failed"


def test_flags_that_lower_the_gate_are_named() -> None:
    assert Thresholds().lowered() == []
    lowered = Thresholds(
        fail_on=HIGH, undecided_at=None, allow_share=5, fail_on_new=True, require_attestations=True
    ).lowered()
    assert lowered == ["--fail-on high", "--undecided-at never", "--allow-undecided 5%", "--fail-on-new yes"]


numbers = st.dictionaries(st.sampled_from(Severity), st.integers(0, 3))


@given(st.integers(0, 5), numbers, numbers, st.sampled_from([*Severity, None]), st.sampled_from([*Severity, None]))
def test_green_needs_something_assessed_and_nothing_open(
    passed: int,
    failed: dict[Severity, int],
    undecided: dict[Severity, int],
    fail_on: Severity | None,
    at: Severity | None,
) -> None:
    verdict = decide(counts(passed, failed, undecided), Thresholds(fail_on=fail_on, undecided_at=at))
    bad = any(number and fail_on and severity.at_least(fail_on) for severity, number in failed.items())
    open_ = any(number and at and severity.at_least(at) for severity, number in undecided.items())
    assert verdict.exit_code == (1 if bad else 3 if open_ or passed + sum(failed.values()) == 0 else 0)
    assert (verdict.word == "PASS") == (verdict.exit_code == 0)
