"""Change since an earlier run: findings new, unchanged, updated, absent, or not assessed any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Report
from scanner.model.result import Finding, Result, fingerprint


@dataclass(frozen=True, slots=True)
class Before:
    """A finding that failed in the baseline."""

    rule: str
    target: str
    resource: str
    found: str
    severity: Severity
    last_seen: str
    fact: str = ""
    key: tuple[tuple[str, str], ...] = ()
    bare: bool = False
    """True when nothing but its fingerprint is known, so that nobody can tell whether what was found changed."""
    first_seen: str = ""
    last_changed: str = ""


@dataclass(slots=True)
class Comparison:
    """Marks results against a baseline, one at a time, and says at the end what is gone."""

    before: dict[str, Before]
    renamed: Mapping[str, str]
    """Former rule id > today's."""
    selected_targets: frozenset[str] | None = None
    """Targets that the user asked for; None when the run covers the whole inventory."""
    selected_rules: frozenset[str] | None = None
    ended: frozenset[str] = frozenset()
    """Targets that the inventory declares decommissioned: their findings end with them."""
    _failing_now: set[str] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)
    """Findings of the baseline that are undecided now, under their own fingerprint."""
    _aside: set[str] = field(default_factory=set)
    """Findings of the baseline whose resource was not judged now, under their own fingerprint."""
    _settled: set[tuple[str, str]] = field(default_factory=set)
    states: Counter[str] = field(default_factory=Counter)
    new_failed: Counter[Severity] = field(default_factory=Counter)

    def mark(self, result: Result, severity: Severity, seen: str) -> Result:
        """Give the result with the state and the dates of each failed finding; remembers what it needs for `gone`.

        `seen` is when its evidence was taken, RFC 3339 in UTC.
        """
        if _settles(result):
            self._settled.add((result.rule, result.target))
        findings = tuple(self._mark(finding, result, seen) for finding in result.findings)
        if any(finding.state == "new" and not finding.waived for finding in findings):
            self.new_failed[severity] += 1
        return replace(result, findings=findings)

    def _mark(self, finding: Finding, result: Result, seen: str) -> Finding:
        if finding.outcome.undecided:
            return self._lost(finding, result)
        if finding.aside:
            self._aside.update(self._marks(finding, result))
        if finding.outcome is not Outcome.FAIL:
            return finding
        before = None
        for mark in self._marks(finding, result):
            self._failing_now.add(mark)
            before = before or self.before.get(mark)
        same = before is not None and (before.bare or before.found == finding.found)
        state = "unchanged" if same else "updated" if before else "new"
        self.states[state] += 1
        if before is None:
            return replace(finding, state=state, first_seen=seen, last_changed=seen)
        changed = before.last_changed if same else seen
        return replace(finding, state=state, first_seen=before.first_seen, last_changed=changed)

    def _lost(self, finding: Finding, result: Result) -> Finding:
        """Say of an undecided finding when it last failed, if it did; `gone` has it all the same, and says that it is told."""
        for mark in self._marks(finding, result):
            if before := self.before.get(mark):
                self._told.add(mark)
                return replace(
                    finding,
                    state="unassessed",
                    last_seen=before.last_seen,
                    first_seen=before.first_seen,
                    last_changed=before.last_changed,
                )
        return finding

    def _marks(self, finding: Finding, result: Result) -> Iterator[str]:
        """Give the fingerprints that a finding has and had: of a bare one only the old name's is known."""
        yield finding.fingerprint
        for former, today in self.renamed.items():
            if today == result.rule:
                yield fingerprint(former, result.target, finding.fact, finding.key)

    def gone(self) -> list[dict[str, Any]]:
        """Give the baseline's findings that do not fail now: `absent`, or `unassessed` with when they last failed."""
        rows = []
        for mark, before in self.before.items():
            if mark in self._failing_now or before.target in self.ended:
                continue
            settled = (before.rule, before.target) in self._settled and mark not in self._aside
            state = "absent" if settled else "unassessed"
            self.states[state] += 1
            rows.append(
                {
                    "state": state,
                    "rule": before.rule,
                    "target": before.target,
                    "resource": before.resource,
                    "severity": before.severity.value,
                    "found": before.found,
                    "last_seen": before.last_seen,
                    "first_seen": before.first_seen,
                    "last_changed": before.last_changed,
                    "fingerprint": mark,
                    "fact": before.fact,
                    "key": [list(pair) for pair in before.key],
                    "selected": self._selected(before),
                    **({"bare": True} if before.bare else {}),
                    **({"told": True} if mark in self._told else {}),
                }
            )
        return sorted(rows, key=lambda row: (row["state"], row["target"], row["rule"], row["resource"]))

    def _selected(self, before: Before) -> bool:
        targets = self.selected_targets is None or before.target in self.selected_targets
        return targets and (self.selected_rules is None or before.rule in self.selected_rules)


def _settles(result: Result) -> bool:
    """Tell whether a result says of every finding of its rule there that it fails, or does not any more."""
    if result.excluded or result.outcome is Outcome.NOTCHECKED or result.outcome.undecided:
        return False
    return not any(finding.outcome.undecided for finding in result.findings)


def unassessed(gone: Iterable[Mapping[str, Any]]) -> Counter[Severity]:
    """Count by severity what failed before and should have been assessed now, and was not."""
    return Counter(Severity(row["severity"]) for row in gone if row["state"] == "unassessed" and row["selected"])


def against(
    baseline: Report,
    renamed: Mapping[str, str],
    *,
    targets: frozenset[str] | None = None,
    rules: frozenset[str] | None = None,
    ended: frozenset[str] = frozenset(),
) -> Comparison:
    """Prepare a comparison with an earlier run; what that run could not assess any more is carried on.

    `renamed` maps former rule ids to today's, so that a renamed rule keeps its findings.
    """
    before: dict[str, Before] = {}
    seen = baseline.header.ended
    for result in baseline.results:
        severity = baseline.rules[result.rule].severity
        rule = renamed.get(result.rule, result.rule)
        for finding in result.findings:
            if finding.outcome is Outcome.FAIL:
                mark = fingerprint(rule, result.target, finding.fact, finding.key)
                first = finding.first_seen or seen_first(baseline, result.target)
                before[mark] = Before(
                    rule,
                    result.target,
                    finding.resource,
                    finding.found,
                    severity,
                    seen,
                    finding.fact,
                    finding.key,
                    first_seen=first,
                    last_changed=finding.last_changed or first,
                )
    for row in baseline.gone:
        if row["state"] == "unassessed":
            mark, carried = _carried(row, renamed)
            before.setdefault(mark, carried)
    return Comparison(before, renamed, targets, rules, ended)


def seen_first(baseline: Report, target: str) -> str:
    """Give since when a failure is known of which a run without a baseline tells: when the target's evidence was taken."""
    info = baseline.targets.get(target)
    return (info.taken_at if info else "") or baseline.header.ended


def _carried(row: Mapping[str, Any], renamed: Mapping[str, str]) -> tuple[str, Before]:
    """Give a finding that the baseline itself could not assess any more, under the rule's name of today."""
    rule, bare = renamed.get(row["rule"], row["rule"]), bool(row.get("bare"))
    key = tuple((name, value) for name, value in row["key"])
    before = Before(
        rule,
        row["target"],
        row["resource"],
        row["found"],
        Severity(row["severity"]),
        row["last_seen"],
        row["fact"],
        key,
        bare,
        row.get("first_seen") or row["last_seen"],
        row.get("last_changed") or row.get("first_seen") or row["last_seen"],
    )
    return row["fingerprint"] if bare else fingerprint(rule, before.target, before.fact, key), before
