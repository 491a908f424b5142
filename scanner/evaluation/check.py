"""Checks compiled: assertions on facts and values, and their combinations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scanner.evaluation.answer import Answer, Check, Place, Scene, finding, why
from scanner.evaluation.findings import join, key_of_query, keyer
from scanner.evaluation.look import Look
from scanner.evaluation.quantify import QUANTIFIERS, count
from scanner.matching.cells import moment
from scanner.matching.compile import compile_condition
from scanner.model.asking import query_of
from scanner.model.evidence import Evidence, Gap, Query, Row
from scanner.model.fact import FactSpec, Type
from scanner.model.outcome import Outcome, combine_all, combine_any, negate
from scanner.model.result import Finding
from scanner.model.rule import AllOf, AnyOf, Assertion, FactSubject, FieldTest, ValueSubject
from scanner.model.rule import Check as Written

_PASS = Outcome.PASS


def compile_check(
    check: Written, values: Mapping[str, Any], types: Mapping[str, Type], vocabulary: Mapping[str, FactSpec]
) -> Check:
    """Compile a check with the values in force (evidence form) and their types.

    Raises ConfigurationError for a fact that the vocabulary does not know, KeyError for an unknown value:
    both are refused when rules are loaded.
    """
    if isinstance(check, Assertion):
        if isinstance(check.subject, FactSubject):
            return _OfFact(check, check.subject, values, vocabulary[check.subject.fact])
        return _OfValue(check, check.subject, values, types[check.subject.name])
    if isinstance(check, AllOf):
        return _All([compile_check(part, values, types, vocabulary) for part in check.parts])
    if isinstance(check, AnyOf):
        return _Any([compile_check(part, values, types, vocabulary) for part in check.parts])
    return _Not(compile_check(check.part, values, types, vocabulary))


class _OfFact:
    """An assertion on a fact."""

    def __init__(self, assertion: Assertion, subject: FactSubject, values: Mapping[str, Any], spec: FactSpec) -> None:
        self._assertion, self._subject, self._values, self._spec = assertion, subject, values, spec
        self._sieve = compile_condition(assertion.rows, values) if assertion.rows else None
        self._demand = compile_condition(assertion.demand, values) if assertion.demand else None

    def answer(self, scene: Scene) -> Answer:
        query = query_of(self._subject, self._values, scene.target)
        if isinstance(query, Gap):
            return self._unasked(scene, query)
        look = self._look(scene, query)
        where = self._sieve.says if self._sieve else ""
        if self._demand is None:
            return count(look, self._assertion.tests, self._values, where)
        return QUANTIFIERS[self._assertion.quantifier](look, self._demand, where)

    def _unasked(self, scene: Scene, gap: Gap) -> Answer:
        place = Place(self._spec.name, ())
        says = self._demand.says if self._demand else "the number of entries"
        one = finding(scene, place, gap.kind, expected=says, found="not asked", reason=gap.reason, gaps=(gap,))
        return Answer(gap.kind, (one,), place, says, "not asked", (gap,))

    def _look(self, scene: Scene, query: Query) -> Look:
        evidence = scene.evidence(query)
        now = moment(evidence.provenance.taken_at)
        inside, maybe = self._sift(evidence, now)
        return Look(
            scene,
            evidence,
            self._spec.name,
            str(query),
            keyer(self._spec, query),
            key_of_query(self._spec, query),
            now,
            self._sieve,
            inside,
            maybe,
        )

    def _sift(self, evidence: Evidence, now: float | None) -> tuple[tuple[Row, ...], list[tuple[Row, Outcome]]]:
        if self._sieve is None:
            return evidence.rows, []
        judge = self._sieve.judge
        judged = [(row, judge(row, now)) for row in evidence.rows]
        inside = tuple(row for row, outcome in judged if outcome is _PASS)
        return inside, [pair for pair in judged if pair[1].undecided]


class _OfValue:
    """An assertion on a value of the rule, judged as if it were one row's field."""

    def __init__(self, assertion: Assertion, subject: ValueSubject, values: Mapping[str, Any], type_: Type) -> None:
        self._row = {subject.name: values[subject.name]}
        self._place = Place("value", (("value", subject.name),))
        self._demand = compile_condition(FieldTest(subject.name, type_, assertion.tests), values)

    def answer(self, scene: Scene) -> Answer:
        told = self._demand.explain(self._row, None)
        reason = why(told.gaps) or f"{told.found} (required: {told.expected})"
        one = finding(
            scene, self._place, told.outcome, expected=told.expected, found=told.found, reason=reason, gaps=told.gaps
        )
        one = Finding(one.fact, one.key, _PASS) if told.outcome is _PASS else one
        return Answer(told.outcome, (one,), self._place, self._demand.says, told.found, told.gaps)


class _All:
    """All parts hold; their findings stand side by side."""

    def __init__(self, parts: list[Check]) -> None:
        self._parts = parts

    def answer(self, scene: Scene) -> Answer:
        answers = [part.answer(scene) for part in self._parts]
        outcome = combine_all(each.outcome for each in answers)
        findings = tuple(each for answer in answers for each in answer.findings)
        return replace(_summed(answers, outcome, " and "), findings=findings)


class _Any:
    """One part holds; one finding tells of all of them. Parts behind one that passes are not asked."""

    def __init__(self, parts: list[Check]) -> None:
        self._parts = parts

    def answer(self, scene: Scene) -> Answer:
        answers = [part.answer(scene) for part in self._parts]
        outcome = combine_any(each.outcome for each in answers)
        return _as_one(scene, _summed(answers, outcome, " or "))


class _Not:
    """The part does not hold."""

    def __init__(self, part: Check) -> None:
        self._part = part

    def answer(self, scene: Scene) -> Answer:
        inner = self._part.answer(scene)
        return _as_one(scene, replace(inner, outcome=negate(inner.outcome), says=f"not: {inner.says}"))


def _summed(answers: list[Answer], outcome: Outcome, between: str) -> Answer:
    """Tell several answers as one: what decided comes from the parts that have the outcome of the whole."""
    deciding = [each for each in answers if each.outcome is outcome]
    key = dict.fromkeys(pair for each in answers for pair in each.place.key)
    named = len({each.place for each in answers}) > 1
    return Answer(
        outcome,
        (),
        Place(answers[0].place.fact, tuple(key)),
        join((_named(each, each.says, named) for each in answers), between),
        join(_named(each, each.found, named) for each in deciding),
        tuple(dict.fromkeys(gap for each in deciding for gap in each.gaps)),
        deciding[0].evidence,
        deciding[0].asked,
    )


def _named(answer: Answer, text: str, named: bool) -> str:
    return f"{answer.evidence or answer.place.fact}: {text}" if named else text


def _as_one(scene: Scene, answer: Answer) -> Answer:
    place = answer.place
    if answer.outcome is _PASS:
        one = Finding(place.fact, place.key, _PASS, evidence=answer.evidence)
    else:
        one = finding(
            scene,
            place,
            answer.outcome,
            expected=answer.says,
            found=answer.found,
            reason=why(answer.gaps) or f"{answer.found} (required: {answer.says})",
            gaps=answer.gaps,
            evidence=answer.evidence,
            asked=answer.asked,
        )
    return replace(answer, findings=(one,))
