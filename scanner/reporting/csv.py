"""CSV for spreadsheets: one line per finding, and one for each result that has none; controls in a file beside it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, Final

from scanner.model.report import Report
from scanner.model.result import Finding, Result
from scanner.reporting import controls, reading, wording
from scanner.reporting.escape import spreadsheet
from scanner.reporting.table import PARTS, Writer

NAME: Final = "csv"
FILE: Final = "findings.csv"

MARK: Final = ",".join(controls.COLUMNS[:8]).encode()
"""Begins the file of controls, so that one left by an earlier run is known as ours."""

COLUMNS: Final = (
    "run",
    "target",
    "platform",
    "rule",
    "revision",
    "title",
    "severity",
    "result",
    "outcome",
    "resource",
    "expected",
    "found",
    "reason",
    "needs",
    "fact",
    "asked",
    "evidence",
    "source",
    "controls",
    "waiver",
    "waiver until",
    "attested",
    "since baseline",
    "passing rows",
    "taken at",
    "fingerprint",
    "platform assumed",
    "owner",
    "first seen",
    "last changed",
    "last seen",
)


def write(report: Report, out: BinaryIO) -> None:
    """Write UTF-8 with a byte order mark (spreadsheets guess the encoding without) and lines as RFC 4180 ends them.

    Column `result` is the outcome of the rule on the target, the one that counts; `outcome` that of the finding. What
    failed in the baseline and was not assessed now stands at the end: without a result, its outcome `unassessed`.
    What a spreadsheet would run as a formula is given an apostrophe in front.
    """
    spreadsheet(out, COLUMNS, _rows(report))


def parts(report: Report) -> Iterator[tuple[str, Writer]]:
    """Give the findings, and before them the controls in a file of their own.

    Rows of another kind among the findings would be counted with them by whoever adds up a column.
    """
    if report.catalogues:
        yield f"{PARTS}/{controls.FILE}", partial(controls.write, report)
    yield FILE, partial(write, report)


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    for result in report.results:
        for finding in reading.rows(result):
            yield _row(report, result, finding)
    for lost in reading.lost(report, untold=True):
        yield _lost(report, lost)


def _row(report: Report, result: Result, finding: Finding) -> tuple[str, ...]:
    rule = reading.information(report, result.rule)
    target = report.targets.get(result.target)
    waived = finding.waived
    return (
        report.header.run_id,
        result.target,
        target.platform if target else "",
        result.rule,
        str(rule.revision),
        rule.title,
        str(rule.severity),
        str(result.outcome),
        str(finding.outcome),
        finding.resource,
        finding.expected,
        finding.told,
        _reason(result, finding),
        finding.needs,
        finding.fact,
        finding.asked,
        finding.evidence,
        finding.source,
        wording.controls(rule.controls),
        f"{waived.id} by {waived.approver}: {waived.reason}" if waived else "",
        waived.expires if waived else "",
        result.attested,
        finding.state,
        str(result.passing),
        target.taken_at if target else "",
        reading.identity(result, finding),
        target.assumed if target else "",
        target.labels.get("owner", "") if target else "",
        finding.first_seen,
        finding.last_changed,
        finding.last_seen,
    )


def _reason(result: Result, finding: Finding) -> str:
    lost = wording.lost(finding.last_seen) if finding.state == "unassessed" else ""
    return "; ".join(part for part in (finding.reason or result.reason, lost) if part)


def _lost(report: Report, lost: reading.Lost) -> tuple[str, ...]:
    rule = reading.information(report, lost.rule)
    target = report.targets.get(lost.target)
    told = {
        "run": report.header.run_id,
        "target": lost.target,
        "platform": target.platform if target else "",
        "rule": lost.rule,
        "revision": str(rule.revision) if rule.revision else "",
        "title": rule.title,
        "severity": str(lost.severity),
        "outcome": "unassessed",
        "resource": lost.resource,
        "found": lost.found,
        "reason": lost.said,
        "controls": wording.controls(rule.controls),
        "since baseline": "unassessed",
        "fingerprint": lost.fingerprint,
        "owner": target.labels.get("owner", "") if target else "",
        "first seen": lost.first_seen,
        "last changed": lost.last_changed,
        "last seen": lost.last_seen,
    }
    return tuple(told.get(name, "") for name in COLUMNS)
