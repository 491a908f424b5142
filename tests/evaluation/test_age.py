"""Evidence that is too old, undated or from the future speaks for nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.evaluation.age import expire
from scanner.model.evidence import Evidence, Provenance, error
from scanner.model.outcome import Outcome
from tests.support.judging import LOST, UNKNOWN, judged, of, says

DAY = 86_400
FRESH = of([{"name": "x", "on": True}])


def test_fresh_evidence_stays_as_it_is() -> None:
    assert expire(FRESH, "2026-11-21T02:00:00Z", DAY) is FRESH
    assert expire(FRESH, "2036-11-21T02:00:00Z", None) is FRESH


def test_old_evidence_is_unknown_and_loses_its_rows() -> None:
    old = expire(FRESH, "2026-11-23T06:30:00Z", DAY)

    assert (old.rows, old.gap and old.gap.kind) == ((), UNKNOWN)
    assert str(old.gap) == "evidence is 3 d 4 h old, older than 1 d"
    assert judged(says("some"), old).outcome is UNKNOWN


def test_a_gap_that_was_there_is_kept() -> None:
    assert expire(replace(FRESH, gap=LOST), "2026-11-23T06:30:00Z", DAY).gap == LOST


def test_undated_evidence_is_an_error() -> None:
    undated = replace(FRESH, provenance=Provenance())

    assert expire(undated, "2026-11-20T02:00:00Z", DAY).gap == error("the evidence does not say when it was taken")


def test_evidence_from_the_future_is_an_error_unless_the_clock_is_known_to_be_ahead() -> None:
    now = "2026-11-18T01:00:00Z"

    future = expire(FRESH, now, DAY)
    assert future.gap == error("evidence is dated 2 d 1 h in the future")
    assert future.rows == ()
    assert expire(FRESH, now, DAY, offset=2 * DAY) is FRESH
    assert expire(FRESH, "2026-11-23T06:30:00Z", DAY, offset=-3 * DAY) is FRESH


def test_now_must_be_a_time() -> None:
    with pytest.raises(ValueError, match=r"'today' is no time \(write"):
        expire(FRESH, "today", DAY)


@given(st.integers(-10, 10), st.integers(1, 10))
def test_nothing_older_than_the_limit_keeps_rows(days: int, limit: int) -> None:
    evidence = Evidence(FRESH.query, FRESH.rows, None, Provenance(taken_at=f"2026-11-{15 + days:02d}T00:00:00Z"))

    kept = expire(evidence, "2026-11-15T00:00:00Z", limit * DAY)

    assert bool(kept.rows) == (abs(days) <= limit)
    assert kept.gap is None or kept.gap.kind in (Outcome.UNKNOWN, Outcome.ERROR)
