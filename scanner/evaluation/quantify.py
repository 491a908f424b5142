"""The quantifiers over sifted rows, three-valued: an incomplete list decides only what its known part decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scanner.evaluation.answer import Answer
from scanner.evaluation.look import NAMED, Look, entries
from scanner.matching.compile import Condition, Verdict
from scanner.model.evidence import ABSENT, Row, error
from scanner.model.outcome import Outcome, combine_all, combine_any
from scanner.model.result import Finding
from scanner.model.rule import Quantifier

_PASS, _FAIL = Outcome.PASS, Outcome.FAIL

Quantify = Callable[[Look, Condition, str], Answer]
"""(what is looked at, what is demanded of rows, the whole assertion in words) > answer."""


class _Nothing(dict[str, Any]):
    """The row that stands for `asked, and there is none`: every cell is absent."""

    def get(self, _name: str, _default: object = None) -> Any:
        return ABSENT


def expect(look: Look, demand: Condition, says: str) -> Answer:
    """Judge the one row; none on a complete list is a row whose cells are all absent, several are an error."""
    inside = look.inside
    if len(inside) > 1:
        gap = error(f"{entries(len(inside))} where one was expected")
        return look.as_whole(gap.kind, says, gap.reason, (gap,))
    if look.gap or look.maybe:
        outcome = combine_any(look.doubt_kinds())
        return look.as_whole(outcome, says, "not known", look.doubts(outcome))
    if not inside:
        verdict = demand.explain(_Nothing(), look.now)
        return look.as_whole(verdict.outcome, verdict.expected, f"no entry; {verdict.found}", verdict.gaps)
    return look.as_row(inside[0], demand, says)


def every(look: Look, demand: Condition, says: str) -> Answer:
    """Demand it of all rows: a complete empty list is notapplicable, an incomplete one never passes."""
    judge, now, passed = demand.judge, look.now, look.passing()
    findings = [
        passed(row) if judge(row, now) is _PASS else look.of_row(row, demand.explain(row, now)) for row in look.inside
    ]
    for row, kind in look.maybe:
        verdict = demand.explain(row, now)
        if verdict.outcome is not _PASS or not look.inside:
            findings.append(_doubtful(look, row, kind, verdict))
    findings += look.incomplete(says)
    if not findings:
        found = f"{entries(0)} where {look.sieve.says}" if look.sieve else entries(0)
        return look.as_whole(Outcome.NOTAPPLICABLE, says, found, reason=f"{found}, so there is nothing to judge")
    outcome = combine_all({each.outcome for each in findings})
    return look.as_rows(outcome, findings, says, lambda: f"{entries(len(findings))}, all as demanded")


def none(look: Look, demand: Condition, says: str) -> Answer:
    """Forbid it of all rows: a complete empty list passes, an incomplete one never does."""
    judge, now, passed = demand.judge, look.now, look.passing()
    findings = [
        passed(row) if judge(row, now) is _FAIL else _forbidden(look, row, demand.explain(row, now))
        for row in look.inside
    ]
    for row, kind in look.maybe:
        verdict = demand.explain(row, now)
        findings.append(passed(row) if verdict.outcome is _FAIL else _doubtful(look, row, kind, verdict))
    findings += look.incomplete(says)
    if not findings:
        return look.as_whole(_PASS, says, entries(0))
    outcome = combine_all({each.outcome for each in findings})
    return look.as_rows(outcome, findings, says, lambda: f"none of {entries(len(findings))}")


def some(look: Look, demand: Condition, says: str) -> Answer:
    """Demand it of one row: an empty list fails, an incomplete one never does."""
    judge, now = demand.judge, look.now
    still: list[tuple[Row, Outcome]] = []
    for row in look.inside:
        outcome = judge(row, now)
        if outcome is _PASS:
            return look.as_row(row, demand, says)
        if outcome is not _FAIL:
            still.append((row, outcome))
    for row, kind in look.maybe:
        outcome = judge(row, now)
        if outcome is not _FAIL:
            still.append((row, _worse(kind, outcome)))
    gaps = [look.gap] if look.gap else []
    outcome = combine_any({_FAIL, *(kind for _, kind in still), *(gap.kind for gap in gaps)})
    for row, _ in [each for each in still if each[1] is outcome][:NAMED]:
        gaps += (*look.doubt(row), *demand.explain(row, now).gaps)
    shown = [demand.explain(row, now).found for row in look.inside[:NAMED]]
    found = "; ".join([f"none of {entries(len(look.inside))}" if look.inside else entries(0), *shown])
    telling = tuple(dict.fromkeys(gap for gap in gaps if gap.kind is outcome))
    return look.as_whole(outcome, says, found, telling)


def _worse(kind: Outcome, outcome: Outcome) -> Outcome:
    """Give what leaves a row open: the filter's gap, and the demand's if that has one too."""
    return combine_any((kind, outcome)) if outcome.undecided else kind


def _forbidden(look: Look, row: Row, verdict: Verdict) -> Finding:
    outcome = _FAIL if verdict.outcome is _PASS else verdict.outcome
    told = Verdict(outcome, f"no entry: {verdict.expected}", verdict.seen, verdict.gaps)
    return look.of_row(row, told, f"{told.found} (expected: {told.expected})")


def _doubtful(look: Look, row: Row, kind: Outcome, verdict: Verdict) -> Finding:
    """Give the finding of a row that would decide, if only it were known whether the filter lets it in."""
    assert look.sieve is not None
    seen = (*look.sieve.explain(row, look.now).seen, *verdict.seen)
    gaps = (*look.doubt(row), *verdict.gaps)
    told = Verdict(
        _worse(kind, verdict.outcome), verdict.expected, tuple(dict.fromkeys(seen)), tuple(dict.fromkeys(gaps))
    )
    return look.of_row(row, told)


QUANTIFIERS: Mapping[Quantifier, Quantify] = {
    Quantifier.EXPECT: expect,
    Quantifier.EVERY: every,
    Quantifier.SOME: some,
    Quantifier.NONE: none,
}
