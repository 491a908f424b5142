"""A look at one fact's evidence: which rows an assertion speaks about, and how findings about them are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scanner.evaluation.answer import Answer, Scene, Telling, finding
from scanner.evaluation.findings import Key, clip, join, key_of_query, keyer, source_of, tags_of
from scanner.matching.cells import moment
from scanner.matching.compile import Condition, Verdict
from scanner.matching.convert import show
from scanner.matching.trial import kind_of
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.model.fact import FactSpec, Field, Shape
from scanner.model.outcome import Outcome
from scanner.model.result import Finding

_NO_ROW = error("the answer lacks the row that this fact always has")
NAMED = 5
"""So many rows are named where one sentence tells of many."""


@dataclass(slots=True)
class Question:
    """A query with what is known of it before any evidence: its text, and how rows and the whole are called."""

    query: Query
    fact: str
    text: str
    key: Callable[[Row], Key]
    whole: Key
    answered: bool
    """True when there is always a row: one that says that nothing is there, where nothing is."""
    shown: tuple[tuple[Field, bool], ...] = ()
    """Fields that findings about a row tell besides, each with whether they tell it where it is absent."""
    speaks: bool = False
    """True when findings that pass tell them, too: those about the estate, of which there are few."""
    tagged: bool = False
    """True when the field `tags` of a row holds the tags of the resource that the row is about."""


def question(spec: FactSpec, query: Query) -> Question:
    """Make the question of a query."""
    always = spec.shape is not Shape.LIST
    told = [(spec.field(name), name in spec.tells) for name in (*spec.tells, *spec.shows)]
    shown = tuple((field, always) for field, always in told if field is not None)
    speaks = bool(shown) and spec.scope == "estate"
    key, whole = keyer(spec, query), key_of_query(spec, query)
    return Question(query, spec.name, str(query), key, whole, always, shown, speaks, spec.own_tags)


@dataclass(slots=True)
class Look:
    """The rows of an evidence, sifted: those inside, and those that may be inside (with the kind of the doubt)."""

    scene: Scene
    question: Question
    evidence: Evidence
    now: float | None
    """The evidence's own time, seconds since 1970."""
    gap: Gap | None
    """Why the rows are not all there; its kind is one that does not decide."""
    sieve: Condition | None
    inside: Sequence[Row]
    maybe: Sequence[tuple[Row, Outcome]]

    def passing(self) -> Callable[[Row], Finding]:
        """Give what makes the finding of a row that passed: key and evidence reference, and of the estate what decided."""
        fact, key, text, outcome = self.question.fact, self.question.key, self.question.text, Outcome.PASS
        if not self.question.speaks:
            return lambda row: Finding(fact, key(row), outcome, "", "", "", text)
        return lambda row: Finding(fact, key(row), outcome, evidence=text, besides=self.shown(row))

    def of_row(self, row: Row, verdict: Verdict, reason: str = "") -> Finding:
        """Give the finding of a row."""
        key = self.question.key(row)
        telling = self.telling(verdict.expected, join(verdict.seen), verdict.gaps, key)
        because = reason if not verdict.gaps else ""
        tags = tags_of(row) if self.question.tagged else ()
        besides = self.shown(row, verdict.seen)
        return finding(self.scene, verdict.outcome, telling, because, source_of(row), tags, besides)

    def shown(self, row: Row, seen: Sequence[str] = ()) -> str:
        """Tell what the fact wants told of each of its rows, where the rule has not `seen` it."""
        told = [(field, row[field.name], always) for field, always in self.question.shown if field.name in row]
        texts = [f"{field.name} is {show(field.type, cell)}" for field, cell, always in told if always or _says(cell)]
        return join(text for text in texts if text not in seen)

    def telling(self, says: str, found: str, gaps: tuple[Gap, ...] = (), key: Key | None = None) -> Telling:
        """Put a sentence about a row, or without its key about the fact as a whole."""
        asked = self.question
        whole = asked.whole if key is None else key
        return Telling(asked.fact, whole, says, found, gaps, asked.text, self.evidence.provenance.asked)

    def as_whole(self, outcome: Outcome, says: str, found: str, gaps: tuple[Gap, ...] = (), reason: str = "") -> Answer:
        """Answer with one finding about the fact as a whole."""
        telling = self.telling(says, found, gaps)
        return Answer(outcome, lambda: (finding(self.scene, outcome, telling, reason),), lambda: telling)

    def as_row(self, row: Row, demand: Condition, says: str) -> Answer:
        """Answer with one finding, about the one row that decides."""
        outcome = demand.judge(row, self.now)

        def findings() -> tuple[Finding]:
            passed = outcome is Outcome.PASS
            return (self.passing()(row) if passed else self.of_row(row, demand.explain(row, self.now)),)

        def tell() -> Telling:
            told = demand.explain(row, self.now)
            return self.telling(says, told.found, told.gaps)

        return Answer(outcome, findings, tell)

    def as_rows(self, outcome: Outcome, findings: Sequence[Finding], says: str, passing: Callable[[], str]) -> Answer:
        """Answer with findings about rows; `passing` makes the words for a pass, else the deciding rows are named."""

        def tell() -> Telling:
            if outcome is Outcome.PASS:
                return self.telling(says, passing())
            deciding = [each for each in findings if each.outcome is outcome]
            gaps = [Gap(each.outcome, each.reason, each.needs or None) for each in deciding if outcome.undecided]
            return self.telling(says, few(deciding), tuple(gaps))

        return Answer(outcome, lambda: findings, tell)

    def doubt(self, row: Row) -> tuple[Gap, ...]:
        """Give the gaps for which it is not known whether the filter lets a row in."""
        if self.sieve is None:
            return ()
        told = self.sieve.explain(row, self.now)
        return tuple(Gap(gap.kind, f"whether it counts is not known: {gap.reason}", gap.needs) for gap in told.gaps)

    def doubt_kinds(self) -> set[Outcome]:
        """Give the outcomes that come of not knowing which rows there are; none when they are known."""
        kinds = {kind for _, kind in self.maybe}
        return kinds | {self.gap.kind} if self.gap else kinds

    def doubts(self, outcome: Outcome) -> tuple[Gap, ...]:
        """Give what keeps the rows from being known, as far as it leads to this outcome: of many rows the first."""
        rows = [row for row, kind in self.maybe if kind is outcome]
        gaps = [self.gap] if self.gap and self.gap.kind is outcome else []
        gaps += [gap for row in rows[:NAMED] for gap in self.doubt(row)]
        return tuple(dict.fromkeys(gaps))

    def incomplete(self, says: str) -> list[Finding]:
        """Give the finding that the list is not all there; an empty list when it is."""
        if self.gap is None:
            return []
        seen = len(self.evidence.rows)
        found = f"{entries(seen)} and an unknown rest" if seen else "not known"
        return [finding(self.scene, self.gap.kind, self.telling(says, found, (self.gap,)))]


