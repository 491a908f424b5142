"""Counts of results: one tally for every format, fed result by result."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Counts, OwnerInfo, TargetInfo
from scanner.model.result import Result


class Tally:
    """Counts results as they come; memory does not grow with their number. For one thread."""

    def __init__(self, severities: Mapping[str, Severity]) -> None:
        self._severities = severities
        self._outcomes: Counter[Outcome] = Counter()
        self._findings: Counter[Outcome] = Counter()
        self._failed: Counter[Severity] = Counter()
        self._undecided: Counter[Severity] = Counter()
        self._waived = self._attested = 0

    def add(self, result: Result) -> None:
        """Count a result, with waivers and attestations already applied. Every rule's severity must be known."""
        self._outcomes[result.outcome] += 1
        for finding in result.findings:
            self._findings[finding.outcome] += 1
        if result.attested and result.outcome is Outcome.PASS:
            self._attested += 1
        if result.outcome is Outcome.FAIL or result.outcome.undecided:
            self._add_open(result)

    def merge(self, other: Tally) -> None:
        """Count everything that another tally has counted."""
        self.include(other.counts())

    def include(self, counts: Counts) -> None:
        """Count everything that was counted before."""
        self._outcomes.update(counts.outcomes)
        self._findings.update(counts.findings)
        self._failed.update(counts.failed_by_severity)
        self._undecided.update(counts.undecided_by_severity)
        self._waived += counts.waived
        self._attested += counts.attested

    def _add_open(self, result: Result) -> None:
        """Count by the worst that no waiver covers: a waived fail beside an open question is undecided."""
        telling = [
            finding for finding in result.findings if finding.outcome is Outcome.FAIL or finding.outcome.undecided
        ]
        left = {finding.outcome for finding in telling if not finding.waived} if telling else {result.outcome}
        if not left:
            self._waived += 1
        else:
            by = self._failed if Outcome.FAIL in left else self._undecided
            by[self._severities[result.rule]] += 1

    def counts(self) -> Counts:
        """Give the counts so far."""
        return Counts(
            dict(self._outcomes),
            self._waived,
            self._attested,
            dict(self._failed),
            dict(self._undecided),
            dict(self._findings),
        )


def count(results: Iterable[Result], severities: Mapping[str, Severity]) -> Counts:
    """Count results at once."""
    tally = Tally(severities)
    for result in results:
        tally.add(result)
    return tally.counts()


def by_owner(targets: Iterable[TargetInfo]) -> tuple[OwnerInfo, ...]:
    """Add up the counts of targets by their label `owner`, those without it last; nothing where none has one."""
    groups: defaultdict[str, list[TargetInfo]] = defaultdict(list)
    for info in targets:
        if info.state != "not selected":
            groups[info.labels.get("owner", "")].append(info)
    if not any(groups):
        return ()
    return tuple(
        OwnerInfo(
            owner,
            len(group),
            sum(info.state == "assessed" for info in group),
            _sum(info.counts for info in group),
        )
        for owner, group in sorted(groups.items(), key=lambda each: (not each[0], each[0]))
    )


def _sum(parts: Iterable[Counts]) -> Counts:
    whole = Tally({})
    for counts in parts:
        whole.include(counts)
    return whole.counts()
