"""The quantifier `count`: decided when every number that it can still be decides the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner.evaluation.answer import Answer
from scanner.evaluation.look import Look
from scanner.matching.compile import Condition, compile_condition
from scanner.model.asking import resolve
from scanner.model.fact import INT
from scanner.model.outcome import combine_any
from scanner.model.rule import FieldRef, FieldTest, Test


class Count:
    """Tests on the number of rows."""

    def __init__(self, tests: tuple[Test, ...], values: Mapping[str, Any], sieve: Condition | None) -> None:
        self._trial = compile_condition(FieldTest("number", INT, tests), values)
        self._turns = _turns(tests, values)
        where = f" where {sieve.says}" if sieve else ""
        self.says = f"of entries{where}, the {self._trial.says}"

    def answer(self, look: Look) -> Answer:
        """Count the rows; of an incomplete list only the least number is known."""
        least = len(look.inside)
        most = None if look.gap else least + len(look.maybe)
        outcomes = {self._trial.judge({"number": number}, None) for number in _corners(least, most, self._turns)}
        outcome = outcomes.pop() if len(outcomes) == 1 else combine_any(look.doubt_kinds())
        gaps = look.doubts(outcome) or self._trial.explain({"number": least}, None).gaps
        bounds = "" if most == least else " or more" if most is None else f" to {most}"
        return look.as_whole(outcome, self.says, f"the number is {least}{bounds}", gaps)


def _turns(tests: tuple[Test, ...], values: Mapping[str, Any]) -> set[int]:
    """Give the numbers at which the tests can change their mind."""
    turns: set[int] = set()
    for test in tests:
        if not isinstance(test.operand, FieldRef):
            operand = resolve(test.operand, values, {})
            numbers = operand if isinstance(operand, (list, tuple)) else [operand]
            turns.update(number for number in numbers if isinstance(number, int))
    return turns


def _corners(least: int, most: int | None, turns: set[int]) -> set[int]:
    """Give numbers that stand for all from `least` to `most` (None: without end), as tests change only at turns."""
    near = {turn + step for turn in turns for step in (-1, 0, 1)} | {least, least + 1}
    within = {number for number in near if number >= least and (most is None or number <= most)}
    return within | ({most} if most is not None else {max(within) + 1})
