"""The gate: counts and thresholds in, verdict and exit code out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Counts, Ratio, Verdict

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_UNDECIDED = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What closes the gate; None for a severity means that nothing of the kind does."""

    fail_on: Severity | None = Severity.LOW
    undecided_at: Severity | None = Severity.LOW
    allow_undecided: int = 0
    """How many undecided results are let through; a number, or a share with `allow_share`."""
    allow_share: float | None = None
    """The share (0 to 100) of applicable results that may stay undecided; replaces `allow_undecided`."""
    fail_on_new: bool = False
    """Only findings that the baseline does not have close the gate."""
    require_attestations: bool = False

    def describe(self) -> dict[str, str]:
        """Give the thresholds under the names of their flags."""
        allowed = f"{self.allow_share:g}%" if self.allow_share is not None else str(self.allow_undecided)
        return {
            "fail-on": self.fail_on.value if self.fail_on else "never",
            "undecided-at": self.undecided_at.value if self.undecided_at else "never",
            "allow-undecided": allowed,
            "fail-on-new": "yes" if self.fail_on_new else "no",
            "require-attestations": "yes" if self.require_attestations else "no",
        }

    def lowered(self) -> list[str]:
        """Name every flag that lets more through than the default does."""
        strict = Thresholds().describe()
        return [
            f"--{name} {value}"
            for name, value in self.describe().items()
            if value != strict[name] and name != "require-attestations"
        ]


@dataclass(frozen=True, slots=True)
class Change:
    """What the comparison with a baseline adds: new failures, and old ones that were not assessed now."""

    new_failed: Mapping[Severity, int]
    unassessed: Mapping[Severity, int]


def decide(
    counts: Counts,
    thresholds: Thresholds,
    change: Change | None = None,
    *,
    interrupted: str = "",
    assessed: bool = True,
    unfit: int = 0,
) -> Verdict:
    """Give the verdict over a run; `assessed` is false when no target of it was, whatever else was judged.

    `unfit` is the number of targets that were not assessed because their profiles are for other systems. 1 (findings at or above the gate) wins over 3 (undecided, nothing assessed, interrupted), 3 over 0.
    """
    failing = _failing(counts, thresholds, change)
    open_questions = _open_questions(counts, thresholds, change, interrupted)
    nothing = not assessed or counts.decided + counts.attested == 0
    reasons = tuple(failing + open_questions)
    gate = thresholds.describe()
    if unfit:
        s = "s" * (unfit != 1)
        reasons = (
            f"{unfit} target{s} not assessed: the profiles named for {'them' if s else 'it'} do not fit",
            *reasons,
        )
    if nothing:
        reasons = ("nothing was assessed: no result of a target passed or failed", *reasons)
    if failing:
        return Verdict("FAIL", EXIT_FINDINGS, reasons, gate)
    if nothing or unfit:
        return Verdict("INCOMPLETE", EXIT_UNDECIDED, reasons, gate)
    if open_questions:
        return Verdict("UNDECIDED", EXIT_UNDECIDED, reasons, gate)
    return Verdict("PASS", EXIT_CLEAN, _calm(counts), gate)


def _at_or_above(numbers: Mapping[Severity, int], threshold: Severity | None) -> int:
    if threshold is None:
        return 0
    return sum(number for severity, number in numbers.items() if severity.at_least(threshold))


def _failing(counts: Counts, thresholds: Thresholds, change: Change | None) -> list[str]:
    only_new = thresholds.fail_on_new and change is not None
    failed = change.new_failed if only_new and change else counts.failed_by_severity
    number = _at_or_above(failed, thresholds.fail_on)
    if not number or thresholds.fail_on is None:
        return []
    kind = "new failed" if only_new else "failed"
    return [f"{_results(number, kind)} at or above {thresholds.fail_on.value}"]


def _open_questions(counts: Counts, thresholds: Thresholds, change: Change | None, interrupted: str) -> list[str]:
    reasons = []
    number = _at_or_above(counts.undecided_by_severity, thresholds.undecided_at)
    if number > _allowed(counts, thresholds):
        reasons.append(f"{_results(number, 'undecided')} (unknown or error)")
    if change is not None:
        lost = _at_or_above(change.unassessed, thresholds.undecided_at)
        if lost:
            reasons.append(f"{lost} earlier finding{'s' * (lost != 1)} not assessed now")
    unanswered = counts.of(Outcome.NOTCHECKED)
    if thresholds.require_attestations and unanswered:
        reasons.append(f"{_results(unanswered, 'manual')} without an attestation")
    if interrupted:
        reasons.append(f"the run ended early: {interrupted}")
    return reasons


def _allowed(counts: Counts, thresholds: Thresholds) -> float:
    if thresholds.allow_share is None:
        return thresholds.allow_undecided
    return thresholds.allow_share / 100 * counts.applicable


def _results(number: int, kind: str) -> str:
    return f"{number} {kind} result{'s' * (number != 1)}"


def _calm(counts: Counts) -> tuple[str, ...]:
    words = [f"{Ratio(counts.of(Outcome.PASS) - counts.attested, counts.applicable)} of assessed results passed"]
    if counts.waived:
        words.append(f"{_results(counts.waived, 'waived')}")
    return tuple(words)
