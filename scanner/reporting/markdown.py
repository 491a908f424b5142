"""The Markdown summary for CI pages and merge requests, with the table of controls that auditors keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from scanner.model.outcome import Severity
from scanner.model.report import CatalogueInfo, ControlStatus, Report
from scanner.reporting import reading, recovery, standing, wording
from scanner.reporting.escape import markdown

NAME: Final = "markdown"
FILE: Final = "summary.md"

_WORST: Final = 20
_GROUPS: Final = 10
_OWNERS: Final = 100
_LIMIT: Final = 900_000
"""Bytes: CI servers refuse a job summary of more than 1 MiB as a whole."""


def write(report: Report, out: BinaryIO) -> None:
    """Write the summary as UTF-8; what would pass the limit of CI servers is left out and said so.

    Reads the results once.
    """
    written = 0
    for text in _lines(report):
        data = f"{text}\n".encode()
        if written + len(data) > _LIMIT:
            out.write(b"\nThe rest is left out: CI pages take no more. See the HTML report.\n")
            return
        out.write(data)
        written += len(data)


def _lines(report: Report) -> Iterator[str]:
    digest = reading.digest(report, _WORST)
    yield from _verdict(report)
    yield from _counts(report)
    yield from _failures(report, digest)
    yield from _undecided(report, digest)
    yield from _lost(report)
    yield from _owners(report)
    yield from _notices(report)
    yield from _recovery(report)
    yield from _claims(report)
    for catalogue in sorted(report.catalogues, key=lambda item: not item.id.startswith("cis-controls")):
        yield from _controls(report, catalogue)
    header = report.header
    by = f" by {markdown(header.operator)}" if header.operator else ""
    if header.policy_ref:
        yield f"\nPolicy of {markdown(header.policy_ref)}, commit {markdown(header.policy_commit)}"
    yield f"\n{markdown(header.tool)} {markdown(header.version)}, run {markdown(header.run_id)}{by}, {_when(report)}"


def _verdict(report: Report) -> Iterator[str]:
    verdict = report.verdict
    yield f"## Compliance: {markdown(verdict.word)} (exit code {verdict.exit_code})\n"
    yield from (f"- {markdown(reason)}" for reason in verdict.reasons)
    states: dict[str, int] = {}
    for info in report.targets.values():
        states[info.state] = states.get(info.state, 0) + 1
    told = ", ".join(f"{count:,} {markdown(state)}" for state, count in sorted(states.items()))
    yield f"- {wording.number(len(report.targets), 'target')} in the inventory: {told or 'none'}"
    for info in [info for info in report.targets.values() if info.state == "unreachable"][:_GROUPS]:
        yield f"- not reached: {markdown(info.id)}: {markdown(info.reason)}"


def _counts(report: Report) -> Iterator[str]:
    counts = report.counts
    yield f"\n| {' | '.join(str(outcome) for outcome in wording.OUTCOMES)} | waived | attested |"
    yield f"|{' ---: |' * (len(wording.OUTCOMES) + 2)}"
    numbers = [*(counts.of(outcome) for outcome in wording.OUTCOMES), counts.waived, counts.attested]
    yield f"| {' | '.join(str(count) for count in numbers)} |"
    yield f"\n- Coverage {wording.coverage(counts)}: decided of applicable results"
    yield f"- Pass rate {wording.pass_rate(counts)}: pass of pass + fail + error + unknown"
    failed = ", ".join(f"{severity} {counts.failed_by_severity.get(severity, 0)}" for severity in Severity)
    yield f"- Open failures: {failed}"


def _failures(report: Report, digest: reading.Digest) -> Iterator[str]:
    if not digest.failures:
        return
    some = f"the worst {len(digest.worst)} of {digest.failures:,}" if digest.failures > len(digest.worst) else "all"
    yield f"\n### Open failures ({some})\n"
    yield "| Severity | Rule | Target | Why |"
    yield "| --- | --- | --- | --- |"
    for result, failing in digest.worst:
        finding, more = failing[0], len(failing) - 1
        rule = reading.information(report, result.rule)
        where = f"{result.target}: {finding.resource}" if finding.resource else result.target
        said = markdown(wording.capital(wording.sentence(finding)), 300) + (f" (and {more:,} more)" if more else "")
        said += f"; {markdown(wording.change(finding))}" if finding.state else ""
        yield f"| {rule.severity} | {markdown(rule.title)} | {markdown(where, 160)} | {said} |"


def _undecided(report: Report, digest: reading.Digest) -> Iterator[str]:
    ranked = [(str(kind), *entry) for kind, groups in _kinds(digest) for entry in groups.ranked()]
    if not ranked:
        return
    yield "\n### Could not be decided\n"
    yield "| Outcome | Reason | Rules | Targets |"
    yield "| --- | --- | ---: | ---: |"
    for kind, text, group in ranked[:_GROUPS]:
        yield f"| {kind} | {markdown(text)} | {len(group.rules):,} | {len(group.targets):,} |"
    if len(ranked) > _GROUPS:
        yield f"\n{len(ranked) - _GROUPS:,} more reasons are in the HTML report."
    for need, group in digest.needs.ranked()[:_GROUPS]:
        yield f"\nWith {markdown(need)}, {wording.number(len(group.rules), 'more rule')} could be judged."


def _recovery(report: Report) -> Iterator[str]:
    rows = recovery.told(report)["metrics"]
    if not rows:
        return
    yield "\n### Data recovery, as measured\n"
    yield "| Safeguard | What is counted | Meet it | Of | Not known | Share |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for row in rows:
        cells = (row[name] for name in ("safeguard", "says", "numerator", "denominator", "undecided", "share"))
        yield f"| {' | '.join(markdown(cell, 200) for cell in cells)} |"


def _lost(report: Report) -> Iterator[str]:
    missed = sorted(reading.lost(report), key=lambda row: row.severity.rank)
    if not missed:
        return
    yield "\n### Failed before, not assessed now\n"
    yield "| Severity | Rule | Target | State |"
    yield "| --- | --- | --- | --- |"
    for row in missed[:_WORST]:
        where = f"{row.target}: {row.resource}" if row.resource else row.target
        title = markdown(reading.title(report, row.rule))
        yield f"| {row.severity} | {title} | {markdown(where, 160)} | {markdown(row.said)} |"
    if len(missed) > _WORST:
        yield f"\n{len(missed) - _WORST:,} more are in the CSV and in run.json."


def _owners(report: Report) -> Iterator[str]:
    if not report.owners:
        return
    yield "\n### By owner\n"
    yield f"| Owner | Targets | Assessed | {' | '.join(map(str, wording.OUTCOMES))} | waived | Coverage |"
    yield f"| --- |{' ---: |' * (len(wording.OUTCOMES) + 4)}"
    for info in report.owners[:_OWNERS]:
        counts = info.counts
        numbers = [info.targets, info.assessed, *(counts.of(outcome) for outcome in wording.OUTCOMES), counts.waived]
        told = " | ".join(str(number) for number in numbers)
        yield f"| {markdown(wording.owner(info.owner))} | {told} | {wording.coverage(counts)} |"
    if len(report.owners) > _OWNERS:
        yield f"\n{len(report.owners) - _OWNERS:,} more owners are in run.json."


def _kinds(digest: reading.Digest) -> tuple[tuple[str, reading.Groups], ...]:
    return (("error", digest.errors), ("unknown", digest.unknown))


def _notices(report: Report) -> Iterator[str]:
    if not report.notices:
        return
    yield "\n### Notices\n"
    for notice in report.notices[: 2 * _GROUPS]:
        place = f" ({markdown(notice.path)}:{notice.line})" if notice.path else ""
        yield f"- {markdown(notice.level)}: {markdown(notice.text)}{place}"
    if len(report.notices) > 2 * _GROUPS:
        yield f"- and {len(report.notices) - 2 * _GROUPS:,} more"


def _claims(report: Report) -> Iterator[str]:
    if not report.claims:
        return
    yield "\n### Claims of documents, and what was measured\n"
    yield "| Control | Declared | Where | Verdict | Measured |"
    yield "| --- | --- | --- | --- | --- |"
    for row in report.claims:
        cells = [wording.words(row.get(name)) for name in ("control", "status", "source", "verdict")]
        cells.append(wording.words(row.get("measured")) or wording.words(row.get("reason")))
        yield "| " + " | ".join(markdown(cell) or "none" for cell in cells) + " |"


def _controls(report: Report, catalogue: CatalogueInfo) -> Iterator[str]:
    heading = "CIS Control" if catalogue.id.startswith("cis-controls") else "Control"
    yield f"\n### {markdown(catalogue.title)} {markdown(catalogue.version)}\n"
    for name, origin in catalogue.crosswalks.items():
        yield f"Mapped from {markdown(name)}, {markdown(origin)}\n"
    yield f"| {heading} | Status | Evidence | Date |"
    yield "| --- | --- | --- | --- |"
    dates = standing.dates(report)
    for control in catalogue.controls:
        name = markdown(f"{control.id} {control.title}")
        status = markdown(control.determination)
        day = markdown(dates.get(f"{catalogue.id}/{control.id}", "")) or "not assessed"
        yield f"| {name} | {status} | {_evidence(control)} | {day} |"


def _evidence(control: ControlStatus) -> str:
    outcomes = ", ".join(
        f"{control.outcomes[outcome]} {outcome}" for outcome in wording.OUTCOMES if control.outcomes.get(outcome)
    )
    waived = f", {control.waived} waived" if control.waived else ""
    rules = f" ({wording.shortened(control.rules, 3)})" if control.rules else ""
    parts = [f"{outcomes}{waived}{rules}" if outcomes else "", control.reason]
    if control.supported_by:
        parts.append(f"supported by {wording.shortened(control.supported_by, 5)}")
    if control.claimed:
        parts.append(f"claimed: {', '.join(control.claimed)}")
    return markdown("; ".join(part for part in parts if part)) or "none"


def _when(report: Report) -> str:
    return markdown(wording.utc(report.header.ended))
