"""Row conditions: what each operator decides, three-valued, and what it tells."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.matching.compile import compile_condition
from scanner.matching.patterns import LONGEST, pattern
from scanner.model.evidence import ABSENT, Gap, error, unknown
from scanner.model.fact import (
    ADDRESS,
    BOOL,
    DURATION,
    INT,
    MAP,
    MODE,
    SIZE,
    TEXT,
    TEXTS,
    TIME,
    VERSION,
    Kind,
    Type,
    enum,
)
from scanner.model.outcome import Outcome, combine_all, combine_any, negate
from scanner.model.rule import (
    FieldRef,
    FieldTest,
    Literal,
    RowAll,
    RowAny,
    RowCondition,
    RowNot,
    TargetRef,
    Test,
    ValueRef,
)

PASS, FAIL, UNKNOWN, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR
NOW = 1_000_000.0
INTS = Type(Kind.INT, many=True)


def on(type_: Type, operator: str, operand: Any, field: str = "f") -> FieldTest:
    return FieldTest(field, type_, (Test(operator, Literal(operand)),))


def judge(
    condition: RowCondition, row: dict[str, Any], values: dict[str, Any] | None = None, now: float | None = NOW
) -> Outcome:
    compiled = compile_condition(condition, values or {})
    outcome = compiled.judge(row, now)
    told = compiled.explain(row, now)

    assert told.outcome is outcome
    assert bool(told.gaps) == outcome.undecided
    assert told.expected
    assert told.found
    return outcome


@pytest.mark.parametrize(
    ("type_", "operator", "operand", "passing", "failing"),
    [
        (TEXT, "equals", "no", ["no"], ["yes", "", "No"]),
        (BOOL, "equals", True, [True], [False]),
        (TEXTS, "equals", ["a", "b"], [["a", "b"]], [["b", "a"], ["a"], []]),
        (MAP, "equals", {"a": "b"}, [{"a": "b"}], [{}, {"a": "c"}]),
        (ADDRESS, "equals", "::1", ["0:0::1"], ["::2", "127.0.0.1"]),
        (VERSION, "equals", "1.0", ["1.0-0"], ["1.0-1"]),
        (TEXT, "differs", "no", ["yes"], ["no"]),
        (INT, "less", 5, [4], [5, 6]),
        (INT, "at_most", 5, [5], [6]),
        (DURATION, "at_most", 60, [59.5, 60], [60.5]),
        (SIZE, "greater", 1024, [1025], [1024]),
        (TIME, "at_least", "1970-01-02T00:00:00Z", ["1970-01-02T01:00:00+01:00"], ["1970-01-01T23:59:59Z"]),
        (TEXT, "one_of", ["a", "b"], ["a"], ["c"]),
        (MODE, "one_of", ["0600", "0640"], ["0600"], ["0644"]),
        (enum("a", "b"), "one_of", ["a"], ["a"], ["b"]),
        (TEXT, "none_of", ["a"], ["c"], ["a"]),
        (TEXTS, "contains", "a", [["a", "b"]], [["ab"], []]),
        (INTS, "contains", 4, [[4]], [[5]]),
        (MAP, "contains", "a", [{"a": ""}], [{"b": "a"}]),
        (TEXT, "contains", "oo", ["foo"], ["bar"]),
        (TEXTS, "lacks", "a", [["b"], []], [["a"]]),
        (TEXTS, "subset_of", ["a", "b"], [["a"], []], [["a", "c"]]),
        (MAP, "subset_of", {"a": "1", "b": "2"}, [{"a": "1"}], [{"a": "2"}]),
        (TEXTS, "superset_of", ["a"], [["a", "c"]], [["c"], []]),
        (MAP, "superset_of", {"a": "1"}, [{"a": "1", "c": "3"}], [{"a": "2"}]),
        (TEXT, "matches", "a.c", ["abc"], ["xabc", "abcd", "a\nc"]),
        (VERSION, "matches", "24[.].*", ["24.04"], ["22.04"]),
        (TEXT, "absent", True, [ABSENT], ["x", ""]),
        (TEXT, "absent", False, ["x"], [ABSENT]),
        (INT, "present", True, [0], [ABSENT]),
        (INT, "present", False, [ABSENT], [0]),
        (TEXT, "empty", True, [ABSENT, ""], ["x"]),
        (TEXT, "empty", False, ["x"], ["", ABSENT]),
        (TEXTS, "empty", True, [ABSENT, []], [["x"]]),
        (MAP, "empty", True, [{}], [{"a": "b"}]),
        (MODE, "mode_within", "0640", ["0640", "0600", "0000"], ["0644", "4640", "0650"]),
        (TIME, "age_at_most", 3600, ["1970-01-12T13:46:40Z", "1970-01-12T12:46:40Z", "1970-01-12T13:51:40Z"], ["1970-01-12T12:46:39Z", "1970-01-12T13:51:41Z"]),
        (VERSION, "version_at_least", "1:9.6", ["1:9.6", "1:9.7", "2:1"], ["9.7", "1:9.6~rc1"]),
        (ADDRESS, "within_cidr", ["10.0.0.0/8", "fd00::/8"], ["10.1.2.3", "10.2.0.0/16", "fd00::1", "::ffff:10.0.0.1"], ["11.0.0.1", "0.0.0.0/0", "::1"]),
    ],
)  # fmt: skip
def test_operators(type_: Type, operator: str, operand: Any, passing: list[Any], failing: list[Any]) -> None:
    for cell in passing:
        assert judge(on(type_, operator, operand), {"f": cell}) is PASS, cell
    for cell in failing:
        assert judge(on(type_, operator, operand), {"f": cell}) is FAIL, cell


EVERY_OPERATOR = [
    on(TEXT, "equals", "a"),
    on(TEXT, "differs", "a"),
    on(INT, "less", 1),
    on(INT, "at_most", 1),
    on(INT, "greater", 1),
    on(INT, "at_least", 1),
    on(TEXT, "one_of", ["a"]),
    on(TEXT, "none_of", ["a"]),
    on(TEXTS, "contains", "a"),
    on(TEXTS, "lacks", "a"),
    on(TEXTS, "subset_of", ["a"]),
    on(TEXTS, "superset_of", ["a"]),
    on(TEXT, "matches", "a"),
    on(TEXT, "absent", True),
    on(TEXT, "absent", False),
    on(TEXT, "present", True),
    on(TEXT, "empty", True),
    on(MODE, "mode_within", "0640"),
    on(TIME, "age_at_most", 60),
    on(VERSION, "version_at_least", "1"),
    on(ADDRESS, "within_cidr", ["10.0.0.0/8"]),
]


@pytest.mark.parametrize("condition", EVERY_OPERATOR, ids=lambda each: each.tests[0].operator)
def test_a_gap_is_never_decided(condition: FieldTest) -> None:
    assert judge(condition, {"f": unknown("denied", "root")}) is UNKNOWN
    assert judge(condition, {"f": error("cut off")}) is ERROR
    assert judge(condition, {}) is ERROR
    assert judge(RowNot(condition), {"f": unknown("denied")}) is UNKNOWN


@pytest.mark.parametrize("kind", [PASS, FAIL, Outcome.NOTAPPLICABLE])
def test_a_gap_that_claims_to_decide_is_an_error(kind: Outcome) -> None:
    assert judge(on(TEXT, "equals", "a"), {"f": Gap(kind, "odd collector")}) is ERROR


@pytest.mark.parametrize("condition", EVERY_OPERATOR, ids=lambda each: each.tests[0].operator)
def test_an_absent_value_passes_only_what_asks_for_absence(condition: FieldTest) -> None:
    test = condition.tests[0]
    allowed = (test.operator, test.operand) in [("absent", Literal(True)), ("empty", Literal(True))]

    assert judge(condition, {"f": ABSENT}) is (PASS if allowed else FAIL)


@pytest.mark.parametrize("condition", EVERY_OPERATOR, ids=lambda each: each.tests[0].operator)
def test_a_cell_of_another_type_is_an_error(condition: FieldTest) -> None:
    verdict = compile_condition(condition, {}).explain({"f": {1: 2}}, NOW)

    assert verdict.outcome is ERROR
    assert verdict.gaps[0].reason.startswith("f: the evidence holds")
    assert compile_condition(condition, {}).judge({"f": {1: 2}}, NOW) is ERROR


def test_age_without_a_time_of_the_evidence_is_an_error() -> None:
    row = {"f": "1970-01-01T00:00:00Z"}

    assert judge(on(TIME, "age_at_most", 60), row, now=None) is ERROR


def test_patterns_meet_no_endless_and_no_broken_text() -> None:
    condition = on(TEXT, "matches", "(a|aa)+")

    assert judge(condition, {"f": "a" * LONGEST}) is PASS
    assert judge(condition, {"f": "a" * (LONGEST + 1)}) is ERROR
    assert judge(condition, {"f": "\ud800"}) is ERROR


@pytest.mark.parametrize("text", ["a(", r"(a)\1", "(?=a)", "\ud800"])
def test_what_is_no_pattern_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no regular expression: .*\(write RE2 syntax"):
        pattern(text)

    assert judge(on(TEXT, "matches", text), {"f": "a"}) is ERROR


def test_operands_come_from_values_and_fields() -> None:
    by_value = FieldTest("f", INT, (Test("at_most", ValueRef("limit")),))
    by_field = FieldTest("f", DURATION, (Test("at_most", FieldRef("rpo")),))
    in_list = FieldTest("f", TEXT, (Test("one_of", FieldRef("allowed")),))
    by_flag = FieldTest("f", TEXT, (Test("absent", FieldRef("gone")),))

    assert judge(by_value, {"f": 4}, {"limit": 4}) is PASS
    assert judge(by_value, {"f": 4}, {"limit": 3}) is FAIL
    assert judge(by_value, {"f": 4}, {"limit": "many"}) is ERROR
    assert judge(by_value, {"f": ABSENT}, {"limit": "many"}) is FAIL
    assert judge(by_field, {"f": 60, "rpo": 60}) is PASS
    assert judge(by_field, {"f": 60, "rpo": 59}) is FAIL
    assert judge(by_field, {"f": 60, "rpo": ABSENT}) is FAIL
    assert judge(by_field, {"f": 60, "rpo": "soon"}) is ERROR
    assert judge(by_field, {"f": 60, "rpo": unknown("hidden")}) is UNKNOWN
    assert judge(by_field, {"f": 60}) is ERROR
    assert judge(by_field, {"f": ABSENT, "rpo": ABSENT}) is FAIL
    assert judge(in_list, {"f": "a", "allowed": ["a", "b"]}) is PASS
    assert judge(by_flag, {"f": ABSENT, "gone": True}) is PASS
    assert judge(by_flag, {"f": ABSENT, "gone": False}) is FAIL
    assert judge(by_flag, {"f": ABSENT, "gone": unknown("hidden")}) is UNKNOWN
    assert judge(FieldTest("f", TEXT, (Test("equals", TargetRef("owner")),)), {"f": "x"}) is FAIL


def test_findings_say_expected_and_found() -> None:
    both = FieldTest("days", INT, (Test("at_least", Literal(1)), Test("at_most", Literal(365))))
    compiled = compile_condition(RowAll((both, on(TEXT, "one_of", ["no"], "root"))), {})

    verdict = compiled.explain({"days": 400, "root": "yes"}, None)

    assert verdict.expected == "days is at most 365 and root is one of no"
    assert verdict.found == "days is 400; root is yes"
    assert compiled.says == "days is at least 1 and is at most 365 and root is one of no"


def test_findings_name_only_what_decided() -> None:
    compiled = compile_condition(RowAll((on(TEXT, "equals", "a", "x"), on(TEXT, "equals", "b", "y"))), {})

    verdict = compiled.explain({"x": unknown("denied", "root"), "y": "c"}, None)

    assert (verdict.outcome, verdict.expected, verdict.found, verdict.gaps) == (FAIL, "y is b", "y is c", ())


def test_findings_tell_the_other_field_and_the_gap() -> None:
    compiled = compile_condition(FieldTest("exposure", DURATION, (Test("at_most", FieldRef("rpo")),)), {})

    assert compiled.explain({"exposure": 7200, "rpo": 3600}, None).found == "exposure is 2 h; rpo is 1 h"
    assert compiled.says == "exposure is at most the field rpo"
    gap = compiled.explain({"exposure": unknown("denied", "root"), "rpo": 3600}, None).gaps[0]
    assert gap == unknown("exposure: denied", "root")
    flag = compile_condition(FieldTest("f", TEXT, (Test("absent", FieldRef("gone")),)), {})
    assert flag.says == "f is absent as told by the field gone"


def test_combinations_in_words() -> None:
    one, other = on(TEXT, "equals", "a", "x"), on(TEXT, "absent", True, "y")
    any_of = compile_condition(RowAny((one, other)), {})
    negated = compile_condition(RowNot(RowAny((one, other))), {})

    verdict = any_of.explain({"x": "b", "y": "c"}, None)
    assert (verdict.expected, verdict.found) == ("(x is a or y is absent)", "x is b; y is c")
    verdict = negated.explain({"x": "b", "y": ABSENT}, None)
    assert (verdict.outcome, verdict.expected, verdict.found) == (FAIL, "not (x is a or y is absent)", "y is absent")


STATES = [True, False, unknown("hidden"), error("lost"), ABSENT]
LEAVES = st.builds(
    lambda field, operator, flag: on(BOOL, operator, flag, field),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["equals", "differs", "present"]),
    st.booleans(),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: RowAll(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: RowAny(tuple(parts))),
        inner.map(RowNot),
    ),
    max_leaves=6,
)
ROWS = st.fixed_dictionaries({name: st.sampled_from(STATES) for name in "abc"})


def by_the_table(condition: RowCondition, row: dict[str, Any]) -> Outcome:
    """The meaning of a condition, written down a second time from the table of outcomes."""
    if isinstance(condition, RowAll):
        return combine_all(by_the_table(part, row) for part in condition.parts)
    if isinstance(condition, RowAny):
        return combine_any(by_the_table(part, row) for part in condition.parts)
    if isinstance(condition, RowNot):
        return negate(by_the_table(condition.part, row))
    (test,), cell = condition.tests, row[condition.field]
    if isinstance(cell, Gap):
        return cell.kind
    assert isinstance(test.operand, Literal)
    held = {
        "equals": cell is test.operand.value,
        "differs": cell is not ABSENT and cell is not test.operand.value,
        "present": (cell is not ABSENT) is test.operand.value,
    }
    return PASS if held[test.operator] else FAIL


@given(CONDITIONS, ROWS)
def test_conditions_combine_by_the_table(condition: RowCondition, row: dict[str, Any]) -> None:
    assert judge(condition, row) is by_the_table(condition, row)


@given(CONDITIONS, ROWS)
def test_not_flips_what_is_decided(condition: RowCondition, row: dict[str, Any]) -> None:
    assert judge(RowNot(condition), row) is negate(judge(condition, row))


@given(CONDITIONS, ROWS, st.fixed_dictionaries({name: st.sampled_from([True, False, ABSENT]) for name in "abc"}))
def test_what_is_decided_with_gaps_holds_whatever_fills_them(
    condition: RowCondition, row: dict[str, Any], truth: dict[str, Any]
) -> None:
    filled = {name: truth[name] if isinstance(cell, Gap) else cell for name, cell in row.items()}

    outcome = judge(condition, row)

    assert outcome.undecided or judge(condition, filled) is outcome


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.text(max_size=3)),
    st.sampled_from(STATES),
)


@given(st.sampled_from(EVERY_OPERATOR), CELLS)
def test_no_cell_raises(condition: FieldTest, cell: Any) -> None:
    assert judge(condition, {"f": cell}) in (PASS, FAIL, UNKNOWN, ERROR)
