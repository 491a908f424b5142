"""Soundness against the real operators: no condition is refused that some row meets and some row fails."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scanner.catalog.soundness import judge_assertion
from scanner.matching.compile import compile_condition
from scanner.model.evidence import ABSENT, Row
from scanner.model.outcome import Outcome
from scanner.model.rule import (
    Assertion,
    FactSubject,
    FieldRef,
    FieldTest,
    Literal,
    Operand,
    Quantifier,
    RowAll,
    RowAny,
    RowCondition,
    RowNot,
    Test,
    ValueRef,
)
from tests.support.ruletexts import ONE

CELLS: dict[str, list[Any]] = {
    "login": [ABSENT, "", "a", "b", "ab", "c"],
    "banner": [ABSENT, "a", "b"],
    "limit": [ABSENT, -1, 0, 1, 2, 3, 4],
    "floor": [ABSENT, 1, 2],
    "level": [ABSENT, "low", "mid", "high"],
    "strict": [ABSENT, True, False],
    "ciphers": [ABSENT, [], ["a"], ["b"], ["a", "b"]],
    "changed": [ABSENT, "2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z"],
    "mode": [ABSENT, "0000", "0600", "0644"],
}
OPERATORS: dict[str, dict[str, Sequence[Operand]]] = {
    "login": {
        **dict.fromkeys(("equals", "differs"), (Literal("a"), Literal(""), FieldRef("banner"), ValueRef("text"))),
        **dict.fromkeys(("one_of", "none_of"), (Literal(["a", "b"]), Literal(["c"]))),
        **dict.fromkeys(("contains", "lacks"), (Literal("a"), ValueRef("text"))),
        "matches": [Literal("a*"), Literal("[bc]")],
        "empty": [Literal(True), Literal(False)],
    },
    "limit": {
        **dict.fromkeys(
            ("equals", "differs", "less", "at_most", "greater", "at_least"),
            (Literal(1), Literal(2), Literal(3), FieldRef("floor"), ValueRef("number")),
        ),
        "one_of": [Literal([1, 2])],
    },
    "level": {"equals": [Literal("low")], "none_of": [Literal(["low", "mid"]), Literal(["low", "mid", "high"])]},
    "strict": {"equals": [Literal(True), Literal(False)], "differs": [Literal(True)]},
    "ciphers": {
        **dict.fromkeys(("contains", "lacks"), (Literal("a"), Literal("b"))),
        **dict.fromkeys(("subset_of", "superset_of", "equals"), (Literal(["a"]), Literal(["a", "b"]))),
        "empty": [Literal(True), Literal(False)],
    },
    "changed": dict.fromkeys(("less", "at_least", "equals"), (Literal("2026-01-01T12:00:00Z"),)),
    "mode": {"mode_within": [Literal("0600"), Literal("0640")], "equals": [Literal("0644")]},
}
PRESENCE: dict[str, Sequence[Operand]] = {
    "absent": [Literal(True), Literal(False)],
    "present": [Literal(True), Literal(False)],
}


def _leaves() -> st.SearchStrategy[RowCondition]:
    def tests(name: str) -> st.SearchStrategy[RowCondition]:
        field = ONE.field(name)
        assert field is not None
        table = {**OPERATORS[name], **PRESENCE}
        choices = [Test(operator, operand) for operator, operands in table.items() for operand in operands]
        return st.lists(st.sampled_from(choices), min_size=1, max_size=3).map(
            lambda chosen: FieldTest(field.name, field.type, tuple(chosen))
        )

    return st.sampled_from(sorted(OPERATORS)).flatmap(tests)


CONDITIONS: st.SearchStrategy[RowCondition] = st.recursive(
    _leaves(),
    lambda inner: st.one_of(
        inner.map(RowNot),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: RowAll(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: RowAny(tuple(parts))),
    ),
    max_leaves=5,
)


def _fields(condition: RowCondition) -> set[str]:
    if isinstance(condition, FieldTest):
        beside = {test.operand.name for test in condition.tests if isinstance(test.operand, FieldRef)}
        return {condition.field, *beside}
    parts = (condition.part,) if isinstance(condition, RowNot) else condition.parts
    return set().union(*(_fields(part) for part in parts))


def _rows(fields: set[str]) -> list[Row]:
    names = sorted(fields)
    return [dict(zip(names, cells, strict=True)) for cells in product(*(CELLS[name] for name in names))]


@given(condition=CONDITIONS, text=st.sampled_from(["a", "b"]), number=st.sampled_from([1, 3]))
def test_no_condition_is_refused_that_some_row_meets_and_some_row_fails(
    condition: RowCondition, text: str, number: int
) -> None:
    said: list[str] = []
    assertion = Assertion(FactSubject(ONE.name), Quantifier.EXPECT, demand=condition, line=1)
    judge_assertion(assertion, ONE, lambda _line, what, _remedy: said.append(what))
    if len(_fields(condition)) > 4:
        return
    judge = compile_condition(condition, {"text": text, "number": number}).judge

    outcomes = {judge(row, None) for row in _rows(_fields(condition))}

    if said == ["no row can meet 'expect'"]:
        assert Outcome.PASS not in outcomes
    if said == ["every row meets 'expect'"]:
        assert Outcome.FAIL not in outcomes


@given(leaf=_leaves(), text=st.sampled_from(["a", "b"]), number=st.sampled_from([1, 3]))
def test_no_test_is_called_impossible_that_some_cell_meets(leaf: FieldTest, text: str, number: int) -> None:
    said: list[str] = []
    assertion = Assertion(FactSubject(ONE.name), Quantifier.EXPECT, demand=leaf, line=1)
    judge_assertion(assertion, ONE, lambda _line, what, _remedy: said.append(what))
    judge = compile_condition(leaf, {"text": text, "number": number}).judge

    outcomes = {judge(row, None) for row in _rows(_fields(leaf))}

    if any(": nothing meets " in what for what in said):
        assert Outcome.PASS not in outcomes
    if any(": everything meets " in what for what in said):
        assert Outcome.FAIL not in outcomes
