"""A look at one fact's evidence: which rows an assertion speaks about, and how findings about them are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scanner.evaluation.answer import Answer, Place, Scene, finding, why
from scanner.evaluation.findings import Key, clip, source_of
from scanner.matching.compile import Condition, Verdict
from scanner.matching.trial import kind_of
from scanner.model.evidence import Evidence, Gap, Row
from scanner.model.outcome import Outcome
from scanner.model.result import Finding

NAMED = 5
"""So many findings are named where one sentence tells of many."""


@dataclass(frozen=True, slots=True)
class Look:
    """The rows of an evidence, sifted by a filter: those inside, and those that may be inside (with the filter's kind)."""

    scene: Scene
    evidence: Evidence
    fact: str
    query: str
    key: Callable[[Row], Key]
    whole: Key
    now: float | None
    """The evidence's own time, seconds since 1970."""
    sieve: Condition | None
    inside: Sequence[Row]
    maybe: Sequence[tuple[Row, Outcome]]

    @property
    def gap(self) -> Gap | None:
        """Why the rows are not all there; its kind is one that does not decide."""
        gap = self.evidence.gap
        return Gap(kind_of(gap), gap.reason, gap.needs) if gap else None

    def passed(self, row: Row) -> Finding:
        """Give the finding of a row that passed: key and evidence reference alone."""
        return Finding(self.fact, self.key(row), Outcome.PASS, evidence=self.query)

    def of_row(self, row: Row, verdict: Verdict, reason: str) -> Finding:
        """Give the finding of a row that failed or stayed undecided."""
        return finding(
            self.scene,
            Place(self.fact, self.key(row)),
            verdict.outcome,
            expected=verdict.expected,
            found=verdict.found,
            reason=reason,
            gaps=verdict.gaps,
            evidence=self.query,
            asked=self.evidence.provenance.asked,
            source=source_of(row),
        )

    def of_whole(self, outcome: Outcome, expected: str, found: str, reason: str, gaps: tuple[Gap, ...] = ()) -> Finding:
        """Give the finding of the fact as a whole; a pass keeps key and evidence reference alone."""
        if outcome is Outcome.PASS:
            return Finding(self.fact, self.whole, outcome, evidence=self.query)
        return finding(
            self.scene,
            Place(self.fact, self.whole),
            outcome,
            expected=expected,
            found=found,
            reason=reason or why(gaps),
            gaps=gaps,
            evidence=self.query,
            asked=self.evidence.provenance.asked,
        )

    def doubt(self, row: Row) -> tuple[Gap, ...]:
        """Give the gaps for which it is not known whether the filter lets a row in."""
        if self.sieve is None:
            return ()
        told = self.sieve.explain(row, self.now)
        return tuple(Gap(gap.kind, f"whether it counts is not known: {gap.reason}", gap.needs) for gap in told.gaps)

    @property
    def doubt_kinds(self) -> set[Outcome]:
        """The outcomes that come of not knowing which rows there are; empty when they are known."""
        return {*(kind for _, kind in self.maybe), *self.gap_kind}

    @property
    def gap_kind(self) -> tuple[Outcome, ...]:
        """The outcome of the evidence's gap, if there is one."""
        return (self.gap.kind,) if self.gap else ()

    def doubts(self, outcome: Outcome) -> tuple[Gap, ...]:
        """Give what keeps the rows from being known, as far as it leads to this outcome: of many rows the first."""
        rows = [row for row, kind in self.maybe if kind is outcome]
        gaps = [self.gap] if self.gap and self.gap.kind is outcome else []
        gaps += [gap for row in rows[:NAMED] for gap in self.doubt(row)]
        return tuple(dict.fromkeys(gaps))

    def incomplete(self, expected: str) -> list[Finding]:
        """Give the finding that the list is not all there; an empty list when it is."""
        if self.gap is None:
            return []
        seen = len(self.evidence.rows)
        found = f"{entries(seen)} and an unknown rest" if seen else "not known"
        return [self.of_whole(self.gap.kind, expected, found, "", (self.gap,))]

    def answer(self, outcome: Outcome, findings: Sequence[Finding], says: str, found: str = "") -> Answer:
        """Make the answer of an assertion; without words for what was found, its findings are named."""
        telling = [each for each in findings if each.outcome is outcome]
        gaps = tuple(Gap(each.outcome, each.reason, each.needs or None) for each in telling if each.outcome.undecided)
        return Answer(
            outcome,
            tuple(findings),
            Place(self.fact, self.whole),
            says,
            found or few(telling),
            gaps,
            self.query,
            self.evidence.provenance.asked,
        )


def entries(number: int) -> str:
    """Count in words: `no entry`, `1 entry`, `3 entries`."""
    return f"{number or 'no'} {'entry' if number in (0, 1) else 'entries'}"


def few(findings: Sequence[Finding]) -> str:
    """Name the first findings with what was found there."""
    texts = [f"{each.resource}: {each.found}" if each.resource else each.found for each in findings[:NAMED]]
    rest = [f"and {len(findings) - NAMED} more"] if len(findings) > NAMED else []
    return clip("; ".join(texts + rest))
