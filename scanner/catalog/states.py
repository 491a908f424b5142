"""The states that stand for everything a field can hold, each telling by its bits which tests are true in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import reduce
from itertools import pairwise, product
from math import prod
from operator import or_
from typing import Any, Final

from scanner.matching.cells import moment
from scanner.matching.compile import Judge, compile_condition
from scanner.model.evidence import ABSENT
from scanner.model.fact import Kind, Type
from scanner.model.outcome import Outcome
from scanner.model.rule import FieldRef, FieldTest, Literal, Test

MOST = 4096
"""Combinations that are tried before a condition is taken to be sound."""

_COMPLEMENTS = {"differs": "equals", "none_of": "one_of", "lacks": "contains", "at_least": "less", "greater": "at_most"}
"""Operator > the one that is its opposite on everything that is not absent."""
_PRESENCE = ("absent", "present", "empty")
_EQUALITY = {"equals": False, "differs": True, "one_of": False, "none_of": True}
"""Operator > its truth on a value that no literal names."""
_ORDERED = (Kind.INT, Kind.SIZE, Kind.DURATION, Kind.TIME)
_OTHER: Final = object()
"""A value that is there, not empty, and that no literal of the tests names."""


def key_of(test: Test) -> str:
    """Give what makes two tests on a field the same."""
    operand = test.operand
    right = repr(operand.value) if isinstance(operand, Literal) else f"{type(operand).__name__}:{operand.name}"
    return f"{test.operator} {right}"


def states(
    field: str, type_: Type, tests: Sequence[Test], *, absent: bool = True, least: int | None = None
) -> set[int] | None:
    """Give the states of a field: every combination of truths that its tests can have is among them.

    Bit i of a state tells whether the i-th test is true. With `absent` False the thing is always there, as a value
    or a count is; `least` bounds an int. None when there are more than MOST to try.
    """
    judges = [_judge(field, type_, test) for test in tests]
    found: set[int] = set()
    for cell in [*([ABSENT] if absent else []), *_cells(type_, tests, least)]:
        fixed = 0
        free: dict[str, tuple[int, int]] = {}
        beside_field: set[str] = set()
        for index, (test, judge) in enumerate(zip(tests, judges, strict=True)):
            truth = _truth(cell, test, judge, field)
            if truth is not None:
                fixed |= truth << index
                continue
            name, straight = _atom(test)
            whole, opposite = free.get(name, (0, 0))
            free[name] = (whole | 1 << index, opposite) if straight else (whole, opposite | 1 << index)
            if isinstance(test.operand, FieldRef):
                beside_field.add(name)
        choices = [(*bits, 0) if name in beside_field else bits for name, bits in free.items()]
        if prod(len(each) for each in choices) > MOST:
            return None
        found.update(reduce(or_, chosen, fixed) for chosen in product(*choices))
    return found


def _judge(field: str, type_: Type, test: Test) -> Judge | None:
    """Give the exact predicate of a test; None when it depends on more than the cell."""
    if not isinstance(test.operand, Literal) or test.operator == "age_at_most":
        return None
    return compile_condition(FieldTest(field, type_, (test,)), {}).judge


def _truth(cell: Any, test: Test, judge: Judge | None, field: str) -> bool | None:
    """Tell whether a test is true of a cell; None when it may be either."""
    if cell is ABSENT and test.operator not in _PRESENCE:
        return False
    if judge is None:
        return None
    if cell is not _OTHER:
        return judge({field: cell}, None) is Outcome.PASS
    if test.operator in _PRESENCE and isinstance(test.operand, Literal):
        return bool(test.operand.value) is (test.operator == "present")
    return _EQUALITY.get(test.operator)


def _atom(test: Test) -> tuple[str, bool]:
    """Name what a free test depends on, and whether it is true when that is: opposites depend on the same.

    Beside a field of the row both may be false, because that field may be absent.
    """
    straight = test.operator not in _COMPLEMENTS
    return key_of(test if straight else Test(_COMPLEMENTS[test.operator], test.operand)), straight


def _cells(type_: Type, tests: Iterable[Test], least: int | None) -> list[Any]:
    """Give values that stand for all that are there."""
    named = _named(type_, tests)
    if type_.many:
        return [[], *named, _OTHER]
    if type_.kind is Kind.BOOL:
        return [True, False]
    if type_.kind is Kind.ENUM and type_.literals:
        return list(type_.literals)
    if type_.kind in _ORDERED:
        points = (
            _times(named) if type_.kind is Kind.TIME else _points(sorted(named), whole=type_.kind is not Kind.DURATION)
        )
        if least is not None:
            points = [point for point in {least, *points} if point >= least]
        return points or [_OTHER]
    empty: dict[Kind, list[Any]] = {Kind.TEXT: [""], Kind.MAP: [{}]}
    return [*empty.get(type_.kind, []), *named, _OTHER]


def _named(type_: Type, tests: Iterable[Test]) -> list[Any]:
    """Give the different values of the field's own type that the tests name as literals."""
    found: list[Any] = []
    for test in tests:
        if not isinstance(test.operand, Literal) or test.operator in (*_PRESENCE, "matches", "age_at_most"):
            continue
        right = test.operand.value
        candidates = right if isinstance(right, list) and not type_.many else [right]
        if type_.many and not isinstance(right, list):
            candidates = [[right]]
        found.extend(each for each in candidates if each not in found)
    return found


def _points(points: list[Any], *, whole: bool) -> list[Any]:
    """Give the points and one before, between and behind each of them; with `whole` there are no fractions."""
    if not points:
        return []
    between = [low + 1 if whole else (low + high) / 2 for low, high in pairwise(points) if not whole or high > low + 1]
    return [points[0] - 1, *points, *between, points[-1] + 1]


def _times(named: list[str]) -> list[str]:
    """Give the same for times; what lies outside of the calendar is nobody's time."""
    found: list[str] = []
    for seconds in _points(sorted(moment(text) or 0.0 for text in named), whole=False):
        with suppress(ValueError, OverflowError, OSError):
            found.append(datetime.fromtimestamp(seconds, UTC).isoformat())
    return found
