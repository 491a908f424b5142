"""Open findings for the printed part of the HTML report: grouped by rule, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Report, RuleInfo
from scanner.model.result import Finding, Result
from scanner.reporting import reading, wording

LIMIT: Final = 25_000
"""Most findings printed; the rest, the least severe ones, is counted and said to be left out."""

APART: Final = 200
"""Most findings of one result printed where not all of them would fit; a row says how many more there are."""

SHORT: Final = 12
"""Characters of an evidence hash beside each finding; the whole one stands with its target."""

TOGETHER: Final = 2000
"""Characters of the targets in one line; the next ones get another line."""

_UNDECIDED: Final = len(Severity)


@dataclass(frozen=True, slots=True)
class Row:
    """A finding on its target."""

    target: str
    finding: Finding
    rule: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a rule's table: a finding, or equal ones of several targets."""

    who: str
    """The targets, each with the start of its evidence's hash: `db01 (60303ae22b99), web01 (9f86d081884c)`."""
    outcome: Outcome
    cells: tuple[tuple[str, str], ...]
    """The texts under the group's columns, each with the class that draws it."""


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """A rule with its open findings; what all of them share is told once."""

    rule: RuleInfo
    controls: str
    lines: Sequence[Line]
    targets: int
    expected: str
    asked: str
    evidence: str
    needs: str
    columns: tuple[str, ...]
    """Heads of the columns between target and evidence."""

    @classmethod
    def of(cls, rule: RuleInfo, rows: Sequence[Row], hashes: Mapping[str, str]) -> RuleGroup:
        """Make a group, finding what its rows share; `hashes` has the evidence of targets."""
        findings = [row.finding for row in rows]
        expected, asked, evidence, needs = (
            _shared([getattr(finding, name) for finding in findings])
            for name in ("expected", "asked", "evidence", "needs")
        )
        table = _Table(
            resource=any(finding.resource for finding in findings),
            expected=not expected and any(finding.expected for finding in findings),
            found=any(finding.told for finding in findings),
            because=any(finding.reason and wording.adds(finding) for finding in findings),
            state=any(finding.state for finding in findings),
            asked=not asked and any(finding.asked for finding in findings),
            evidence=not evidence and any(finding.evidence for finding in findings),
            needs=not needs,
        )
        return cls(
            rule=rule,
            controls=wording.controls(rule.controls),
            lines=_lines(rows, table, hashes),
            targets=len({row.target for row in rows}),
            expected=expected,
            asked=asked,
            evidence=evidence,
            needs=needs,
            columns=table.heads(),
        )


@dataclass(frozen=True, slots=True)
class _Table:
    """Which columns the table of a rule needs; `needs` puts the privilege into the reason, where they differ."""

    resource: bool
    expected: bool
    found: bool
    because: bool
    state: bool
    asked: bool
    evidence: bool
    needs: bool

    def heads(self) -> tuple[str, ...]:
        """Name the columns."""
        told = (
            ("Resource", self.resource),
            ("Expected", self.expected),
            ("Found", self.found),
            ("Because", self.because),
            ("Since baseline", self.state),
            ("How asked, evidence", self.asked or self.evidence),
        )
        return tuple(name for name, needed in told if needed)

    def cells(self, finding: Finding) -> tuple[tuple[str, str], ...]:
        """Give the texts of a finding, in the order of the heads, each with its class."""
        place = f", at {finding.source}" if finding.source else ""
        needs = f", needs {finding.needs}" if self.needs and finding.needs else ""
        asked = (finding.asked if self.asked else "", finding.evidence if self.evidence else "")
        told = (
            (finding.resource, "mono", self.resource),
            (finding.expected, "mono", self.expected),
            (finding.told + ("" if self.because else place), "mono", self.found),
            (f"{finding.reason}{needs}{place}", "", self.because),
            (wording.change(finding), "", self.state),
            ("; ".join(filter(None, asked)), "mono", self.asked or self.evidence),
        )
        return tuple((text, kind) for text, kind, needed in told if needed)


def _lines(rows: Sequence[Row], table: _Table, hashes: Mapping[str, str]) -> list[Line]:
    """Give a line for each row, and one for equal rows of several targets, in the order of the first of each."""
    found: dict[tuple[Outcome, tuple[tuple[str, str], ...]], list[str]] = {}
    for row in rows:
        mark = hashes.get(row.target, "")
        who = f"{row.target} ({mark})" if mark else row.target
        together = found.setdefault((row.finding.outcome, table.cells(row.finding)), [])
        if together and len(together[-1]) + len(who) < TOGETHER:
            together[-1] += f", {who}"
        else:
            together.append(who)
    return [Line(who, *told) for told, several in found.items() for who in several]


class OpenFindings:
    """Collects failing and undecided findings without a waiver, in bounded memory."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._shelf: reading.Shelf[tuple[int, Row]] = reading.Shelf(LIMIT)
        self._waived: reading.Shelf[Row] = reading.Shelf(LIMIT)
        self._hashes = {info.id: info.evidence_sha256[:SHORT] for info in report.targets.values()}
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
            yield RuleGroup.of(reading.information(self._report, rule), rows, self._hashes)


def _shared(texts: Sequence[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else ""
