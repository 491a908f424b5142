"""Quantifiers over complete, empty, incomplete and half-known lists."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.model.evidence import ABSENT
from scanner.model.fact import BOOL, INT, TEXT
from scanner.model.outcome import Outcome
from scanner.model.rule import FieldRef, RowNot, Test, Value, ValueRef
from tests.support.judging import (
    DENIED,
    ERROR,
    FAIL,
    IS_ON,
    LOST,
    NA,
    PASS,
    UNKNOWN,
    counts,
    judged,
    of,
    on,
    says,
)

GOOD: dict[str, Any] = {"name": "good", "on": True, "kind": "a"}
BAD: dict[str, Any] = {"name": "bad", "on": False, "kind": "a"}
DARK: dict[str, Any] = {"name": "dark", "on": DENIED, "kind": "a"}
BROKEN: dict[str, Any] = {"name": "broken", "on": LOST, "kind": "a"}
OTHER: dict[str, Any] = {"name": "other", "on": False, "kind": "b"}
GOOD_MAYBE: dict[str, Any] = {"name": "good maybe", "on": True, "kind": DENIED}
BAD_MAYBE: dict[str, Any] = {"name": "bad maybe", "on": False, "kind": DENIED}
DARK_MAYBE: dict[str, Any] = {"name": "dark maybe", "on": LOST, "kind": DENIED}
OF_A = on("kind", TEXT, "equals", "a")


@pytest.mark.parametrize(
    ("rows", "gap", "every", "none", "some"),
    [
        ([], None, NA, PASS, FAIL),
        ([], DENIED, UNKNOWN, UNKNOWN, UNKNOWN),
        ([], LOST, ERROR, ERROR, ERROR),
        ([GOOD], None, PASS, FAIL, PASS),
        ([BAD], None, FAIL, PASS, FAIL),
        ([GOOD, BAD], None, FAIL, FAIL, PASS),
        ([GOOD], DENIED, UNKNOWN, FAIL, PASS),
        ([BAD], DENIED, FAIL, UNKNOWN, UNKNOWN),
        ([GOOD, DARK], None, UNKNOWN, FAIL, PASS),
        ([BAD, DARK], None, FAIL, UNKNOWN, UNKNOWN),
        ([BAD, DARK, BROKEN], None, FAIL, ERROR, ERROR),
        ([GOOD, DARK, BROKEN], None, ERROR, FAIL, PASS),
        ([OTHER], None, NA, PASS, FAIL),
        ([GOOD, OTHER], None, PASS, FAIL, PASS),
        ([GOOD, GOOD_MAYBE], None, PASS, FAIL, PASS),
        ([GOOD_MAYBE], None, UNKNOWN, UNKNOWN, UNKNOWN),
        ([BAD_MAYBE], None, UNKNOWN, PASS, FAIL),
        ([GOOD, BAD_MAYBE], None, UNKNOWN, FAIL, PASS),
        ([BAD, GOOD_MAYBE], None, FAIL, UNKNOWN, UNKNOWN),
        ([DARK_MAYBE], None, ERROR, ERROR, ERROR),
    ],
)
def test_every_none_and_some(
    rows: list[dict[str, Any]], gap: Any, every: Outcome, none: Outcome, some: Outcome
) -> None:
    evidence = of(rows, gap)

    assert judged(says("every", rows=OF_A), evidence).outcome is every
    assert judged(says("none", rows=OF_A), evidence).outcome is none
    assert judged(says("some", rows=OF_A), evidence).outcome is some


@pytest.mark.parametrize(
    ("rows", "gap", "outcome"),
    [
        ([GOOD], None, PASS),
        ([BAD], None, FAIL),
        ([DARK], None, UNKNOWN),
        ([], None, FAIL),
        ([GOOD], DENIED, UNKNOWN),
        ([], LOST, ERROR),
        ([GOOD, GOOD], None, ERROR),
        ([GOOD, BAD], DENIED, ERROR),
        ([GOOD, OTHER], None, PASS),
        ([GOOD, BAD_MAYBE], None, UNKNOWN),
        ([GOOD_MAYBE], LOST, ERROR),
    ],
)
def test_expect(rows: list[dict[str, Any]], gap: Any, outcome: Outcome) -> None:
    assert judged(says("expect", rows=OF_A), of(rows, gap)).outcome is outcome


def test_expect_on_no_row_judges_one_whose_cells_are_all_absent() -> None:
    assert judged(says("expect", on("on", TEXT, "absent", True)), of()).outcome is PASS
    assert judged(says("expect", RowNot(IS_ON)), of()).outcome is PASS
    assert judged(says("expect", on("on", TEXT, "matches", "(")), of()).outcome is FAIL
    result = judged(says("expect"), of())
    assert result.findings[0].found == "no entry; on is absent"
    assert result.findings[0].reason == "no entry; on is absent (required: on is true)"
    result = judged(says("expect", on("on", TEXT, "empty", "maybe")), of())
    assert (result.outcome, result.findings[0].outcome) == (ERROR, ERROR)
    assert "operand of empty cannot be used" in result.findings[0].reason


@pytest.mark.parametrize(
    ("operator", "number", "rows", "gap", "outcome"),
    [
        ("equals", 0, [], None, PASS),
        ("equals", 1, [GOOD, OTHER], None, PASS),
        ("equals", 1, [GOOD, BAD], None, FAIL),
        ("equals", 1, [GOOD, BAD], DENIED, FAIL),
        ("equals", 3, [GOOD, BAD], DENIED, UNKNOWN),
        ("differs", 1, [GOOD, BAD], DENIED, PASS),
        ("differs", 3, [GOOD, BAD], LOST, ERROR),
        ("at_least", 2, [GOOD, BAD], DENIED, PASS),
        ("at_least", 3, [GOOD, BAD], DENIED, UNKNOWN),
        ("at_least", 3, [GOOD, BAD], None, FAIL),
        ("greater", 1, [GOOD, BAD], LOST, PASS),
        ("at_most", 1, [GOOD, BAD], DENIED, FAIL),
        ("at_most", 2, [GOOD, BAD], DENIED, UNKNOWN),
        ("less", 10**9, [GOOD], DENIED, UNKNOWN),
        ("at_most", 2, [GOOD, GOOD_MAYBE], None, PASS),
        ("at_most", 1, [GOOD, GOOD_MAYBE], None, UNKNOWN),
        ("at_least", 3, [GOOD, GOOD_MAYBE], None, FAIL),
        ("one_of", [1, 2], [GOOD, GOOD_MAYBE], None, PASS),
        ("one_of", [1, 5], [GOOD], DENIED, UNKNOWN),
        ("none_of", [0], [GOOD], DENIED, PASS),
        ("at_most", "two", [GOOD], None, ERROR),
        ("present", True, [], DENIED, PASS),
    ],
)
def test_count(operator: str, number: Any, rows: list[dict[str, Any]], gap: Any, outcome: Outcome) -> None:
    result = judged(counts(operator, number, rows=OF_A), of(rows, gap))

    assert result.outcome is outcome
    assert [each.key for each in result.findings] == [()]


def test_count_takes_values_and_no_field() -> None:
    by_field = says("count", tests=(Test("at_most", FieldRef("size")),))
    by_value = says("count", tests=(Test("at_most", ValueRef("most")),))
    value = {"values": {"most": Value("most", INT, 1)}}

    assert judged(by_field, of([GOOD])).outcome is ERROR
    assert judged(by_value, of([GOOD]), **value).outcome is PASS
    assert judged(by_value, of([GOOD, BAD]), **value).outcome is FAIL


def test_words_of_counts() -> None:
    def told(rows: list[dict[str, Any]], gap: Any) -> str:
        return judged(counts("at_most", 0, rows=OF_A), of(rows, gap)).findings[0].found

    assert told([GOOD], None) == "the number is 1"
    assert told([GOOD], DENIED) == "the number is 1 or more"
    assert told([GOOD, GOOD_MAYBE], None) == "the number is 1 to 2"
    result = judged(counts("at_most", 0, rows=OF_A), of([GOOD]))
    assert result.findings[0].expected == "of entries where kind is a, the number is at most 0"
    assert result.findings[0].reason.endswith("(required: of entries where kind is a, the number is at most 0)")


def test_words_of_every() -> None:
    result = judged(says("every", rows=OF_A), of([GOOD, BAD, DARK, BAD_MAYBE], LOST))

    told = {each.resource: each for each in result.findings}
    assert set(told) == {"good", "bad", "dark", "bad maybe", ""}
    assert told["bad"].expected == "on is true"
    assert told["bad"].found == "on is false"
    assert told["bad"].reason == "on is false (required: on is true)"
    assert told["dark"].reason == "on: permission denied"
    assert told["dark"].needs == "root"
    assert told["bad maybe"].reason == "whether it counts is not known: kind: permission denied"
    assert told["bad maybe"].outcome is UNKNOWN
    assert told[""].outcome is ERROR
    assert told[""].found == "4 entries and an unknown rest"
    assert told[""].reason == "connection lost"


def test_words_of_empty_lists() -> None:
    result = judged(says("every", rows=OF_A), of([OTHER]))
    assert result.reason == "no entry where kind is a, so there is nothing to judge"
    assert [each.outcome for each in result.findings] == [NA]

    result = judged(says("none"), of())
    assert [(each.outcome, each.evidence) for each in result.findings] == [(PASS, "t.list")]

    result = judged(says("some"), of())
    assert result.findings[0].reason == "no entry (required: an entry: on is true)"


def test_words_of_none_and_some() -> None:
    result = judged(says("none"), of([GOOD, BAD, DARK]))
    told = {each.resource: each for each in result.findings}
    assert told["good"].expected == "no entry: on is true"
    assert told["good"].reason == "on is true (expected: no entry: on is true)"
    assert told["bad"].outcome is PASS
    assert told["dark"].needs == "root"

    result = judged(says("some", rows=OF_A), of([BAD]))
    assert result.findings[0].found == "none of 1 entry; on is false"
    result = judged(says("some"), of([BAD, DARK]))
    assert (result.findings[0].reason, result.findings[0].needs) == ("on: permission denied", "root")
    result = judged(says("some", rows=OF_A), of([BAD, DARK, GOOD_MAYBE], DENIED))
    assert result.findings[0].reason == (
        "permission denied; on: permission denied; whether it counts is not known: kind: permission denied"
    )


def test_an_entry_with_absent_kind_is_outside() -> None:
    row = {**BAD, "kind": ABSENT}

    assert judged(says("every", rows=OF_A), of([row])).outcome is NA


@pytest.mark.parametrize("quantifier", ["expect", "every", "none", "some"])
@pytest.mark.parametrize(("fact", "where"), [("t.one", {}), ("t.lookup", {"name": "x"})])
def test_a_row_that_always_comes_and_did_not_is_an_error(fact: str, where: dict[str, Any], quantifier: str) -> None:
    nothing = of([], fact=fact, **where)

    result = judged(says(quantifier, on("on", BOOL, "absent", True), fact=fact, where=where), nothing)

    assert result.outcome is ERROR
    assert result.findings[0].reason == "the answer lacks the row that this fact always has"
