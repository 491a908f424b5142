"""Open findings for the printed part of the HTML report: grouped by rule, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scanner.model.outcome import Severity
from scanner.model.report import Report, RuleInfo
from scanner.model.result import Finding, Result
from scanner.reporting import reading, wording

LIMIT: Final = 25_000
"""Most findings printed; the rest, the least severe ones, is counted and said to be left out."""

APART: Final = 200
"""Most findings of one result printed where not all of them would fit; a row says how many more there are."""

_UNDECIDED: Final = len(Severity)


@dataclass(frozen=True, slots=True)
class Row:
    """A finding on its target."""

    target: str
    finding: Finding
    rule: str


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """A rule with its open findings; what all of them share is told once."""

    rule: RuleInfo
    controls: str
    rows: Sequence[Row]
    targets: int
    expected: str
    asked: str
    evidence: str
    needs: str
    columns: frozenset[str]
    """Columns that the table of rows needs: `resource`, `expected`, `found`, `because`, `state`, `how`."""

    @classmethod
    def of(cls, rule: RuleInfo, rows: Sequence[Row]) -> RuleGroup:
        """Make a group, finding what its rows share."""
        findings = [row.finding for row in rows]
        expected, asked, evidence, needs = (
            _shared([getattr(finding, name) for finding in findings])
            for name in ("expected", "asked", "evidence", "needs")
        )
        wanted = {
            "resource": any(finding.resource for finding in findings),
            "expected": not expected and any(finding.expected for finding in findings),
            "state": any(finding.state for finding in findings),
            "found": any(finding.found for finding in findings),
            "because": any(finding.reason and wording.adds(finding) for finding in findings),
            "how": any((finding.asked and not asked) or (finding.evidence and not evidence) for finding in findings),
        }
        return cls(
            rule=rule,
            controls=wording.controls(rule.controls),
            rows=rows,
            targets=len({row.target for row in rows}),
            expected=expected,
            asked=asked,
            evidence=evidence,
            needs=needs,
            columns=frozenset(name for name, needed in wanted.items() if needed),
        )


class OpenFindings:
    """Collects failing and undecided findings without a waiver, in bounded memory."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._shelf: reading.Shelf[tuple[int, Row]] = reading.Shelf(LIMIT)
        self._waived: reading.Shelf[Row] = reading.Shelf(LIMIT)
        self._apart = LIMIT if sum(report.counts.findings.values()) <= LIMIT else APART

    def add(self, result: Result) -> None:
        """Take the open findings of a result; failures of a severity go before everything undecided."""
        rank = reading.severity(self._report, result.rule).rank
        self._put(rank, result, reading.open_failures(result))
        self._put(rank + _UNDECIDED, result, reading.gaps(result))
        for finding in result.findings:
            if finding.waived is not None:
                self._waived.put(rank, Row(result.target, finding, result.rule))

    def _put(self, rank: int, result: Result, findings: Sequence[Finding]) -> None:
        for finding in findings[: self._apart]:
            self._shelf.put(rank, (rank, Row(result.target, finding, result.rule)))
        if len(findings) > self._apart:
            more = f"{len(findings) - self._apart:,} more findings of this rule there are in the CSV and the run's own files"
            shared = replace(findings[0], key=(), found="", source="", reason=more, state="")
            self._shelf.put(rank, (rank, Row(result.target, shared, result.rule)))

    @property
    def left_out(self) -> int:
        """How many findings did not find a place."""
        return self._shelf.dropped

    def waived(self) -> list[Row]:
        """Give the findings under a waiver, by severity, rule and target."""
        return sorted(
            self._waived, key=lambda row: (reading.severity(self._report, row.rule).rank, row.rule, row.target)
        )

    @property
    def waived_left_out(self) -> int:
        """How many findings under a waiver did not find a place."""
        return self._waived.dropped

    def failures(self) -> list[RuleGroup]:
        """Give the rules with open failures, the worst severity first, then by rule id."""
        return list(self._groups(undecided=False))

    def undecided(self) -> list[RuleGroup]:
        """Give the rules with undecided findings in the same order."""
        return list(self._groups(undecided=True))

    def _groups(self, *, undecided: bool) -> Iterator[RuleGroup]:
        found: dict[tuple[int, str], list[Row]] = {}
        for rank, row in self._shelf:
            if (rank >= _UNDECIDED) is undecided:
                found.setdefault((rank, row.rule), []).append(row)
        for (_, rule), rows in sorted(found.items()):
            yield RuleGroup.of(reading.information(self._report, rule), rows)


def _shared(texts: Sequence[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else ""
