"""The cases beside a rule: examples of evidence and the outcome that they must give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scanner.catalog.givens import AnswerError, Fields, Given, answer, read_given
from scanner.catalog.nodes import quoted
from scanner.catalog.references import TARGET_FIELDS, target_field
from scanner.catalog.source import NOTHING, Place, Source
from scanner.model.asking import queries
from scanner.model.evidence import Evidence, Provenance, Query, error
from scanner.model.fact import TIME, FactSpec, Shape
from scanner.model.outcome import Outcome
from scanner.model.rule import Case, Check, FactSubject, Rule, assertions

CASE_TIME = "2026-01-01T00:00:00Z"
"""When the evidence of a case was taken, unless the case says `at`."""

_REQUIRED = ("name", "given", "then")
_KEYS = frozenset((*_REQUIRED, "values", "target", "at"))
OUTCOMES = ("pass", "fail", "unknown", "error", "notapplicable")
_NEEDED = (Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is the same for all cases of a rule."""

    source: Source
    rule: Rule
    facts: Mapping[str, FactSpec]
    fields: Fields
    when: tuple[str, ...]
    """Facts that `when` names."""
    check: tuple[str, ...]
    """Facts that the check names."""
    usual: tuple[Query, ...]
    """What the rule asks with the default values, of a target without fields."""

    @classmethod
    def of(cls, source: Source, rule: Rule, facts: Mapping[str, FactSpec]) -> _Reading:
        """Gather it."""
        fields = {name: {field.name: field for field in spec.fields} for name, spec in facts.items()}
        values = {name: value.default for name, value in rule.values.items()}
        usual = tuple(queries(rule, values, {}))
        return cls(source, rule, facts, fields, tuple(_facts(rule.when)), tuple(_facts(rule.check)), usual)


def read_cases(
    source: Source, place: Place, raw: object, rule: Rule, facts: Mapping[str, FactSpec]
) -> tuple[Case, ...]:
    """Read the cases of a rule whose check and values are known; `facts` are the specs of the facts it names.

    Besides what is wrong in each, too few are a problem: each rule shows pass, fail and unknown, one with `when`
    that it does not hold, and of each list fact an empty and an incomplete list.
    """
    reading = _Reading.of(source, rule, facts)
    listed = source.items(place, raw, "'cases'", empty=True)
    read = [_case(reading, (*place, index), item) for index, item in enumerate(listed)]
    found = [entry for entry in read if entry is not None]
    _different(reading, place, read)
    if isinstance(raw, list) and len(found) == len(read):
        _complete(reading, place, found)
    return tuple(case for case, _ in found)


def _different(reading: _Reading, place: Place, cases: Iterable[tuple[Case, dict[str, Given]] | None]) -> None:
    """Complain about a name that two cases bear."""
    lines: dict[str, int] = {}
    for index, entry in enumerate(cases):
        if entry is None:
            continue
        name = entry[0].name
        if name in lines:
            what = f"a case called {quoted(name)} stands on line {lines[name]} already"
            reading.source.complain((*place, index), what, "rename one of them")
        lines.setdefault(name, entry[0].line)


def case_evidence(rule: Rule, case: Case) -> Callable[[Query], Evidence]:
    """Give the function that answers each query of the rule with the case's evidence.

    A query that the case does not answer gives an error gap, never an empty list.
    """
    answers = {evidence.query: evidence for given in case.given.values() for evidence in given}
    lacking = error(f"the case {quoted(case.name)} of {rule.id} gives no evidence for this question")
    return lambda query: answers.get(query) or Evidence(query, gap=lacking)


def case_rule(rule: Rule, case: Case) -> Rule:
    """Give the rule as the case tries it: `when` is taken to hold where the case gives none of its facts."""
    if rule.when is None:
        return rule
    needed = _facts(rule.when)
    return rule if not needed or any(fact in case.given for fact in needed) else replace(rule, when=None)


def _facts(check: Check | None) -> list[str]:
    subjects = [each.subject for each in assertions(check)] if check is not None else []
    return [subject.fact for subject in subjects if isinstance(subject, FactSubject)]


