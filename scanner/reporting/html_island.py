"""All results as one compact JSON value for the interactive part of the HTML report."""

from __future__ import annotations

import json
from typing import Any, Final

from scanner.model.outcome import Severity
from scanner.model.report import Report
from scanner.model.result import Finding, Result
from scanner.reporting import reading, wording
from scanner.reporting.escape import clip, plain

LIMIT: Final = 50_000
"""Most results in the page; the rest, decided and the least severe, is counted and said to be left out."""

FINDINGS: Final = 100
"""Most findings of one result in the page; a last entry says how many more there are."""

_TEXT: Final = 1000
_SEVERITIES: Final = list(Severity)


class Island:
    """Results as rows of indices into tables of rules, targets and texts, each text held once.

    A row is `[rule, target, outcome, flags, why, passing, findings]`; flags: 1 waived, 2 attested, 4 new since the
    baseline. A finding is `[outcome, resource, expected, found, reason, needs, asked, evidence, source, waiver,
    state, fact]`, all but the outcome text indices (0 is empty), trailing zeros left out.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._texts: dict[str, int] = {"": 0}
        self._rules: dict[str, int] = {}
        self._targets: dict[str, int] = {}
        self._outcomes = {outcome: index for index, outcome in enumerate(wording.OUTCOMES)}
        self._rows: reading.Shelf[list[Any]] = reading.Shelf(LIMIT)

    @property
    def left_out(self) -> int:
        """How many results did not find a place."""
        return self._rows.dropped

    def add(self, result: Result) -> None:
        """Take a result; failures go before undecided ones, these before the rest, each by severity."""
        outcome = self._outcomes[result.outcome]
        rank = outcome * len(_SEVERITIES) + reading.severity(self._report, result.rule).rank
        if self._rows.full(rank):
            self._rows.dropped += 1
            return
        new = any(finding.state == "new" for finding in result.findings)
        findings = [self._finding(finding) for finding in result.findings[:FINDINGS]]
        if len(result.findings) > FINDINGS:
            more = f"{len(result.findings) - FINDINGS:,} more findings are in the other formats"
            findings.append([outcome, 0, 0, 0, self._text(more)])
        row = [
            self._rules.setdefault(result.rule, len(self._rules)),
            self._targets.setdefault(result.target, len(self._targets)),
            outcome,
            result.waived + 2 * bool(result.attested) + 4 * new,
            self._text(result.reason or (f"attested {result.attested}" if result.attested else "")),
            result.passing,
            findings,
        ]
        self._rows.put(rank, _trimmed(row))

    def encode(self) -> str:
        """Give the JSON with `<` escaped, so that nothing in it can end the element that holds it."""
        value = {
            "severities": [str(severity) for severity in _SEVERITIES],
            "outcomes": [str(outcome) for outcome in wording.OUTCOMES],
            "rules": [self._rule(name) for name in self._rules],
            "targets": [_clean(name) for name in self._targets],
            "hashes": [_clean(self._hash(name)) for name in self._targets],
            "texts": [_clean(text) for text in self._texts],
            "rows": list(self._rows),
        }
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

    def _hash(self, target: str) -> str:
        info = self._report.targets.get(target)
        return info.evidence_sha256 if info else ""

    def _rule(self, name: str) -> list[Any]:
        rule = reading.information(self._report, name)
        texts = (rule.id, rule.title, wording.controls(rule.controls), rule.rationale, rule.remediation)
        return [_SEVERITIES.index(rule.severity), *(_clean(text) for text in texts)]

    def _finding(self, finding: Finding) -> list[int]:
        texts = (
            finding.resource,
            finding.expected,
            finding.told,
            finding.reason if wording.adds(finding) else "",
            finding.needs,
            finding.asked,
            finding.evidence,
            finding.source,
            wording.waiver(finding),
            wording.change(finding),
            finding.fact,
        )
        return _trimmed([self._outcomes[finding.outcome], *map(self._text, texts)])

    def _text(self, text: str) -> int:
        if not text:
            return 0
        return self._texts.setdefault(text if len(text) <= _TEXT else clip(text, _TEXT), len(self._texts))


def _clean(text: str) -> str:
    return clip(plain(text), _TEXT)


def _trimmed(row: list[Any]) -> list[Any]:
    """Leave out trailing zeros and empty lists, in place."""
    while len(row) > 1 and not row[-1]:
        row.pop()
    return row
