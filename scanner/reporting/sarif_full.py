"""SARIF 2.1.0 with everything it can hold: every outcome by kind, suppressions, baseline states, taxonomies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from scanner.model.report import Report
from scanner.reporting import escape, reading, sarif_log, sarif_results, sarif_rules, sarif_scan, wording
from scanner.reporting.sarif_rules import Descriptors

NAME: Final = "sarif-full"
FILE: Final = "results.full.sarif"


def write(report: Report, out: BinaryIO) -> None:
    """Write the log as a stream, in the order of the results; reads them twice, holds one at a time."""
    found = sarif_scan.survey(report)
    rules = Descriptors(report, found.rules, full=True)
    scan = list(sarif_scan.alerts(report, found, rules))
    notifications = list(sarif_scan.notifications(report, found, rules))
    driver = sarif_log.driver(report, rules.entries)
    driver["supportedTaxonomies"] = sarif_rules.supported(report)
    more = {
        "taxonomies": sarif_rules.taxonomies(report),
        "properties": {
            "counts": {str(outcome): report.counts.of(outcome) for outcome in wording.OUTCOMES},
            "waived": report.counts.waived,
            "attested": report.counts.attested,
            "coverage": wording.coverage(report.counts),
            "passRate": wording.pass_rate(report.counts),
            "rules": escape.line(report.header.rules_sha256),
            "inventory": escape.line(report.header.inventory_sha256),
            "baseline": escape.line(report.header.baseline),
            **({"policyCommit": escape.line(report.header.policy_commit)} if report.header.policy_ref else {}),
        },
    }
    sarif_log.write(out, report, driver, notifications, map(sarif_log.encode, _results(report, rules, scan)), more)


def _results(report: Report, rules: Descriptors, scan: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for result in report.results:
        for finding in reading.rows(result):
            yield sarif_results.detailed(report, rules, result, finding)
    for row in report.gone:
        if not row.get("told"):
            yield sarif_results.missed_in_full(report, rules, reading.Lost.of(report, row))
    for alert in scan:
        yield {**alert, "kind": "fail"}
