"""The summary for a terminal: plain lines without colour; the command line may style them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import BinaryIO, Final

from scanner.model.outcome import Severity
from scanner.model.report import Report
from scanner.model.result import Finding, Result
from scanner.reporting import reading, wording
from scanner.reporting.escape import line

NAME: Final = "text"
FILE: Final = "summary.txt"

_WORST: Final = 10
_GROUPS: Final = 8
_NAMES: Final = 4
_INDENT: Final = "  "
_HANGING: Final = " " * 9
_WIDTH: Final = 110
_TIED: Final = "\u00a0"


def write(report: Report, out: BinaryIO) -> None:
    """Write the summary as UTF-8. Reads the results once."""
    for text in lines(report):
        out.write(f"{text}\n".encode())


def lines(report: Report) -> Iterator[str]:
    """Give the summary line by line; a section's heading is a line in capitals after an empty one."""
    digest = reading.digest(report, _WORST)
    yield from _verdict(report)
    yield from _section("SCOPE", _scope(report))
    yield from _section("COUNTS", _counts(report))
    yield from _section(_worst_heading(digest), _worst(report, digest))
    yield from _section("WOULD NEED ANOTHER PRIVILEGE", _groups(digest.needs))
    yield from _section("COULD NOT BE DECIDED: HIDDEN OR DENIED", _groups(digest.unknown))
    yield from _section("COULD NOT BE DECIDED: NOT ASKED OR NOT READ", _groups(digest.errors))
    yield from _section("A PERSON MUST ANSWER", _manual(report, digest))
    yield from _section("SINCE THE BASELINE", _change(report))
    yield from _section("BY OWNER", _owners(report))
    yield from _section("NOTICES AND WAIVERS", _notices(report))
    yield from _section("CLAIMS NOT CONFIRMED", _claims(report))
    yield from _section("CONTROLS", _controls(report))


def _claims(report: Report) -> Iterator[str]:
    for row in report.claims:
        said = {name: line(wording.words(row.get(name)), 200) for name in ("control", "status", "source", "verdict")}
        if said["verdict"] != "confirmed":
            why = "" if row.get("measured") else line(wording.words(row.get("reason")), 200)
            yield f"{said['verdict']}: {said['control']} is declared {said['status']} ({said['source']})" + (
                f", {why}" if why else ""
            )


def _section(heading: str, body: Iterable[str]) -> Iterator[str]:
    """Give a heading and its lines, or nothing when there are none."""
    heading_due = True
    for text in body:
        if heading_due:
            yield ""
            yield heading
            heading_due = False
        yield _INDENT + text


def _verdict(report: Report) -> Iterator[str]:
    header, verdict = report.header, report.verdict
    yield f"{line(verdict.word, 40)}  (exit code {verdict.exit_code})"
    yield from (f"{_INDENT}{line(reason, 300)}" for reason in verdict.reasons)
    if header.interrupted:
        yield f"{_INDENT}the run ended early: {line(header.interrupted, 300)}"
    by = f" by {header.operator}" if header.operator else ""
    yield f"{_INDENT}{line(f'run {header.run_id}, {header.tool} {header.version}{by}', 300)}"
    yield f"{_INDENT}{line(f'{wording.utc(header.started)} to {wording.utc(header.ended)}', 100)}"


def _scope(report: Report) -> Iterator[str]:
    header = report.header
    if header.policy_ref:
        yield line(f"policy of {header.policy_ref}, commit {header.policy_commit}", 300)
    if header.scope or header.profiles:
        yield line(f"{header.scope or 'all targets'}, profiles: {', '.join(header.profiles) or 'none'}", 300)
    states = Counter(info.state for info in report.targets.values())
    parts = [f"{count:,} {line(state, 40)}" for state, count in sorted(states.items())]
    yield f"{wording.number(len(report.targets), 'target')}: {', '.join(parts) or 'none'}"
    chosen = Counter(info.profile_reason for info in report.targets.values() if info.profile_reason)
    for reason, count in chosen.most_common(_GROUPS):
        yield line(f"{reason} ({wording.number(count, 'target')})", 300)
    left = [info for info in report.targets.values() if info.state in {"unreachable", "excluded"}]
    for info in left[:_GROUPS]:
        yield line(f"{info.state}: {info.id}: {info.reason or 'no reason given'}", 300)
    if len(left) > _GROUPS:
        yield f"and {len(left) - _GROUPS:,} more"


def _counts(report: Report) -> Iterator[str]:
    counts = report.counts
    yield f"coverage   {wording.coverage(counts)}  decided of applicable results"
    yield f"pass rate  {wording.pass_rate(counts)}  pass of pass + fail + error + unknown"
    yield ", ".join(f"{outcome} {counts.of(outcome)}" for outcome in wording.OUTCOMES)
    failed = ", ".join(f"{severity} {counts.failed_by_severity.get(severity, 0)}" for severity in Severity)
    yield f"open failures: {failed}"
    yield f"waived {counts.waived} (never counted as pass), attested {counts.attested} (counted apart)"


def _worst_heading(digest: reading.Digest) -> str:
    if digest.failures > len(digest.worst):
        return f"WORST FAILURES ({len(digest.worst)} of {digest.failures:,} failing results)"
    return "OPEN FAILURES"


def _worst(report: Report, digest: reading.Digest) -> Iterator[str]:
    for result, failing in digest.worst:
        yield from _failure(report, result, failing)


