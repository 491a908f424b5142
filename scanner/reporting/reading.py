"""Reading results: which findings are open, which are gaps, and their groups by reason, in bounded memory."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Report, RuleInfo
from scanner.model.result import Finding, Result, fingerprint
from scanner.reporting import escape, wording

Item = TypeVar("Item")

_MARK = re.compile("[0-9a-f]{64}")
GROUPS: Final = 1000
"""Most groups that are kept apart; later ones are counted together and said to be so."""


class Shelf(Generic[Item]):
    """Keeps the `limit` most important items, rank 0 first, each rank in the order of arrival."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ranks: dict[int, list[Item]] = {}
        self._held = 0
        self.dropped = 0

    def put(self, rank: int, item: Item) -> None:
        """Take an item; when the shelf is full the last of the least important rank falls off."""
        self._ranks.setdefault(rank, []).append(item)
        if self._held < self._limit:
            self._held += 1
            return
        self.dropped += 1
        lowest = max(self._ranks)
        self._ranks[lowest].pop()
        if not self._ranks[lowest]:
            del self._ranks[lowest]

    def full(self, rank: int) -> bool:
        """True when an item of that rank would fall off at once."""
        return self._held >= self._limit and (not self._ranks or rank >= max(self._ranks))

    def __iter__(self) -> Iterator[Item]:
        """Iterate over what is kept, the most important first."""
        for rank in sorted(self._ranks):
            yield from self._ranks[rank]

    def __len__(self) -> int:
        """Count what is kept."""
        return self._held


def severity(report: Report, rule: str) -> Severity:
    """Give a rule's severity; one that the report does not know counts as high, so that it is not overlooked."""
    info = report.rules.get(rule)
    return info.severity if info else Severity.HIGH


def title(report: Report, rule: str) -> str:
    """Give a rule's title, or its id where the report does not know it."""
    info = report.rules.get(rule)
    return info.title if info else rule


def information(report: Report, rule: str) -> RuleInfo:
    """Give what is known of a rule; one that the report does not know gets a bare entry."""
    known = report.rules.get(rule)
    return known or RuleInfo(rule, rule, severity(report, rule), 0, "", "", (), {})


def rows(result: Result) -> tuple[Finding, ...]:
    """Give the findings of a result, and one that speaks for the result when none of them does."""
    telling = result.outcome is Outcome.FAIL or result.outcome.undecided
    if result.findings and (not telling or any(finding.outcome is result.outcome for finding in result.findings)):
        return result.findings
    return (*result.findings, _whole(result))


def open_failures(result: Result) -> tuple[Finding, ...]:
    """Give the failing findings without a waiver; a fail that no finding tells speaks for itself."""
    if result.outcome is not Outcome.FAIL:
        return ()
    return tuple(row for row in rows(result) if row.outcome is Outcome.FAIL and row.waived is None)


def gaps(result: Result) -> tuple[Finding, ...]:
    """Give the undecided findings without a waiver, also those of a result that fails anyway."""
    if result.outcome is not Outcome.FAIL and not result.outcome.undecided:
        return ()
    return tuple(row for row in rows(result) if row.outcome.undecided and row.waived is None)


def lost(report: Report, *, untold: bool = False) -> Iterator[Lost]:
    """Give the failures of the baseline that were not assessed now; `untold` leaves out those that a finding tells."""
    for row in report.gone:
        if row.get("state") != "absent" and not (untold and row.get("told")):
            yield Lost.of(report, row)


def identity(result: Result, finding: Finding) -> str:
    """Give the fingerprint of a finding, computed where the evaluation left it out."""
    return _known(finding.fingerprint) or fingerprint(result.rule, result.target, finding.fact, finding.key)


def _known(mark: str) -> str:
    """Give a fingerprint, and for a text that is none its hash: a run on disk may have been changed."""
    if not mark or _MARK.fullmatch(mark):
        return mark
    return hashlib.sha256(mark.encode("utf-8", "surrogatepass")).hexdigest()


def _whole(result: Result) -> Finding:
    silent = "the result gives no reason" if result.outcome is Outcome.FAIL or result.outcome.undecided else ""
    mark = fingerprint(result.rule, result.target, "", (("result", "as a whole"),))
    return Finding("", (), result.outcome, reason=result.reason or silent, fingerprint=mark)


