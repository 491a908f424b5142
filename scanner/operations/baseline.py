"""The failures of a run as a small file to be kept beside the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scanner.comparison.baseline import seen_first
from scanner.model.outcome import Outcome
from scanner.model.report import Report
from scanner.model.result import fingerprint
from scanner.store import baselines
from scanner.store.baselines import Known
from scanner.store.runs import read_run


def write_baseline(run: Path, path: Path) -> int:
    """Write what fails in a run, and what failed before and was not assessed in it; gives how many findings.

    Raises ReportError.
    """
    report = read_run(run)
    known = dict(_known(report))
    baselines.write_baseline(path, report.header, known.values())
    return len(known)


def _known(report: Report) -> Iterator[tuple[str, Known]]:
    for row in report.gone:
        if row["state"] == "unassessed":
            mark = row["fingerprint"]
            dates = (row["last_seen"], row.get("first_seen", ""), row.get("last_changed", ""))
            yield mark, Known(row["target"], row["rule"], mark, row["severity"], *dates)
    for result in report.results:
        for finding in result.findings:
            if finding.outcome is Outcome.FAIL:
                mark = finding.fingerprint or fingerprint(result.rule, result.target, finding.fact, finding.key)
                severity = report.rules[result.rule].severity.value
                first = finding.first_seen or seen_first(report, result.target)
                dates = (report.header.ended, first, finding.last_changed or first)
                yield mark, Known(result.target, result.rule, mark, severity, *dates)
