"""Outcomes and severities, and the table by which outcomes combine."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a rule or a finding, in XCCDF 1.2's spelling (`resultEnumType`)."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    ERROR = "error"
    NOTAPPLICABLE = "notapplicable"
    NOTCHECKED = "notchecked"
    INFORMATIONAL = "informational"

    @property
    def decided(self) -> bool:
        """True for pass and fail: the two outcomes that answer the question."""
        return self in (Outcome.PASS, Outcome.FAIL)

    @property
    def undecided(self) -> bool:
        """True for unknown and error: asked, and not answered."""
        return self in (Outcome.UNKNOWN, Outcome.ERROR)


class Severity(StrEnum):
    """How much a failure weighs, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for critical up to 3 for low, so that sorting puts the worst first."""
        return _RANKS[self]

    def at_least(self, other: Severity) -> bool:
        """True when this severity is as bad as `other` or worse."""
        return self.rank <= other.rank


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}
_ALL_ORDER = (Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN, Outcome.PASS)
_ANY_ORDER = (Outcome.PASS, Outcome.NOTAPPLICABLE, Outcome.ERROR, Outcome.UNKNOWN, Outcome.FAIL)


def combine_all(outcomes: Iterable[Outcome]) -> Outcome:
    """Every part must hold: fail > error > unknown > pass; only-notapplicable stays notapplicable."""
    seen = set(outcomes)
    for outcome in _ALL_ORDER:
        if outcome in seen:
            return outcome
    return Outcome.NOTAPPLICABLE


def combine_any(outcomes: Iterable[Outcome]) -> Outcome:
    """One part must hold: pass > notapplicable (vacuously true) > error > unknown > fail."""
    seen = set(outcomes)
    return next(outcome for outcome in _ANY_ORDER if outcome in seen)


def negate(outcome: Outcome) -> Outcome:
    """Swap pass and fail; a vacuous truth (notapplicable) turns to fail; undecided stays undecided."""
    swapped = {Outcome.PASS: Outcome.FAIL, Outcome.FAIL: Outcome.PASS, Outcome.NOTAPPLICABLE: Outcome.FAIL}
    return swapped.get(outcome, outcome)