@dataclass(frozen=True, slots=True)
class Lost:
    """A failure of the baseline that is none now; unless `absent`, it was not assessed and stays open."""

    rule: str
    target: str
    resource: str
    severity: Severity
    found: str
    said: str
    """`last seen …, not assessed now`."""
    since: str
    last_seen: str
    first_seen: str
    last_changed: str
    fingerprint: str
    asked_for: bool
    """False where the run was not to assess it, so that it does not weigh at the gate."""
    absent: bool
    """True where it was assessed and does not fail any more; `lost` gives none of these."""

    @classmethod
    def of(cls, report: Report, row: Mapping[str, Any]) -> Lost:
        """Read a row of the report's `gone`."""
        rule, target, resource, found, seen, first, changed, mark = (
            wording.words(row.get(name))
            for name in (
                "rule", "target", "resource", "found", "last_seen", "first_seen", "last_changed", "fingerprint",
            )
        )  # fmt: skip
        weight = wording.words(row.get("severity"))
        return cls(
            rule,
            target,
            resource,
            Severity(weight) if weight in set(Severity) else severity(report, rule),
            found,
            wording.lost(seen),
            wording.since(first, changed),
            seen,
            first,
            changed,
            _known(mark) or fingerprint(rule, target, "", (("resource", resource),)),
            row.get("selected") is not False,
            row.get("state") == "absent",
        )


@dataclass(slots=True)
class Group:
    """Results that share a reason or a need: which rules, which targets."""

    rules: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    findings: int = 0

    def add(self, result: Result, findings: int = 0) -> None:
        """Count a result in, with so many findings."""
        self.rules.add(result.rule)
        self.targets.add(result.target)
        self.findings += findings


class Groups(dict[str, Group]):
    """Groups by their text; beyond `GROUPS` of them the rest goes into one that says so."""

    def add(self, text: str, result: Result) -> None:
        """Count a result in under a text."""
        key = escape.line(text, 300)
        if key not in self and len(self) >= GROUPS:
            key = "(further reasons, see the results)"
        self.setdefault(key, Group()).add(result)

    def ranked(self) -> list[tuple[str, Group]]:
        """Give the groups, the one with the most rules first, then by targets and text."""
        return sorted(self.items(), key=lambda item: (-len(item[1].rules), -len(item[1].targets), item[0]))


@dataclass(slots=True)
class Digest:
    """What a summary tells of the results; made by adding them one by one."""

    report: Report
    worst: Shelf[tuple[Result, tuple[Finding, ...]]]
    """Failing results with their open findings."""
    failures: int = 0
    """Results with open failing findings."""
    needs: Groups = field(default_factory=Groups)
    unknown: Groups = field(default_factory=Groups)
    errors: Groups = field(default_factory=Groups)
    notapplicable: Groups = field(default_factory=Groups)
    manual: dict[str, Group] = field(default_factory=dict)
    """Manual rules that nobody answered > where."""
    failing: dict[str, Group] = field(default_factory=dict)
    """Rules with open failing findings > where."""
    gaps: dict[str, Group] = field(default_factory=dict)
    """Rules with undecided findings > where."""
    targets: set[str] = field(default_factory=set)
    """What there are results of."""

    def add(self, result: Result) -> None:
        """Count a result in."""
        self.targets.add(result.target)
        failing = open_failures(result)
        if failing:
            self.failures += 1
            self.failing.setdefault(result.rule, Group()).add(result, len(failing))
            self.worst.put(severity(self.report, result.rule).rank, (result, failing))
        undecided = gaps(result)
        if undecided:
            self.gaps.setdefault(result.rule, Group()).add(result, len(undecided))
        for gap in undecided:
            groups = self.unknown if gap.outcome is Outcome.UNKNOWN else self.errors
            groups.add(gap.reason or gap.found or "without a reason given", result)
            if gap.needs:
                self.needs.add(gap.needs, result)
        if result.outcome is Outcome.NOTAPPLICABLE:
            self.notapplicable.add(result.reason or "the rule does not concern the target", result)
        elif result.outcome is Outcome.NOTCHECKED:
            self.manual.setdefault(result.rule, Group()).add(result)


def digest(report: Report, worst: int) -> Digest:
    """Read all results once: the `worst` open failures, and the groups of what was not decided."""
    found = Digest(report, Shelf(worst))
    for result in report.results:
        found.add(result)
    return found
