"""Checks compiled: assertions on facts and values, and their combinations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scanner.evaluation.answer import Answer, Check, Scene, Telling, finding
from scanner.evaluation.findings import join
from scanner.evaluation.look import Question, look, question
from scanner.evaluation.number import Count
from scanner.evaluation.quantify import QUANTIFIERS
from scanner.matching.compile import Condition, compile_condition
from scanner.model.asking import query_of
from scanner.model.evidence import Gap
from scanner.model.fact import FactSpec, Type
from scanner.model.outcome import Outcome, combine_all, combine_any, negate
from scanner.model.rule import AllOf, AnyOf, Assertion, FactSubject, FieldTest, Quantifier, TargetRef, ValueSubject
from scanner.model.rule import Check as Written

_SAYS: Mapping[Quantifier, str] = {
    Quantifier.EVERY: "every entry{}: {}",
    Quantifier.SOME: "an entry{}: {}",
    Quantifier.NONE: "no entry{}: {}",
}


def compile_check(
    check: Written, values: Mapping[str, Any], types: Mapping[str, Type], vocabulary: Mapping[str, FactSpec]
) -> Check:
    """Compile a check with the values in force (evidence form) and their types.

    Raises ConfigurationError for a fact that the vocabulary does not know, KeyError for an unknown value:
    both are refused when rules are loaded.
    """
    if isinstance(check, Assertion):
        if isinstance(check.subject, ValueSubject):
            return _OfValue(check, check.subject, values, types[check.subject.name])
        sieve = compile_condition(check.rows, values) if check.rows else None
        asking = _Asking(check.subject, values, vocabulary[check.subject.fact])
        if check.demand is None:
            return _OfNumber(asking, sieve, Count(check.tests, values, sieve))
        return _OfRows(asking, sieve, check.quantifier, compile_condition(check.demand, values))
    if isinstance(check, AllOf):
        return _All([compile_check(part, values, types, vocabulary) for part in check.parts])
    if isinstance(check, AnyOf):
        return _Any([compile_check(part, values, types, vocabulary) for part in check.parts])
    return _Not(compile_check(check.part, values, types, vocabulary))


class _Asking:
    """What is asked of a target: the same of all, unless the inventory has a say in it."""

    def __init__(self, subject: FactSubject, values: Mapping[str, Any], spec: FactSpec) -> None:
        self._subject, self._values, self._spec = subject, values, spec
        varies = any(isinstance(operand, TargetRef) for _, operand in subject.where)
        self._fixed = None if varies else self._made({})

    def _made(self, target: Mapping[str, Any]) -> Question | Gap:
        query = query_of(self._subject, self._values, target)
        return query if isinstance(query, Gap) else question(self._spec, query)

    def of(self, scene: Scene) -> Question | Gap:
        """Give the question, or why it cannot be put."""
        return self._fixed or self._made(scene.target)

    def unasked(self, scene: Scene, gap: Gap, says: str) -> Answer:
        """Answer that nothing could be asked."""
        telling = Telling(self._spec.name, (), says, "not asked", (gap,))
        return Answer(gap.kind, lambda: (finding(scene, gap.kind, telling),), lambda: telling)


class _OfRows:
    """An assertion on the rows of a fact."""

    def __init__(self, asking: _Asking, sieve: Condition | None, quantifier: Quantifier, demand: Condition) -> None:
        self._asking, self._sieve, self._demand = asking, sieve, demand
        self._quantify = QUANTIFIERS[quantifier]
        where = f" where {sieve.says}" if sieve else ""
        self._says = _SAYS.get(quantifier, "the entry{}: {}" if sieve else "{}{}").format(where, demand.says)

    def answer(self, scene: Scene) -> Answer:
        asked = self._asking.of(scene)
        if isinstance(asked, Gap):
            return self._asking.unasked(scene, asked, self._says)
        return self._quantify(look(scene, asked, self._sieve), self._demand, self._says)


class _OfNumber:
    """An assertion on the number of rows of a fact."""

    def __init__(self, asking: _Asking, sieve: Condition | None, count: Count) -> None:
        self._asking, self._sieve, self._count = asking, sieve, count

    def answer(self, scene: Scene) -> Answer:
        asked = self._asking.of(scene)
        if isinstance(asked, Gap):
            return self._asking.unasked(scene, asked, self._count.says)
        return self._count.answer(look(scene, asked, self._sieve))


class _OfValue:
    """An assertion on a value of the rule, judged as if it were one row's field."""

    def __init__(self, assertion: Assertion, subject: ValueSubject, values: Mapping[str, Any], type_: Type) -> None:
        demand = compile_condition(FieldTest(subject.name, type_, assertion.tests), values)
        told = demand.explain({subject.name: values[subject.name]}, None)
        self._outcome = told.outcome
        self._telling = Telling("value", (("value", subject.name),), told.expected, told.found, told.gaps)

    def answer(self, scene: Scene) -> Answer:
        telling = self._telling
        return Answer(self._outcome, lambda: (finding(scene, self._outcome, telling),), lambda: telling)


