"""What a control's results say about it: the words of a roll-up, and the reason for each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from scanner.evaluation.attest import words
from scanner.model.outcome import Outcome
from scanner.model.result import Result
from scanner.model.suppression import Attestation

SATISFIED = "satisfied"
NOT_SATISFIED = "not satisfied"
PARTIAL = "mapped rules pass (partial coverage)"
PARTLY_EVALUATED = "partly evaluated"
ATTESTED = "attested"
NOT_EVALUATED = "not evaluated"
NOT_APPLICABLE = "not applicable"

SUPPORTS = frozenset({SATISFIED, PARTIAL, ATTESTED})
"""Determinations by which a control supports those that it leads to."""

_NAMED = 3


@dataclass(slots=True)
class Standing:
    """The results of a control's rules, summed up as they come; targets are bits of a number."""

    covers: dict[str, str]
    """Rule > `full` or `part`."""
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    waived: int = 0
    attested: int = 0
    excluded: int = 0
    judged: set[str] = field(default_factory=set)
    loosened: list[str] = field(default_factory=list)
    """Sentences on values beyond the furthest that the control allows."""
    applicable: int = 0
    short: int = 0
    """Targets on which something failed, stayed undecided, was not answered or is excluded by a profile."""

    def add(self, result: Result, bit: int) -> None:
        """Count the result of one of the control's rules on the target of this bit."""
        outcome = result.outcome
        self.outcomes[outcome] += 1
        if result.excluded:
            self.excluded += 1
            self.applicable |= bit
            self.short |= bit
            return
        self.judged.add(result.rule)
        if outcome in (Outcome.NOTAPPLICABLE, Outcome.INFORMATIONAL):
            return
        self.applicable |= bit
        if outcome is Outcome.PASS:
            self.attested += bool(result.attested)
        else:
            self.short |= bit
            self.waived += result.waived

    @property
    def full(self) -> tuple[str, ...]:
        """The rules that together cover the control fully; empty when it is covered in part alone."""
        return tuple(rule for rule, covers in self.covers.items() if covers == "full")

    @property
    def undecided(self) -> int:
        """Number of results that were asked for and not answered."""
        return self.outcomes[Outcome.UNKNOWN] + self.outcomes[Outcome.ERROR]


def determine(standing: Standing, attestation: Attestation | None) -> tuple[str, str]:
    """Give the determination and its reason. Nothing but decided, passing, unwaived results satisfies a control."""
    failed = standing.outcomes[Outcome.FAIL]
    if failed:
        waived = f", {standing.waived} waived" if standing.waived else ""
        return NOT_SATISFIED, f"{_results(failed, 'fails', 'fail')}{waived}"
    if standing.loosened:
        return NOT_SATISFIED, _first(standing.loosened)
    passed = standing.outcomes[Outcome.PASS]
    if standing.undecided:
        word = PARTLY_EVALUATED if passed else NOT_EVALUATED
        return word, _results(standing.undecided, "is undecided", "are undecided")
    return _of_passing(standing, attestation) if passed else _of_nothing(standing, attestation)


def _of_passing(standing: Standing, attestation: Attestation | None) -> tuple[str, str]:
    unanswered = standing.outcomes[Outcome.NOTCHECKED]
    if unanswered:
        return PARTLY_EVALUATED, _results(unanswered, "waits for an attestation", "wait for an attestation")
    if standing.excluded:
        return PARTLY_EVALUATED, _excluded(standing)
    lacking = [rule for rule in standing.full if rule not in standing.judged]
    if lacking:
        return PARTLY_EVALUATED, f"not judged: {', '.join(lacking)}"
    if standing.attested == standing.outcomes[Outcome.PASS]:
        return ATTESTED, words(attestation) if attestation else "its manual rules are attested"
    if standing.full:
        return SATISFIED, ""
    if attestation:
        return SATISFIED, f"mapped rules pass, the rest is attested {words(attestation)}"
    lacking = [rule for rule in standing.covers if rule not in standing.judged]
    return PARTIAL, f"not judged: {', '.join(lacking)}" if lacking else ""


def _of_nothing(standing: Standing, attestation: Attestation | None) -> tuple[str, str]:
    unanswered = standing.outcomes[Outcome.NOTCHECKED]
    if attestation:
        return ATTESTED, words(attestation)
    if not standing.covers:
        return NOT_EVALUATED, "no rule measures it"
    if unanswered:
        return NOT_EVALUATED, _results(unanswered, "waits for an attestation", "wait for an attestation")
    if standing.excluded:
        return NOT_EVALUATED, _excluded(standing)
    if not standing.judged:
        return NOT_EVALUATED, "none of its rules was judged"
    lacking = [rule for rule in standing.full if rule not in standing.judged]
    if standing.full and not lacking:
        return NOT_APPLICABLE, "its rules apply to no target"
    return NOT_EVALUATED, f"not judged: {', '.join(lacking)}" if lacking else "its rules apply to no target"


def _excluded(standing: Standing) -> str:
    return _results(standing.excluded, "is excluded by a profile", "are excluded by a profile")


def _results(number: int, one: str, many: str) -> str:
    return f"{number} result{'s' * (number != 1)} {one if number == 1 else many}"


def _first(sentences: list[str]) -> str:
    rest = f"; and {len(sentences) - _NAMED} more" if len(sentences) > _NAMED else ""
    return "; ".join(sentences[:_NAMED]) + rest
