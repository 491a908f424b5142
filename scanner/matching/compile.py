"""Row conditions compiled once to closures that decide fast, and explain themselves when asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from scanner.matching.convert import show
from scanner.matching.trial import Judge, Trial, kind_of
from scanner.model.evidence import UNREPORTED, Gap, Row
from scanner.model.outcome import Outcome, combine_all, combine_any, negate
from scanner.model.rule import FieldTest, RowAll, RowAny, RowCondition
from scanner.model.value import value

__all__ = ["Condition", "Judge", "Verdict", "compile_condition"]

_PASS, _FAIL, _ERROR = Outcome.PASS, Outcome.FAIL, Outcome.ERROR


@value(frozen=True, slots=True)
class Verdict:
    """A judged row told in full: only the parts that decided are named."""

    outcome: Outcome
    expected: str
    seen: tuple[str, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def found(self) -> str:
        """What stood there, such as `mode is 0666; owner is root`."""
        return "; ".join(self.seen)


class Condition(Protocol):
    """A compiled row condition."""

    judge: Judge
    says: str
    """The whole condition in words."""

    def explain(self, row: Row, now: float | None) -> Verdict:
        """Judge again, and tell what was expected, what was found and what is not known."""
        ...


def compile_condition(condition: RowCondition, values: Mapping[str, Any]) -> Condition:
    """Compile a row condition with the rule's values in force (in evidence form) as constants."""
    if isinstance(condition, FieldTest):
        return _Field(condition, values)
    if isinstance(condition, RowAll):
        return _All([compile_condition(part, values) for part in condition.parts])
    if isinstance(condition, RowAny):
        return _Any([compile_condition(part, values) for part in condition.parts])
    return _Not(compile_condition(condition.part, values))


def _judge_all(judges: list[Judge]) -> Judge:
    if len(judges) == 1:
        return judges[0]

    def judge(row: Row, now: float | None) -> Outcome:
        worst = _PASS
        for part in judges:
            outcome = part(row, now)
            if outcome is _FAIL:
                return _FAIL
            if outcome is not _PASS and worst is not _ERROR:
                worst = outcome
        return worst

    return judge


def _judge_any(judges: list[Judge]) -> Judge:
    def judge(row: Row, now: float | None) -> Outcome:
        best = _FAIL
        for part in judges:
            outcome = part(row, now)
            if outcome is _PASS:
                return _PASS
            if outcome is not _FAIL and best is not _ERROR:
                best = outcome
        return best

    return judge


def _merged(outcome: Outcome, expected: str, parts: Iterable[Verdict]) -> Verdict:
    parts = list(parts)
    if len(parts) == 1:
        return Verdict(outcome, expected, parts[0].seen, parts[0].gaps)
    seen = dict.fromkeys(text for part in parts for text in part.seen)
    gaps = dict.fromkeys(gap for part in parts for gap in part.gaps)
    return Verdict(outcome, expected, tuple(seen), tuple(gaps))


class _Field:
    """All tests on one field."""

    def __init__(self, condition: FieldTest, values: Mapping[str, Any]) -> None:
        self._condition = condition
        self._trials = [Trial(test, condition.field, condition.type, values) for test in condition.tests]
        self.says = self._says(self._trials)
        self.judge = _judge_all([trial.judge for trial in self._trials])

    def _says(self, trials: list[Trial]) -> str:
        return f"{self._condition.field} {' and '.join(trial.says for trial in trials)}"

    def explain(self, row: Row, now: float | None) -> Verdict:
        name = self._condition.field
        cell = row.get(name, UNREPORTED)
        if len(self._trials) == 1:
            return self._of_one(self._trials[0], cell, row, now)
        told = [(trial, trial.tell(cell, row, now)) for trial in self._trials]
        outcomes = [kind_of(said) if isinstance(said, Gap) else said for _, said in told]
        outcome = combine_all(outcomes)
        deciding = [pair for pair, each in zip(told, outcomes, strict=True) if each is outcome]
        says = self.says if len(deciding) == len(told) else self._says([trial for trial, _ in deciding])
        gaps = [_about(name, said) for _, said in deciding if isinstance(said, Gap)]
        seen = [f"{name} is {show(self._condition.type, cell)}"]
        seen += [text for trial, _ in deciding for text in trial.seen(row)]
        return Verdict(outcome, says, tuple(seen), tuple(dict.fromkeys(gaps)))

    def _of_one(self, trial: Trial, cell: Any, row: Row, now: float | None) -> Verdict:
        """Explain the usual case of a single test, without sorting out what decided."""
        name, said = self._condition.field, trial.tell(cell, row, now)
        seen = (f"{name} is {show(self._condition.type, cell)}", *trial.seen(row))
        if isinstance(said, Gap):
            return Verdict(kind_of(said), self.says, seen, (_about(name, said),))
        return Verdict(said, self.says, seen)


def _about(field: str, gap: Gap) -> Gap:
    return Gap(kind_of(gap), f"{field}: {gap.reason}", gap.needs)


class _All:
    """All parts hold."""

    def __init__(self, parts: list[Condition]) -> None:
        self._parts = parts
        self.judge = _judge_all([part.judge for part in parts])
        self.says = " and ".join(part.says for part in parts)

    def explain(self, row: Row, now: float | None) -> Verdict:
        told = [part.explain(row, now) for part in self._parts]
        outcome = combine_all(part.outcome for part in told)
        deciding = [part for part in told if part.outcome is outcome]
        return _merged(outcome, " and ".join(part.expected for part in deciding), deciding)


class _Any:
    """One part holds."""

    def __init__(self, parts: list[Condition]) -> None:
        self._parts = parts
        self.judge = _judge_any([part.judge for part in parts])
        self.says = f"({' or '.join(part.says for part in parts)})"

    def explain(self, row: Row, now: float | None) -> Verdict:
        told = [part.explain(row, now) for part in self._parts]
        outcome = combine_any(part.outcome for part in told)
        return _merged(outcome, self.says, [part for part in told if part.outcome is outcome])


class _Not:
    """The part does not hold."""

    def __init__(self, part: Condition) -> None:
        self._part = part
        inner = part.judge
        self.judge = lambda row, now: negate(inner(row, now))
        self.says = f"not {part.says}" if isinstance(part, _Any) else f"not ({part.says})"

    def explain(self, row: Row, now: float | None) -> Verdict:
        told = self._part.explain(row, now)
        return _merged(negate(told.outcome), self.says, [told])