def _failure(report: Report, result: Result, failing: tuple[Finding, ...]) -> Iterator[str]:
    finding, more = failing[0], len(failing) - 1
    rule = reading.information(report, result.rule)
    where = f"{result.target}: {finding.resource}" if finding.resource else result.target
    yield f"{str(rule.severity).upper():8}  {line(rule.title, 200)}"
    pad = " " * 10
    yield f"{pad}{line(where, 160)}  [{line(rule.id, 100)}]"
    if finding.expected:
        yield f"{pad}expected  {line(finding.expected, 240)}"
    if finding.found:
        yield f"{pad}found     {line(finding.found, 240)}"
    if finding.besides:
        yield f"{pad}besides   {line(finding.besides, 240)}"
    if finding.reason and wording.adds(finding):
        yield f"{pad}because   {line(finding.reason, 240)}"
    if finding.source:
        yield f"{pad}source    {line(finding.source, 160)}"
    if finding.state:
        yield f"{pad}baseline  {line(wording.change(finding), 160)}"
    if more:
        yield f"{pad}and {wording.number(more, 'more finding')} of this rule there"


def _groups(groups: reading.Groups) -> Iterator[str]:
    ranked = groups.ranked()
    for text, group in ranked[:_GROUPS]:
        yield line(text, 160)
        yield f"{_INDENT}{_size(group)}: {line(wording.shortened(group.rules, _NAMES), 300)}"
    if len(ranked) > _GROUPS:
        yield f"and {len(ranked) - _GROUPS:,} more reasons"


def _size(group: reading.Group) -> str:
    return f"{wording.number(len(group.rules), 'rule')} on {wording.number(len(group.targets), 'target')}"


def _manual(report: Report, digest: reading.Digest) -> Iterator[str]:
    unanswered = sorted(digest.manual.items())
    for rule, group in unanswered[:_GROUPS]:
        title = reading.title(report, rule)
        yield line(f"{title} [{rule}], {wording.number(len(group.targets), 'target')}", 240)
    if len(unanswered) > _GROUPS:
        yield f"and {len(unanswered) - _GROUPS:,} more"


def _change(report: Report) -> Iterator[str]:
    if report.header.baseline:
        states = ", ".join(f"{line(state, 40)} {count}" for state, count in report.states.items()) or "no findings"
        yield line(f"{report.header.baseline}: {states}", 300)
    missed = sorted(reading.lost(report), key=lambda row: row.severity.rank)
    for row in missed[:_GROUPS]:
        where = f"{row.target}: {row.resource}" if row.resource else row.target
        yield line(f"{row.said}: {row.severity} {row.rule} on {where}", 240)
    if len(missed) > _GROUPS:
        yield f"and {len(missed) - _GROUPS:,} more that were not assessed now"


def _owners(report: Report) -> Iterator[str]:
    for info in report.owners[: 4 * _GROUPS]:
        counts = info.counts
        failed, undecided = sum(counts.failed_by_severity.values()), sum(counts.undecided_by_severity.values())
        reached = f"{info.assessed} of {wording.number(info.targets, 'target')}"
        open_now = f"open {failed} fail, {undecided} undecided; waived {counts.waived}"
        yield line(f"{wording.owner(info.owner)}: {reached}, {open_now}, coverage {wording.coverage(counts)}", 240)
    if len(report.owners) > 4 * _GROUPS:
        yield f"and {len(report.owners) - 4 * _GROUPS:,} more"


def _notices(report: Report) -> Iterator[str]:
    for notice in report.notices[: 2 * _GROUPS]:
        place = f" ({notice.path}:{notice.line})" if notice.path else ""
        yield line(f"{notice.level}: {notice.text}{place}", 300)
    if len(report.notices) > 2 * _GROUPS:
        yield f"and {len(report.notices) - 2 * _GROUPS:,} more notices"
    if report.waivers:
        states = Counter(wording.words(entry.get("state")) or "in the register" for entry in report.waivers)
        parts = ", ".join(f"{count} {line(state, 40)}" for state, count in sorted(states.items()))
        yield f"{wording.number(len(report.waivers), 'waiver')}: {parts}"


def _controls(report: Report) -> Iterator[str]:
    for catalogue in report.catalogues:
        found: dict[str, list[int]] = {}
        for at, control in enumerate(catalogue.controls):
            found.setdefault(control.determination, []).append(at)
        yield line(f"{catalogue.title} {catalogue.version}, {wording.number(len(catalogue.controls), 'control')}", 200)
        names = [line(control.id, 40) for control in catalogue.controls]
        for determination, places in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
            yield f"{_INDENT}{len(places):5,}  {line(determination, 80)}"
            yield from _wrapped(_runs(names, places))


def _runs(names: Sequence[str], places: Sequence[int]) -> Iterator[str]:
    """Give numbers of a catalogue; three and more that follow each other there become `A.5.1 to A.5.37`."""
    for _, run in groupby(enumerate(places), key=lambda item: item[1] - item[0]):
        together = [names[place] for _, place in run]
        yield from [f"{together[0]} to {together[-1]}"] if len(together) > 2 else together


def _wrapped(told: Iterable[str]) -> list[str]:
    """Join texts with commas and break the list into lines between them: `GV.OC-01` and `A.5.1 to A.5.37` stay whole."""
    told_lines = wrap(
        ", ".join(text.replace(" ", _TIED) for text in told),
        _WIDTH,
        initial_indent=_HANGING,
        subsequent_indent=_HANGING,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [text.replace(_TIED, " ") for text in told_lines]
