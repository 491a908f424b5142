"""The five quantifiers over sifted rows, three-valued: an incomplete list decides only what its known part decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scanner.evaluation.answer import Answer
from scanner.evaluation.look import NAMED, Look, entries
from scanner.matching.compile import Condition, Verdict, compile_condition
from scanner.model.asking import resolve
from scanner.model.evidence import ABSENT, Row, error
from scanner.model.fact import INT
from scanner.model.outcome import Outcome, combine_all, combine_any
from scanner.model.result import Finding
from scanner.model.rule import FieldRef, FieldTest, Quantifier, Test

_PASS, _FAIL = Outcome.PASS, Outcome.FAIL


def expect(look: Look, demand: Condition, where: str) -> Answer:
    """Judge the one row; none on a complete list is a row whose cells are all absent, several are an error."""
    says = demand.says + (f" (entry {where})" if where else "")
    if len(look.inside) > 1:
        gap = error(f"{entries(len(look.inside))} where one was expected")
        return look.answer(gap.kind, [look.of_whole(gap.kind, says, gap.reason, "", (gap,))], says)
    if look.doubt_kinds:
        outcome = combine_any(look.doubt_kinds)
        return look.answer(outcome, [look.of_whole(outcome, says, "not known", "", look.doubts(outcome))], says)
    if not look.inside:
        return _of_none_there(look, demand, says)
    row = look.inside[0]
    verdict = demand.explain(row, look.now)
    return look.answer(verdict.outcome, [_row_finding(look, row, verdict, "required")], says, verdict.found)


def _of_none_there(look: Look, demand: Condition, says: str) -> Answer:
    verdict = demand.explain(_Nothing(), look.now)
    found = f"no entry; {verdict.found}"
    reason = "" if verdict.gaps else f"{found} (required: {verdict.expected})"
    one = look.of_whole(verdict.outcome, verdict.expected, found, reason, verdict.gaps)
    return look.answer(verdict.outcome, [one], says, found)


class _Nothing(dict[str, Any]):
    """The row that stands for `asked, and there is none`: every cell is absent."""

    def get(self, _name: str, _default: object = None) -> Any:
        return ABSENT


def every(look: Look, demand: Condition, where: str) -> Answer:
    """Demand it of all rows: a complete empty list is notapplicable, an incomplete one never passes."""
    says = f"every entry{_where(where)}: {demand.says}"
    findings: list[Finding] = []
    judge, now, passed = demand.judge, look.now, look.passed
    for row in look.inside:
        if judge(row, now) is _PASS:
            findings.append(passed(row))
        else:
            findings.append(_row_finding(look, row, demand.explain(row, now), "required"))
    for row, kind in look.maybe:
        verdict = demand.explain(row, now)
        if verdict.outcome is not _PASS or not look.inside:
            findings.append(_doubtful(look, row, kind, verdict))
    findings += look.incomplete(says)
    if not findings:
        found = f"{entries(0)}{_where(where)}"
        reason = f"{found}, so there is nothing to judge"
        return look.answer(
            Outcome.NOTAPPLICABLE, [look.of_whole(Outcome.NOTAPPLICABLE, says, found, reason)], says, found
        )
    outcome = combine_all(each.outcome for each in findings)
    return look.answer(
        outcome, findings, says, f"{entries(len(findings))}, all as demanded" if outcome is _PASS else ""
    )


def none(look: Look, demand: Condition, where: str) -> Answer:
    """Forbid it of all rows: a complete empty list passes, an incomplete one never does."""
    says = f"no entry{_where(where)}: {demand.says}"
    findings: list[Finding] = []
    judge, now, passed = demand.judge, look.now, look.passed
    for row in look.inside:
        if judge(row, now) is _FAIL:
            findings.append(passed(row))
        else:
            findings.append(_forbidden(look, row, demand.explain(row, now)))
    for row, kind in look.maybe:
        verdict = demand.explain(row, now)
        findings.append(look.passed(row) if verdict.outcome is _FAIL else _doubtful(look, row, kind, verdict))
    findings += look.incomplete(says)
    findings = findings or [look.of_whole(_PASS, says, "", "")]
    outcome = combine_all(each.outcome for each in findings)
    found = f"none of {entries(len(look.inside) + len(look.maybe))}"
    return look.answer(outcome, findings, says, found if outcome is _PASS else "")


def some(look: Look, demand: Condition, where: str) -> Answer:
    """Demand it of one row: an empty list fails, an incomplete one never does."""
    says = f"an entry{_where(where)}: {demand.says}"
    judge, now = demand.judge, look.now
    still: list[tuple[Row, Outcome]] = []
    for row in look.inside:
        outcome = judge(row, now)
        if outcome is _PASS:
            return look.answer(_PASS, [look.passed(row)], says, demand.explain(row, now).found)
        if outcome is not _FAIL:
            still.append((row, outcome))
    for row, kind in look.maybe:
        outcome = judge(row, now)
        if outcome is not _FAIL:
            still.append((row, _worse(kind, outcome)))
    outcome = combine_any((_FAIL, *(kind for _, kind in still), *look.gap_kind))
    gaps = [look.gap] if look.gap else []
    for row, _ in [each for each in still if each[1] is outcome][:NAMED]:
        gaps += (*look.doubt(row), *demand.explain(row, now).gaps)
    shown = [demand.explain(row, now).found for row in look.inside[:NAMED]]
    found = "; ".join([f"none of {entries(len(look.inside))}" if look.inside else entries(0), *shown])
    telling = tuple(dict.fromkeys(gap for gap in gaps if gap.kind is outcome))
    reason = "" if telling else f"{found} (required: {says})"
    return look.answer(outcome, [look.of_whole(outcome, says, found, reason, telling)], says, found)


def _worse(kind: Outcome, outcome: Outcome) -> Outcome:
    """Give what leaves a row open: the filter's gap, and the demand's if that has one too."""
    return combine_any((kind, outcome)) if outcome.undecided else kind


def count(look: Look, tests: tuple[Test, ...], values: Mapping[str, Any], where: str) -> Answer:
    """Test the number of rows: decided when every number that it can still be decides the same."""
    trial = compile_condition(FieldTest("number", INT, tests), values)
    least = len(look.inside)
    most = None if look.gap else least + len(look.maybe)
    outcomes = {trial.judge({"number": number}, None) for number in _corners(least, most, _turns(tests, values))}
    says = f"of entries{_where(where)}, the {trial.says}"
    outcome = outcomes.pop() if len(outcomes) == 1 else combine_any(look.doubt_kinds)
    gaps = look.doubts(outcome) or trial.explain({"number": least}, None).gaps
    bounds = "" if most == least else " or more" if most is None else f" to {most}"
    found = f"the number is {least}{bounds}"
    reason = "" if outcome.undecided else f"{found} (required: {says})"
    return look.answer(outcome, [look.of_whole(outcome, says, found, reason, gaps)], says, found)


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
    """Give numbers that stand for all from `least` to `most` (None: without end), as the tests change only at turns."""
    near = {turn + step for turn in turns for step in (-1, 0, 1)} | {least, least + 1}
    within = {number for number in near if number >= least and (most is None or number <= most)}
    return within | ({most} if most is not None else {max(within) + 1})


def _where(where: str) -> str:
    return f" where {where}" if where else ""


def _row_finding(look: Look, row: Row, verdict: Verdict, must: str) -> Finding:
    if verdict.outcome is _PASS:
        return look.passed(row)
    reason = "; ".join(gap.reason for gap in verdict.gaps) or f"{verdict.found} ({must}: {verdict.expected})"
    return look.of_row(row, verdict, reason)


def _forbidden(look: Look, row: Row, verdict: Verdict) -> Finding:
    outcome = _FAIL if verdict.outcome is _PASS else verdict.outcome
    told = Verdict(outcome, f"no entry: {verdict.expected}", verdict.seen, verdict.gaps)
    return _row_finding(look, row, told, "expected")


def _doubtful(look: Look, row: Row, kind: Outcome, verdict: Verdict) -> Finding:
    """Give the finding of a row that would decide, if only it were known whether the filter lets it in."""
    assert look.sieve is not None
    outcome = _worse(kind, verdict.outcome)
    seen = (*look.sieve.explain(row, look.now).seen, *verdict.seen)
    gaps = (*look.doubt(row), *verdict.gaps)
    told = Verdict(outcome, verdict.expected, tuple(dict.fromkeys(seen)), tuple(dict.fromkeys(gaps)))
    return _row_finding(look, row, told, "required")


Quantify = Callable[[Look, Condition, str], Answer]

QUANTIFIERS: Mapping[Quantifier, Quantify] = {
    Quantifier.EXPECT: expect,
    Quantifier.EVERY: every,
    Quantifier.SOME: some,
    Quantifier.NONE: none,
}
