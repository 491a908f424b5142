"""Finding checks that no evidence can pass, or none can fail: what is decidable, decided without a false alarm.

A condition is read as a formula over its tests. For each field a finite set of states stands for all that the
field can hold: absent, the literals the tests name, what lies before, between and behind them, and one further value.
A test whose truth in a state cannot be told (a pattern, a reference to a value or field) is taken to be free.
So there are at least as many states as in reality: a formula that is true in none of them is never true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import product
from math import prod
from operator import or_
from typing import TypeAlias

from scanner.catalog.states import MOST, key_of, states
from scanner.matching.convert import show
from scanner.matching.operators import OPERATORS
from scanner.model.fact import INT, FactSpec, Shape, Type
from scanner.model.rule import (
    AllOf,
    AnyOf,
    Assertion,
    Check,
    FactSubject,
    FieldTest,
    Literal,
    NotOf,
    Quantifier,
    RowAll,
    RowAny,
    RowCondition,
    RowNot,
    Test,
    ValueSubject,
    assertions,
)

Complain: TypeAlias = Callable[[int, str, str], None]
"""Takes a line, what is wrong, and what to do."""
_Formula: TypeAlias = Callable[[int], bool]


def judge_assertion(assertion: Assertion, about: Type | FactSpec, complain: Complain) -> None:
    """Complain about an assertion that cannot pass, or cannot fail, whatever is found.

    `about` is the fact that the assertion speaks about, or the type of the value.
    """
    line = assertion.line
    if assertion.quantifier is Quantifier.COUNT:
        _judge_tests("count", INT, assertion.tests, complain, line, absent=False, least=0)
    elif isinstance(about, Type):
        _judge_tests(getattr(assertion.subject, "name", "value"), about, assertion.tests, complain, line, absent=False)
    sound = True
    for condition, kind in ((assertion.rows, "'rows'"), (assertion.demand, f"'{assertion.quantifier.value}'")):
        if condition is not None:
            sound = _judge_condition(condition, kind, complain, line) and sound
    if not sound or assertion.demand is None:
        return
    if assertion.rows is not None:
        _judge_filtered(assertion.rows, assertion.demand, "'rows'", complain, line)
    if isinstance(about, FactSpec) and (asked := _asked(assertion.subject, about)):
        _judge_filtered(RowAll(asked), assertion.demand, "'where'", complain, line)


def _asked(subject: FactSubject | ValueSubject, spec: FactSpec) -> tuple[FieldTest, ...]:
    """Give what is known of a looked-up row before it is found: its key fields are what was asked for."""
    if spec.shape is not Shape.LOOKUP or not isinstance(subject, FactSubject):
        return ()
    known = ((field, operand) for name, operand in subject.where if (field := spec.field(name)))
    return tuple(FieldTest(field.name, field.type, (Test("equals", operand),)) for field, operand in known)


def judge_whole(when: Check | None, check: Check, complain: Complain) -> None:
    """Complain about a check that contradicts, repeats or completes itself, or that `when` decides already."""
    parts = [part for part in (when, check) if part is not None]
    several = [each for part in parts for each in assertions(part)]
    if len(several) == 1:
        return
    names = {id(each): repr(replace(each, line=0)) for each in several}
    for part in parts:
        _judge_repeats(part, names, complain)
    _judge_together(parts, complain)
    atoms = list(dict.fromkeys(names.values()))
    if 2 ** len(atoms) > MOST:
        return
    worlds = [dict(zip(atoms, bits, strict=True)) for bits in product((True, False), repeat=len(atoms))]
    where = ""
    if when is not None:
        applying = [world for world in worlds if _holds(when, names, world)]
        if len(applying) in (0, len(worlds)):
            word = "always" if applying else "never"
            complain(_line(when), f"'when' {word} holds, whatever is found", "mend it")
            return
        worlds, where = applying, " where 'when' holds"
    passing = sum(_holds(check, names, world) for world in worlds)
    if passing == 0:
        complain(_line(check), f"the check cannot pass{where}", "mend the parts that exclude each other")
    elif passing == len(worlds):
        complain(_line(check), f"the check cannot fail{where}", "mend the parts that leave nothing out")


def _judge_together(parts: Iterable[Check], complain: Complain) -> None:
    """Complain when what is expected of one row at several places, all of which must hold, excludes itself."""
    demands: dict[str, list[tuple[int, RowCondition]]] = {}
    for assertion in (each for part in parts for each in _joined(part)):
        if assertion.quantifier is Quantifier.EXPECT and assertion.demand is not None:
            row = f"{assertion.subject!r} {assertion.rows!r}"
            demands.setdefault(row, []).append((assertion.line, assertion.demand))
    for several in demands.values():
        found = _truths([condition for _, condition in several]) if len(several) > 1 else None
        if found is None or any(all(truths) for truths in found):
            continue
        guilty = {truths.index(False) for truths in found if truths.count(False) == 1} or range(len(several))
        lines = " and ".join(dict.fromkeys(f"line {several[index][0]}" for index in sorted(guilty)))
        complain(several[-1][0], f"no row can meet what {lines} expect together", "mend one of them")


def _joined(check: Check) -> Iterator[Assertion]:
    """Give the assertions that must all hold for the check to hold."""
    if isinstance(check, Assertion):
        yield check
    elif isinstance(check, AllOf):
        for part in check.parts:
            yield from _joined(part)


def _judge_tests(
    name: str,
    type_: Type,
    tests: Iterable[Test],
    complain: Complain,
    line: int,
    *,
    absent: bool = True,
    least: int | None = None,
) -> bool:
    """Complain about tests on one thing that never, or always, hold together."""
    distinct = list({key_of(test): test for test in tests}.values())
    found = states(name, type_, distinct, absent=absent, least=least)
    said = " and ".join(_words(type_, test) for test in distinct)
    if found is None:
        return True
    if (1 << len(distinct)) - 1 not in found:
        together = " at once" if len(distinct) > 1 else ""
        complain(line, f"{name}: nothing meets {said}{together}", "mend the tests that exclude each other")
        return False
    if len(found) == 1:
        complain(line, f"{name}: everything meets {said}", "say what must hold")
        return False
    return True


def _words(type_: Type, test: Test) -> str:
    if isinstance(test.operand, Literal):
        return f"{test.operator} {show(OPERATORS[test.operator].operand(type_), test.operand.value)}"
    return f"{test.operator} {test.operand.name}"


def _judge_condition(condition: RowCondition, kind: str, complain: Complain, line: int) -> bool:
    """Complain about a row condition that no row, or every row, meets."""
    leaves = list(_leaves(condition))
    sound = [_plain(leaf) or _judge_tests(leaf.field, leaf.type, leaf.tests, complain, line) for leaf in leaves]
    if not all(sound):
        return False
    if len({leaf.field for leaf in leaves}) == len(leaves):
        return True
    found = _truths([condition])
    if found is None:
        return True
    possible = {truths[0] for truths in found}
    if len(possible) == 1:
        what = "every row meets" if True in possible else "no row can meet"
        complain(line, f"{what} {kind}", "mend the parts that exclude or complete each other")
    return len(possible) == 2


def _judge_filtered(rows: RowCondition, demand: RowCondition, kind: str, complain: Complain, line: int) -> None:
    """Complain when a filter on rows, or the question itself, decides the demand already."""
    if {leaf.field for leaf in _leaves(rows)}.isdisjoint(leaf.field for leaf in _leaves(demand)):
        return
    found = _truths([rows, demand])
    possible = {truths[1] for truths in found or () if truths[0]}
    if len(possible) == 1:
        what = f"every row that {kind} leaves meets" if True in possible else f"no row that {kind} leaves can meet"
        complain(line, f"{what} the demand", "test something else, or drop it from one of the two")


def _truths(conditions: Sequence[RowCondition]) -> set[tuple[bool, ...]] | None:
    """Give every combination of truths that the conditions can have; None when there is too much to try."""
    fields: dict[str, tuple[Type, dict[str, Test]]] = {}
    for leaf in (each for condition in conditions for each in _leaves(condition)):
        tests = fields.setdefault(leaf.field, (leaf.type, {}))[1]
        tests.update((key_of(test), test) for test in leaf.tests)
    bits: dict[tuple[str, str], int] = {}
    spaces: list[list[int]] = []
    for name, (type_, tests) in fields.items():
        shift = len(bits)
        found = states(name, type_, list(tests.values()))
        if found is None:
            return None
        spaces.append([state << shift for state in found])
        bits.update(((name, key), 1 << shift + index) for index, key in enumerate(tests))
    if prod(len(space) for space in spaces) > MOST:
        return None
    formulas = [_formula(condition, bits) for condition in conditions]
    return {tuple(formula(sum(world)) for formula in formulas) for world in product(*spaces)}


def _formula(condition: RowCondition, bits: Mapping[tuple[str, str], int]) -> _Formula:
    """Give the condition as a function of a world, in which each true test has its bit."""
    if isinstance(condition, FieldTest):
        needed = reduce(or_, (bits[condition.field, key_of(test)] for test in condition.tests))
        return lambda world: world & needed == needed
    if isinstance(condition, RowNot):
        inner = _formula(condition.part, bits)
        return lambda world: not inner(world)
    parts = [_formula(part, bits) for part in condition.parts]
    if isinstance(condition, RowAll):
        return lambda world: all(part(world) for part in parts)
    return lambda world: any(part(world) for part in parts)


def _leaves(condition: RowCondition) -> Iterator[FieldTest]:
    if isinstance(condition, FieldTest):
        yield condition
    elif isinstance(condition, (RowAll, RowAny)):
        for part in condition.parts:
            yield from _leaves(part)
    else:
        yield from _leaves(condition.part)


def _plain(leaf: FieldTest) -> bool:
    """True for one test that some value surely meets and some other does not: nothing to be tried."""
    return len(leaf.tests) == 1 and leaf.tests[0].operator != "none_of"


def _line(check: Check) -> int:
    return next(assertions(check)).line


def _holds(check: Check, names: Mapping[int, str], world: Mapping[str, bool]) -> bool:
    if isinstance(check, Assertion):
        return world[names[id(check)]]
    if isinstance(check, NotOf):
        return not _holds(check.part, names, world)
    truths = (_holds(part, names, world) for part in check.parts)
    return all(truths) if isinstance(check, AllOf) else any(truths)


def _judge_repeats(check: Check, names: Mapping[int, str], complain: Complain) -> None:
    """Complain about the same part twice in one combination."""
    if isinstance(check, NotOf):
        _judge_repeats(check.part, names, complain)
    elif isinstance(check, (AllOf, AnyOf)):
        seen: set[str] = set()
        for part in check.parts:
            _judge_repeats(part, names, complain)
            name = _shape(part, names)
            if name in seen:
                complain(_line(part), "the same assertion stands here again", "keep one of them")
            seen.add(name)


def _shape(check: Check, names: Mapping[int, str]) -> str:
    """Give what makes two checks the same, wherever they stand."""
    if isinstance(check, Assertion):
        return names[id(check)]
    if isinstance(check, NotOf):
        return f"not({_shape(check.part, names)})"
    word = "all" if isinstance(check, AllOf) else "any"
    return f"{word}({','.join(_shape(part, names) for part in check.parts)})"
