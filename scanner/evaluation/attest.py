"""Attestations: people's dated statements that answer manual rules, and controls that no rule covers fully."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from scanner.evaluation.dates import day, place_of
from scanner.model.outcome import Outcome
from scanner.model.profile import Catalogue
from scanner.model.report import Notice
from scanner.model.result import Result
from scanner.model.rule import Rule
from scanner.model.suppression import Attestation


@dataclass(slots=True)
class _Use:
    attestation: Attestation
    standing: str
    """`in force`, `expired` or `not yet in force`."""
    used: int = 0


class Attestations:
    """All attestations of a run. `apply` may be called from several threads; the rest when all is applied."""

    def __init__(
        self, attestations: Iterable[Attestation], rules: Mapping[str, Rule], catalogues: Sequence[Catalogue], now: str
    ) -> None:
        """Take the attestations; one of a control answers the manual rules that the control names or that name it.

        `now` is an ISO date or time in UTC. Raises ConfigurationError for a date that is none.
        """
        self._lock = Lock()
        self._uses: list[_Use] = []
        self._by_rule: dict[str, list[_Use]] = {}
        self._by_control: dict[str, list[_Use]] = {}
        mapped = _mapped(rules, catalogues)
        todays = {old: rule.id for rule in rules.values() for old in rule.formerly}
        for attestation in attestations:
            use = _Use(attestation, _standing(attestation, now))
            self._uses.append(use)
            if attestation.control:
                self._by_control.setdefault(attestation.control, []).append(use)
            own = attestation.rule if attestation.rule in rules else todays.get(attestation.rule, attestation.rule)
            for rule in (own,) if attestation.rule else mapped.get(attestation.control, ()):
                self._by_rule.setdefault(rule, []).append(use)

    def apply(self, result: Result) -> Result:
        """Give the result of a manual rule as passed where an attestation in force answers it; others as they are."""
        if result.outcome is not Outcome.NOTCHECKED:
            return result
        for use in self._by_rule.get(result.rule, ()):
            scope = use.attestation.scope
            if use.standing == "in force" and (not scope or result.target in scope):
                with self._lock:
                    use.used += 1
                told = words(use.attestation)
                return replace(result, outcome=Outcome.PASS, reason=use.attestation.statement, attested=told)
        return result

    def of_control(self, control: str, targets: Collection[str]) -> Attestation | None:
        """Give an attestation in force for `catalogue/number` whose scope is everything, or all of these targets."""
        for use in self._by_control.get(control, ()):
            scope = use.attestation.scope
            if use.standing == "in force" and (not scope or (targets and set(targets) <= set(scope))):
                use.used += 1
                return use.attestation
        return None

    def notices(self) -> tuple[Notice, ...]:
        """Tell which attestations are not in force, in the order of the files."""
        return tuple(_notice(use) for use in self._uses if use.standing != "in force")

    def register(self) -> tuple[Mapping[str, Any], ...]:
        """Give the register for reports: the file's fields, `used` (how often it answered) and `state`."""
        return tuple(_row(use) for use in self._uses)


def words(attestation: Attestation) -> str:
    """Give who attests, as results show it: `by A. Smith on 2026-11-01 until 2027-11-01`."""
    return f"by {attestation.by} on {attestation.on} until {attestation.valid_until}"


def _mapped(rules: Mapping[str, Rule], catalogues: Sequence[Catalogue]) -> dict[str, list[str]]:
    """Give `catalogue/number` > manual rules, by what rules and catalogues say of each other."""
    mapped: dict[str, dict[str, None]] = {}
    for rule in rules.values():
        for catalogue, numbers in rule.controls.items():
            for number in numbers:
                mapped.setdefault(f"{catalogue}/{number}", {})[rule.id] = None
    for known in catalogues:
        for control in known.controls:
            mapped.setdefault(f"{known.id}/{control.id}", {}).update((each.rule, None) for each in control.rules)
    return {control: [rule for rule in named if rule in rules] for control, named in mapped.items()}


def _standing(attestation: Attestation, now: str) -> str:
    place = place_of(attestation.path, attestation.line, attestation.rule or attestation.control)
    today = day(now, "now")
    if today > day(attestation.valid_until, place):
        return "expired"
    return "not yet in force" if today < day(attestation.on, place) else "in force"


def _notice(use: _Use) -> Notice:
    one = use.attestation
    subject = one.rule or one.control
    if use.standing == "expired":
        code, text = "attestation-expired", f"expired on {one.valid_until} and answers nothing (have it given anew)"
    else:
        code, text = "attestation-early", f"is dated {one.on} and answers nothing before"
    return Notice("warning", code, f"attestation of {subject} {text}", subject, one.path, one.line)


def _row(use: _Use) -> dict[str, Any]:
    one = use.attestation
    return {
        "control": one.control,
        "rule": one.rule,
        "scope": list(one.scope),
        "statement": one.statement,
        "by": one.by,
        "on": one.on,
        "valid_until": one.valid_until,
        "attachment": one.attachment,
        "attachment_sha256": one.attachment_sha256,
        "path": one.path,
        "line": one.line,
        "used": use.used,
        "state": use.standing,
    }
