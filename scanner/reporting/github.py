"""Annotations of GitHub workflows: lines on standard output that become marks on a job and on changed files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from scanner.model.report import CatalogueInfo, Report
from scanner.model.result import Finding, Result
from scanner.reporting import reading, standing, wording
from scanner.reporting.escape import clip, line, plain, relative

NAME: Final = "github"
FILE: Final = "annotations.txt"

LIMIT: Final = 10
"""GitHub shows ten errors and ten warnings of a step, and passes over the rest."""
_TEXT: Final = 1000
_TITLE: Final = 200


def write(report: Report, out: BinaryIO) -> None:
    """Write a notice with the verdict, the worst failures as errors, what is undecided as warnings, and all controls.

    Controls are plain lines of the job's log, folded into a group for each catalogue: they take no annotation. Reads the results once. Places are lines of the inventory, as far as they lie in the repository.
    """
    failures: reading.Shelf[tuple[Result, tuple[Finding, ...]]] = reading.Shelf(LIMIT)
    undecided: reading.Shelf[tuple[Result, tuple[Finding, ...]]] = reading.Shelf(LIMIT)
    for result in report.results:
        rank = reading.severity(report, result.rule).rank
        if failing := reading.open_failures(result):
            failures.put(rank, (result, failing))
        elif gaps := reading.gaps(result):
            undecided.put(rank, (result, gaps))
    for text in _lines(report, failures, undecided):
        out.write(text.encode() + b"\n")
    for catalogue in report.catalogues:
        for text in _controls(catalogue):
            out.write(text.encode() + b"\n")


def _controls(catalogue: CatalogueInfo) -> Iterator[str]:
    number = wording.number(len(catalogue.controls), "control")
    yield f"::group::{_data(_logged(f'{catalogue.title} {catalogue.version} ({catalogue.id}), {number}'))}"
    for control in catalogue.controls:
        yield f"- {_logged(f'{control.id}: {standing.said(control)}')}"
    yield "::endgroup::"


def _logged(text: str) -> str:
    """Give a line of the log: a runner obeys `##[command]` anywhere in one, and `::command::` at its start."""
    return line(text, _TEXT).replace("##[", "## [")


def _lines(
    report: Report,
    failures: reading.Shelf[tuple[Result, tuple[Finding, ...]]],
    undecided: reading.Shelf[tuple[Result, tuple[Finding, ...]]],
) -> Iterator[str]:
    lost = sorted(reading.lost(report), key=lambda row: row.severity.rank)
    room = max(0, LIMIT - len(undecided))
    yield _verdict(report, failures.dropped, undecided.dropped + max(0, len(lost) - room))
    for result, rows in failures:
        yield _annotation(report, "error", result, rows, _failure(rows[0]))
    for result, rows in undecided:
        first = rows[0]
        needs = f" It needs {first.needs}." if first.needs else ""
        why = first.reason or first.found or result.reason or "without a reason given"
        yield _annotation(report, "warning", result, rows, f"{first.outcome}: {why}.{needs}")
    for row in lost[:room]:
        where = f"{row.target}: {row.resource}" if row.resource else row.target
        title = f"{row.severity}: {reading.title(report, row.rule)} ({row.rule})"
        yield command("warning", f"{where}: failed before, {row.said}", title=title, **_place(report, row.target))


def _verdict(report: Report, failures: int, undecided: int) -> str:
    counts = report.counts
    more = [f"{number} more {what}" for number, what in ((failures, "failures"), (undecided, "undecided")) if number]
    rest = f" Not shown here: {', '.join(more)}; the report has them all." if more else ""
    reasons = "; ".join(report.verdict.reasons)
    text = f"{reasons}. Coverage {counts.coverage}, pass rate {counts.pass_rate}.{rest}"
    return command("notice", text, title=f"controlproof: {report.verdict.word}")


def _failure(row: Finding) -> str:
    found = f": found {row.found}" if row.found else f": {row.reason}" if row.reason else ""
    besides = f"; {row.besides}" if row.besides else ""
    expected = f", expected {row.expected}" if row.expected else ""
    since = f"; {wording.change(row)}" if row.state and row.state != "new" else ""
    return f"{row.resource or 'it'}{found}{expected}{besides}{since}"


def _annotation(report: Report, level: str, result: Result, rows: tuple[Finding, ...], text: str) -> str:
    more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    severity = reading.severity(report, result.rule).value
    title = f"{severity}: {reading.title(report, result.rule)} ({result.rule})"
    return command(level, f"{result.target}: {text}{more}", title=title, **_place(report, result.target))


def _place(report: Report, target: str) -> dict[str, str]:
    info = report.targets.get(target)
    if info is None or not relative(info.path):
        return {}
    return {"file": plain(info.path).removeprefix("./"), "line": str(max(1, info.line))}


def command(level: str, message: str, **properties: str) -> str:
    """Give one workflow command; nothing in its texts can end it, or begin another.

    Escapes as actions/toolkit does (`escapeData`, `escapeProperty`).
    """
    order = [name for name in ("file", "line", "title") if properties.get(name)]
    told = ",".join(f"{name}={_property(clip(line(properties[name]), _TITLE))}" for name in order)
    return f"::{level} {told}::{_data(clip(plain(message), _TEXT))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