def _says(cell: Cell) -> bool:
    """Tell whether there is something to tell: neither absent nor an empty list."""
    return cell is not ABSENT and cell != []


def look(scene: Scene, asked: Question, sieve: Condition | None) -> Look:
    """Fetch the evidence of a question and sift its rows."""
    evidence = scene.evidence(asked.query)
    now = moment(evidence.provenance.taken_at)
    gap = evidence.gap and Gap(kind_of(evidence.gap), evidence.gap.reason, evidence.gap.needs)
    if asked.answered and gap is None and not evidence.rows:
        gap = _NO_ROW
    if sieve is None:
        return Look(scene, asked, evidence, now, gap, None, evidence.rows, ())
    judge = sieve.judge
    judged = [(row, judge(row, now)) for row in evidence.rows]
    inside = [row for row, outcome in judged if outcome is Outcome.PASS]
    maybe = [pair for pair in judged if pair[1].undecided]
    return Look(scene, asked, evidence, now, gap, sieve, inside, maybe)


def entries(number: int) -> str:
    """Count in words: `no entry`, `1 entry`, `3 entries`."""
    return f"{number or 'no'} {'entry' if number in (0, 1) else 'entries'}"


def few(findings: Sequence[Finding]) -> str:
    """Name the first findings with what was found there."""
    texts = [f"{each.resource}: {each.found}" if each.resource else each.found for each in findings[:NAMED]]
    rest = [f"and {len(findings) - NAMED} more"] if len(findings) > NAMED else []
    return clip("; ".join(texts + rest))
