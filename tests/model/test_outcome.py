"""The table by which outcomes combine, written out in full."""

from __future__ import annotations

import itertools

import pytest

from scanner.model.outcome import Outcome, Severity, combine_all, combine_any, negate
from tests.support.judging import ERROR, FAIL, NA, PASS, UNKNOWN

TABLE = {
    (PASS, PASS): (PASS, PASS),
    (PASS, FAIL): (FAIL, PASS),
    (PASS, UNKNOWN): (UNKNOWN, PASS),
    (PASS, ERROR): (ERROR, PASS),
    (PASS, NA): (PASS, PASS),
    (FAIL, FAIL): (FAIL, FAIL),
    (FAIL, UNKNOWN): (FAIL, UNKNOWN),
    (FAIL, ERROR): (FAIL, ERROR),
    (FAIL, NA): (FAIL, NA),
    (UNKNOWN, UNKNOWN): (UNKNOWN, UNKNOWN),
    (UNKNOWN, ERROR): (ERROR, ERROR),
    (UNKNOWN, NA): (UNKNOWN, NA),
    (ERROR, ERROR): (ERROR, ERROR),
    (ERROR, NA): (ERROR, NA),
    (NA, NA): (NA, NA),
}
FIVE = (PASS, FAIL, UNKNOWN, ERROR, NA)


@pytest.mark.parametrize(("pair", "combined"), TABLE.items())
def test_two_outcomes(pair: tuple[Outcome, Outcome], combined: tuple[Outcome, Outcome]) -> None:
    for order in (pair, pair[::-1]):
        assert (combine_all(order), combine_any(order)) == combined


def test_the_table_is_complete_and_associative() -> None:
    assert len(TABLE) == len(list(itertools.combinations_with_replacement(FIVE, 2)))
    for one, two, three in itertools.product(FIVE, repeat=3):
        for combine in (combine_all, combine_any):
            assert combine((one, two, three)) is combine((one, combine((two, three))))


def test_not() -> None:
    assert [negate(each) for each in FIVE] == [FAIL, PASS, UNKNOWN, ERROR, FAIL]
    assert negate(Outcome.NOTCHECKED) is Outcome.NOTCHECKED


def test_what_is_decided_and_what_is_not() -> None:
    assert [each for each in Outcome if each.decided] == [PASS, FAIL]
    assert [each for each in Outcome if each.undecided] == [UNKNOWN, ERROR]


def test_severities_rank_worst_first() -> None:
    assert sorted(Severity, key=lambda each: each.rank) == list(Severity)
    assert Severity.CRITICAL.at_least(Severity.LOW)
    assert Severity.LOW.at_least(Severity.LOW)
    assert not Severity.LOW.at_least(Severity.MEDIUM)


def test_nothing_to_combine_is_not_applicable() -> None:
    assert combine_all(()) is NA