def _case(reading: _Reading, place: Place, raw: object) -> tuple[Case, dict[str, Given]] | None:
    source = reading.source
    before = len(source.problems)
    table = source.table(place, raw, "a case", _KEYS, _REQUIRED)
    if table is None or not all(key in table for key in _REQUIRED):
        return None
    name = source.text((*place, "name"), table["name"], "the case's name", one_line=True)
    then = source.word((*place, "then"), table["then"], "'then'", OUTCOMES)
    values = _settings(reading, (*place, "values"), table.get("values", {}))
    target = _target(source, (*place, "target"), table.get("target", {}))
    at = source.literal((*place, "at"), TIME, table["at"], "'at'") if "at" in table else CASE_TIME
    given = read_given(source, reading.facts, reading.fields, (*place, "given"), table["given"])
    if len(source.problems) > before:
        return None
    here = (*place, "given")
    asked = _queries(reading, here, values, target, given, then)
    provenance = Provenance(asked=f"case {quoted(name)}", taken_at=at)
    evidence = {
        fact: tuple(_answers(reading, (*here, fact), asked[fact], each, provenance)) for fact, each in given.items()
    }
    if len(source.problems) > before:
        return None
    return Case(name, evidence, Outcome(then), values, target, source.line(place)), given


def _settings(reading: _Reading, place: Place, raw: object) -> dict[str, Any]:
    """Read a case's own values."""
    table = reading.source.table(place, raw, "'values'", reading.rule.values) or {}
    read = {
        name: reading.source.literal((*place, name), reading.rule.values[name].type, written, name)
        for name, written in table.items()
    }
    return {name: value for name, value in read.items() if value is not NOTHING}


def _target(source: Source, place: Place, raw: object) -> dict[str, str]:
    """Read the fields of the inventory entry that a case assumes."""
    if not isinstance(raw, dict):
        source.complain(place, "'target' is not a map", "write {field: text}")
        return {}
    for name in raw:
        if not target_field(name):
            source.unknown((*place, name), "field of a target:", name, (*TARGET_FIELDS, "labels.<name>"))
    return {name: source.text((*place, name), written, name) for name, written in raw.items()}


def _queries(
    reading: _Reading,
    place: Place,
    values: Mapping[str, Any],
    target: Mapping[str, str],
    given: Mapping[str, Given],
    then: str,
) -> dict[str, list[Query]]:
    """Give fact > the different queries that the rule puts in a case; a fact that is not given is a problem.

    Where `when` shall not hold, the check is not reached, and its facts need not be given.
    """
    rule = reading.rule
    needed = reading.check
    if any(fact in given for fact in reading.when):
        needed = reading.when if then == Outcome.NOTAPPLICABLE else (*reading.when, *needed)
    for fact in dict.fromkeys(needed):
        if fact not in given:
            reading.source.complain(place, f"the case gives no {fact}, which the rule asks", "give rows, or why not")
    in_force = {**{name: value.default for name, value in rule.values.items()}, **values}
    put = queries(rule, in_force, target) if values or target else reading.usual
    found: dict[str, list[Query]] = {fact: [] for fact in given}
    for query in put:
        if query.fact in found:
            found[query.fact].append(query)
    return found


def _answers(
    reading: _Reading, place: Place, asked: list[Query], given: Given, provenance: Provenance
) -> Iterator[Evidence]:
    """Answer the queries; a row that answers none of them cannot be meant."""
    spec = reading.facts[str(place[-1])]
    served: set[int] = set()
    for query in asked:
        try:
            rows = answer(spec, given, query, alone=len(asked) == 1)
        except AnswerError as wrong:
            reading.source.complain_sentence(place, str(wrong))
            return
        served.update(map(id, rows))
        yield Evidence(query, rows, given.gap, provenance)
    for index, row in enumerate(given.rows if asked else ()):
        if id(row) not in served:
            what = f"this row of {spec.name} answers nothing that the rule asks"
            reading.source.complain((*place, index), what, "mend its key, or remove it")


def _complete(reading: _Reading, place: Place, cases: list[tuple[Case, dict[str, Given]]]) -> None:
    """Complain about cases that are missing."""
    outcomes = {case.then for case, _ in cases}
    for outcome in _NEEDED:
        if outcome not in outcomes:
            reading.source.complain(place, f"no case shows {outcome.value}", f"add one with then: {outcome.value}")
    gated = (case for case, _ in cases if any(fact in case.given for fact in reading.when))
    if reading.when and not any(case.then is Outcome.NOTAPPLICABLE for case in gated):
        hint = f"add one with {reading.when[0]} and then: notapplicable"
        reading.source.complain(place, "no case shows that 'when' does not hold", hint)
    for name, spec in reading.facts.items():
        if spec.shape is not Shape.LIST:
            continue
        shown = [given[name] for _, given in cases if name in given]
        if not any(each.gap is None and not each.rows for each in shown):
            reading.source.complain(place, f"no case shows {name} empty", f"add one with {name}: []")
        if not any(each.incomplete for each in shown):
            hint = f"add one with {name}: {{incomplete: reason, rows: […]}}"
            reading.source.complain(place, f"no case shows {name} incomplete", hint)