class _All:
    """All parts hold; their findings stand side by side."""

    def __init__(self, parts: list[Check]) -> None:
        self._parts = parts

    def answer(self, scene: Scene) -> Answer:
        answers = [part.answer(scene) for part in self._parts]
        outcome = combine_all(each.outcome for each in answers)
        return Answer(
            outcome,
            lambda: [each for answer in answers for each in answer.findings()],
            lambda: _summed(answers, outcome, " and "),
        )


class _Any:
    """One part holds; one finding tells of all of them."""

    def __init__(self, parts: list[Check]) -> None:
        self._parts = parts

    def answer(self, scene: Scene) -> Answer:
        answers = [part.answer(scene) for part in self._parts]
        outcome = combine_any(each.outcome for each in answers)
        return _told_as_one(scene, outcome, lambda: _summed(answers, outcome, " or "))


class _Not:
    """The part does not hold; one finding tells it."""

    def __init__(self, part: Check) -> None:
        self._part = part

    def answer(self, scene: Scene) -> Answer:
        inner = self._part.answer(scene)
        outcome = negate(inner.outcome)

        def tell() -> Telling:
            told = inner.tell()
            return replace(told, says=f"not ({told.says})")

        return _told_as_one(scene, outcome, tell)


def _told_as_one(scene: Scene, outcome: Outcome, tell: Callable[[], Telling]) -> Answer:
    return Answer(outcome, lambda: (finding(scene, outcome, tell()),), tell)


def _summed(answers: list[Answer], outcome: Outcome, between: str) -> Telling:
    """Tell several answers as one: what was found comes from the parts that have the outcome of the whole.

    The key is made of all parts' keys, so that it does not depend on which of them decided.
    """
    told = [each.tell() for each in answers]
    deciding = [each for each, answer in zip(told, answers, strict=True) if answer.outcome is outcome]
    named = len({(each.fact, each.key) for each in told}) > 1
    return Telling(
        told[0].fact,
        tuple(dict.fromkeys(pair for each in told for pair in each.key)),
        join((_part(each, named) for each in told), between),
        join(_named(each, each.found, named) for each in deciding),
        tuple(dict.fromkeys(gap for each in deciding for gap in each.gaps)),
        deciding[0].evidence,
        deciding[0].asked,
        summed=named or any(each.summed for each in told),
    )


def _part(telling: Telling, named: bool) -> str:
    return f"({telling.says})" if telling.summed else _named(telling, telling.says, named)


def _named(telling: Telling, text: str, named: bool) -> str:
    """Put before a text what it is about, such as `linux.unit cups.socket`, unless it names that itself."""
    if telling.summed or not named:
        return text
    return f"{' '.join((telling.fact, *(value for _, value in telling.key)))}: {text}"
