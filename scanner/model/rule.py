"""Rules: requirements with a check, as plain values; what the language can say, and no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from scanner.model.evidence import Evidence
from scanner.model.fact import Type
from scanner.model.outcome import Outcome, Severity


class Quantifier(StrEnum):
    """How an assertion speaks about the rows of its fact."""

    EXPECT = "expect"
    EVERY = "every"
    SOME = "some"
    NONE = "none"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Literal:
    """An operand written in the rule, already converted to the evidence form of its type."""

    value: Any


@dataclass(frozen=True, slots=True)
class ValueRef:
    """An operand `{value: NAME}`: a value of the rule, set by default or profile."""

    name: str


@dataclass(frozen=True, slots=True)
class FieldRef:
    """An operand `{field: NAME}`: another field of the same row."""

    name: str


@dataclass(frozen=True, slots=True)
class TargetRef:
    """An operand `{target: NAME}`: a field of the target's inventory entry; in `where` only."""

    name: str


Operand: TypeAlias = Literal | ValueRef | FieldRef | TargetRef


@dataclass(frozen=True, slots=True)
class Test:
    """One operator with its operand."""

    __test__ = False

    operator: str
    operand: Operand


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A row condition on one field: all its tests hold. `type` is the field's, for compilation."""

    field: str
    type: Type
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class RowAll:
    """All of these row conditions hold."""

    parts: tuple[RowCondition, ...]


@dataclass(frozen=True, slots=True)
class RowAny:
    """One of these row conditions holds."""

    parts: tuple[RowCondition, ...]


@dataclass(frozen=True, slots=True)
class RowNot:
    """This row condition does not hold."""

    part: RowCondition


RowCondition: TypeAlias = FieldTest | RowAll | RowAny | RowNot


@dataclass(frozen=True, slots=True)
class FactSubject:
    """An assertion's subject: a fact with its parameters."""

    fact: str
    where: tuple[tuple[str, Operand], ...] = ()


@dataclass(frozen=True, slots=True)
class ValueSubject:
    """An assertion's subject: a value of the rule, judged as if it were one row's field."""

    name: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """A subject, a filter on its rows, one quantifier and what it demands.

    `demand` is a RowCondition for expect, every, some and none; for count, and for a value subject,
    the `tests` on the number (int) or the value.
    """

    subject: FactSubject | ValueSubject
    quantifier: Quantifier
    demand: RowCondition | None = None
    tests: tuple[Test, ...] = ()
    rows: RowCondition | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class AllOf:
    """All parts hold."""

    parts: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part holds."""

    parts: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class NotOf:
    """The part does not hold."""

    part: Check


Check: TypeAlias = Assertion | AllOf | AnyOf | NotOf


def assertions(check: Check) -> Iterator[Assertion]:
    """Walk all assertions of a check, left to right."""
    if isinstance(check, Assertion):
        yield check
    elif isinstance(check, NotOf):
        yield from assertions(check.part)
    else:
        for part in check.parts:
            yield from assertions(part)


@dataclass(frozen=True, slots=True)
class Value:
    """A tunable of a rule; `default` in evidence form. A control's `strictest` bounds it in a catalogue."""

    name: str
    type: Type
    default: Any
    says: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """An example beside the rule: evidence by query-less fact name, and the outcome it must give."""

    name: str
    given: Mapping[str, tuple[Evidence, ...]]
    """Fact > the evidence to answer with; a `where` is matched by its parameters, see the catalog."""
    then: Outcome
    values: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A requirement with a check. `check` is None for a manual rule, which says its `evidence`."""

    id: str
    revision: int
    title: str
    severity: Severity
    platforms: tuple[str, ...]
    rationale: str
    remediation: str
    check: Check | None
    evidence: str = ""
    """For a manual rule: what a person must give."""
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    when: Check | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    scope: str = "target"
    labels: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()
    path: str = ""
    line: int = 1
    sha256: str = ""
    """Of the file's bytes: enters the hash of the rule set."""

    @property
    def manual(self) -> bool:
        """True when a person, not a machine, answers."""
        return self.check is None

    def assertions(self) -> Iterator[Assertion]:
        """Walk the assertions of `when` and `check`."""
        for part in (self.when, self.check):
            if part is not None:
                yield from assertions(part)
