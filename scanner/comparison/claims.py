"""What documents declare about controls, set beside what was measured: confirmed, refuted, partly, not measurable."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from scanner.model.outcome import Outcome
from scanner.model.report import CatalogueInfo, ControlStatus
from scanner.model.result import Result
from scanner.model.suppression import Claim

CONFIRMED: Final = "confirmed"
REFUTED: Final = "refuted"
PARTLY: Final = "partly"
UNMEASURED: Final = "not measurable"

_SHOWN = 5
"""Most results that a row names."""

_SATISFIED = "satisfied"
_FAILED = "not satisfied"
_MIXED = frozenset({"mapped rules pass (partial coverage)", "partly evaluated"})

_MEETS: Final[Mapping[str, Mapping[str, str]]] = {
    "compliant": {_SATISFIED: CONFIRMED, _FAILED: REFUTED},
    "non-compliant": {_SATISFIED: REFUTED, _FAILED: CONFIRMED},
    "planned": {_SATISFIED: REFUTED, _FAILED: CONFIRMED},
    "not-applicable": {_SATISFIED: REFUTED, _FAILED: REFUTED, "not applicable": CONFIRMED},
}
"""Declared status > determination > verdict, where both are clear."""


def judge(status: str, control: ControlStatus) -> str:
    """Give the verdict on a declared status, beside a control's standing.

    Only a measurement confirms: a control that a person attested, or that nothing measured, is not measurable. A
    document that says `partial` is refuted when nothing of the control passes, and confirmed when some of it does.
    """
    if control.determination in _MIXED:
        return CONFIRMED if status == "partial" else PARTLY
    if status == "partial" and control.determination == _FAILED:
        return CONFIRMED if control.outcomes.get(Outcome.PASS) else REFUTED
    if status == "partial" and control.determination == _SATISFIED:
        return PARTLY
    return _MEETS.get(status, {}).get(control.determination, UNMEASURED)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which systems this product can read, and which of them the run did read."""

    collected: Collection[str] = ()
    """Platforms with a collector."""
    assessed: Collection[str] = ()
    """Platforms of the targets that were assessed."""

    def lacks(self, system: str) -> str:
        """Say why nothing was measured on a system that a claim names; empty when it was, or when none is named."""
        if not system or system in self.assessed:
            return ""
        if system not in self.collected:
            return f"not measurable yet: no collector reads {system}"
        return f"no target of platform {system} was assessed"


NOWHERE: Final = Reach()


def against_claims(
    claims: Sequence[Claim],
    catalogues: Sequence[CatalogueInfo],
    results: Iterable[Result],
    reach: Reach = NOWHERE,
) -> tuple[tuple[dict[str, Any], ...], tuple[CatalogueInfo, ...]]:
    """Give the register of claims with their verdicts, and the catalogues with what is claimed of each control.

    Rows hold `control title called system status source date verdict measured reason against more path line`; `against`
    names failing results of the control's rules, at most five, `more` how many there are beyond them. A claim on a
    control of a catalogue that the run does not report is not measurable, nor is one on a system out of `reach`:
    what was measured elsewhere says nothing of it. Reads the results once.
    """
    standing = {f"{each.id}/{control.id}": control for each in catalogues for control in each.controls}
    failing = _failing(results, {rule for claim in claims for rule in _rules(standing.get(claim.control))})
    rows = tuple(_row(claim, standing.get(claim.control), failing, reach.lacks(claim.system)) for claim in claims)
    told: dict[str, list[str]] = {}
    for claim, row in zip(claims, rows, strict=True):
        lacking = reach.lacks(claim.system)
        said = lacking if lacking.startswith(UNMEASURED) else row["verdict"]
        told.setdefault(claim.control, []).append(f"{claim.status} ({_where(claim)}): {said}")
    marked = tuple(
        replace(
            each,
            controls=tuple(
                replace(control, claimed=tuple(told[f"{each.id}/{control.id}"]))
                if f"{each.id}/{control.id}" in told
                else control
                for control in each.controls
            ),
        )
        for each in catalogues
    )
    return rows, marked


def _rules(control: ControlStatus | None) -> tuple[str, ...]:
    return control.rules if control else ()


def _failing(results: Iterable[Result], rules: set[str]) -> dict[str, list[str]]:
    """Give rule > the targets on which it fails; waived failures are failures still."""
    found: dict[str, list[str]] = {}
    if rules:
        for result in results:
            if result.rule in rules and result.outcome is Outcome.FAIL:
                found.setdefault(result.rule, []).append(result.target)
    return found


def _row(
    claim: Claim, control: ControlStatus | None, failing: Mapping[str, Sequence[str]], lacking: str
) -> dict[str, Any]:
    against = [f"{rule} on {target}" for rule in _rules(control) for target in failing.get(rule, ())]
    if lacking:
        verdict, measured, reason, against = UNMEASURED, "", lacking, []
    elif control is None:
        verdict, measured, reason = UNMEASURED, "", "no profile of this run reports its catalogue"
    else:
        verdict, measured, reason = judge(claim.status, control), control.determination, control.reason
    return {
        "control": claim.control,
        "title": control.title if control else "",
        "called": claim.title,
        "system": claim.system,
        "status": claim.status,
        "source": claim.source,
        "date": claim.date or claim.date_text,
        "verdict": verdict,
        "measured": measured,
        "reason": reason,
        "against": against[:_SHOWN],
        "more": max(len(against) - _SHOWN, 0),
        "path": claim.path,
        "line": claim.line,
    }


def _where(claim: Claim) -> str:
    return ", ".join(part for part in (claim.source, claim.date or claim.date_text) if part)
