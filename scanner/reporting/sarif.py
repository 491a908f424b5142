"""SARIF 2.1.0 for code scanning: open failures and gaps only, within the limits of what consumers take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO, Final, TypeAlias

from scanner.model.outcome import Severity
from scanner.model.report import Report
from scanner.model.result import fingerprint
from scanner.reporting import escape, reading, sarif_log, sarif_results, sarif_scan
from scanner.reporting.sarif_rules import Descriptors

_Maker: TypeAlias = Callable[[], dict[str, Any]]

NAME: Final = "sarif"
FILE: Final = "results.sarif"

SHOWN: Final = 5_000
"""Code scanning shows this many results; beyond, findings of one rule on one target are folded into one."""
APART: Final = 100
"""A result with more open findings than this is one alert from the start."""
ACCEPTED: Final = 25_000
"""Code scanning refuses a file with more results; the least severe are left out, and a result says so."""


def write(report: Report, out: BinaryIO) -> None:
    """Write the log, worst results first.

    Consumers turn every result into an open alert whatever its kind or suppressions say, so passes, waived
    findings and the rest are left out here: `sarif-full` has them. Reads the results twice; memory holds at
    most `ACCEPTED` results.
    """
    found = sarif_scan.survey(report)
    rules = Descriptors(report, found.rules, full=False)
    shelf: reading.Shelf[str] = reading.Shelf(ACCEPTED - 1)
    for rank, make in _ranked(report, found, rules):
        if shelf.full(rank):
            shelf.dropped += 1
        else:
            shelf.put(rank, sarif_log.encode(make()))
    notifications = list(sarif_scan.notifications(report, found, rules))
    if found.failures > SHOWN:
        notifications.append(_folded(found))
    extra = []
    if shelf.dropped:
        extra.append(_limit(report, rules, shelf.dropped))
        notifications.append(sarif_log.notification("warning", extra[0]["message"]["text"], "SCAN-limit"))
    results = (*map(sarif_log.encode, extra), *shelf)
    more = {"properties": {"controls": _controls(report)}} if report.catalogues else None
    sarif_log.write(out, report, sarif_log.driver(report, rules.entries), notifications, results, more)


def _controls(report: Report) -> dict[str, dict[str, dict[str, str]]]:
    """Give how each control stands: catalogue > control > determination and reason.

    Code scanning passes over properties of a run, so that they cost no alert and no tag of a rule.
    """
    return {
        escape.line(catalogue.id, 200): {
            escape.line(control.id, 200): {
                name: escape.line(text, 400)
                for name, text in (("determination", control.determination), ("reason", control.reason))
                if text
            }
            for control in catalogue.controls
        }
        for catalogue in report.catalogues
    }


def _ranked(report: Report, found: sarif_scan.Survey, rules: Descriptors) -> Iterator[tuple[int, _Maker]]:
    """Give every alert with its rank, not made yet: most of a very long run find no place."""
    for alert in sarif_scan.alerts(report, found, rules):
        yield (Severity.HIGH.rank if alert["level"] == "error" else Severity.MEDIUM.rank), partial(dict, alert)
    fold = found.failures > SHOWN
    for result in report.results:
        failing = reading.open_failures(result)
        rank = reading.severity(report, result.rule).rank
        if len(failing) > (1 if fold else APART):
            yield rank, partial(sarif_results.folded, report, rules, result, failing)
        else:
            for finding in failing:
                yield rank, partial(sarif_results.failure, report, rules, result, finding)
    for row in reading.lost(report):
        yield row.severity.rank, partial(sarif_results.missed, report, rules, row)


def _folded(found: sarif_scan.Survey) -> dict[str, Any]:
    text = (
        f"{found.failures:,} open failures: code scanning shows {SHOWN:,} results, so those of one rule on one target "
        f"are folded into {found.failing_results:,}, the most severe first. The other formats have each."
    )
    return sarif_log.notification("note", text, "SCAN-folded")


def _limit(report: Report, rules: Descriptors, dropped: int) -> dict[str, Any]:
    index = rules.scan_index("SCAN-limit", "More results than code scanning takes", Severity.HIGH)
    text = f"Some results are left out here. {dropped:,} of the least severe ones: see the other formats."
    mark = fingerprint("SCAN-limit", "", "", ())
    return sarif_results.scan_alert(report, index, "SCAN-limit", Severity.HIGH, "run", text, mark)
