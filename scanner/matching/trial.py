"""One operator on one cell: decided fast, and told in full when asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from scanner.matching.cells import reader
from scanner.matching.convert import show
from scanner.matching.operators import OPERATORS
from scanner.matching.predicates import HOLDS, ON_ABSENT, prepare
from scanner.matching.words import phrase, phrase_of_field
from scanner.model.asking import resolve
from scanner.model.evidence import ABSENT, UNREPORTED, Gap, Row, error
from scanner.model.fact import Type
from scanner.model.outcome import Outcome
from scanner.model.rule import FieldRef, Test

_PASS, _FAIL, _ERROR = Outcome.PASS, Outcome.FAIL, Outcome.ERROR

Judge: TypeAlias = Callable[[Row, "float | None"], Outcome]
"""(row, the evidence's own time in seconds since 1970) > pass, fail, unknown or error. Never raises on odd cells."""

NO_TIME = error("the evidence does not say when it was taken, so no age can be told")


def kind_of(gap: Gap) -> Outcome:
    """Give a gap's outcome; whatever a collector wrote there, it is never one that decides."""
    return gap.kind if gap.kind.undecided else _ERROR


class Trial:
    """A test on a field of a type, with its operand in place."""

    def __init__(self, test: Test, field: str, type_: Type, values: Mapping[str, Any]) -> None:
        operand_type = OPERATORS[test.operator].operand(type_)
        self._field = field
        self.name = test.operator
        self._holds = HOLDS[test.operator]
        self._read = reader(OPERATORS["matches"].operand(type_) if test.operator == "matches" else type_)
        self._read_operand = reader(operand_type)
        self._operand_type = operand_type
        self.other = test.operand.name if isinstance(test.operand, FieldRef) else None
        if isinstance(test.operand, FieldRef):
            self._operand: Any = UNREPORTED
            self.says = phrase_of_field(test.operator, test.operand.name)
        else:
            raw = resolve(test.operand, values, {})
            self._operand = self._prepared(raw)
            self.says = phrase(test.operator, type_, raw)
        self.judge: Judge = self._general if self._varies() else self._fixed()

    def _varies(self) -> bool:
        return self.other is not None or self.name == "age_at_most" or isinstance(self._operand, Gap)

    def _prepared(self, raw: Any) -> Any:
        """Read an operand in evidence form: ABSENT and gaps stay, what does not fit becomes a gap."""
        if raw is ABSENT or isinstance(raw, Gap):
            return raw
        try:
            return prepare(self.name, self._read_operand(raw))
        except ValueError as wrong:
            return error(f"the operand of {self.name} cannot be used: {wrong}")

    def _fixed(self) -> Judge:
        """Give the fast way for an operand that is known now: no texts, one read, one comparison."""
        field, operand, holds, read = self._field, self._operand, self._holds, self._read
        permits = ON_ABSENT.get(self.name)
        on_absent = _PASS if permits is not None and permits(operand) else _FAIL

        def judge(row: Row, _now: float | None) -> Outcome:
            cell = row.get(field, UNREPORTED)
            if cell is ABSENT:
                return on_absent
            if isinstance(cell, Gap):
                return kind_of(cell)
            try:
                return _PASS if holds(read(cell), operand) else _FAIL
            except ValueError:
                return _ERROR

        return judge

    def _general(self, row: Row, now: float | None) -> Outcome:
        told = self.tell(row.get(self._field, UNREPORTED), row, now)
        return kind_of(told) if isinstance(told, Gap) else told

    def tell(self, cell: Any, row: Row, now: float | None) -> Outcome | Gap:
        """Decide with the reason: pass, fail, or the gap that left it undecided."""
        if isinstance(cell, Gap):
            return cell
        operand = self._operand if self.other is None else self._prepared(row.get(self.other, UNREPORTED))
        if cell is ABSENT and self.name not in ON_ABSENT:
            return _FAIL
        if isinstance(operand, Gap):
            return operand
        if operand is ABSENT:
            return _FAIL
        try:
            if cell is ABSENT:
                held = ON_ABSENT[self.name](operand)
            elif self.name != "age_at_most":
                held = self._holds(self._read(cell), operand)
            elif now is None:
                return NO_TIME
            else:
                held = self._holds(now - self._read(cell), operand)
        except ValueError as surprise:
            return error(str(surprise))
        return _PASS if held else _FAIL

    def seen(self, row: Row) -> tuple[str, ...]:
        """Say what the other field holds, if the operand is one."""
        if self.other is None:
            return ()
        return (f"{self.other} is {show(self._operand_type, row.get(self.other, UNREPORTED))}",)
