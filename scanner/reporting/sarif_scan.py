"""What the scan itself has to tell in SARIF: gaps per target and fact, unreachable targets, notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Report
from scanner.model.result import Finding, Result, fingerprint
from scanner.reporting import escape, reading, sarif_log, sarif_results, wording
from scanner.reporting.sarif_rules import Descriptors

_UNREACHABLE: Final = "SCAN-target-unreachable"
_RULES: Final = 10


@dataclass(slots=True)
class Gap:
    """What one target did not tell of one fact, and which rules stay open for it."""

    first: Finding
    rules: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Survey:
    """A first look at all results: how many alerts there will be, and the gaps behind the undecided ones."""

    failures: int = 0
    failing_results: int = 0
    gaps: dict[tuple[str, str], Gap] = field(default_factory=dict)
    """(target, fact) > the gap; targets that were not reached at all are left out."""
    rules: set[str] = field(default_factory=set)
    """Every rule that a result, now or in the baseline, names."""


def survey(report: Report) -> Survey:
    """Read all results once."""
    found = Survey()
    unreachable = {name for name, info in report.targets.items() if info.state == "unreachable"}
    found.rules.update(wording.words(row.get("rule")) for row in report.gone)
    for result in report.results:
        found.rules.add(result.rule)
        failing = len(reading.open_failures(result))
        found.failures += failing
        found.failing_results += failing > 0
        if result.target not in unreachable:
            _collect(found, result)
    return found


def _collect(found: Survey, result: Result) -> None:
    for finding in reading.gaps(result):
        gap = found.gaps.setdefault((result.target, finding.fact), Gap(finding))
        gap.rules.add(result.rule)


def alerts(report: Report, found: Survey, rules: Descriptors) -> Iterator[dict[str, Any]]:
    """Give one result per unreachable target, per gap, and per notice of level error or warning."""
    for name, info in sorted(report.targets.items()):
        if info.state == "unreachable":
            index = rules.scan_index(_UNREACHABLE, "A target could not be reached", Severity.HIGH)
            text = f"{name} was not assessed. {info.reason or 'It could not be reached'}."
            mark = fingerprint(_UNREACHABLE, name, "", ())
            yield sarif_results.scan_alert(report, index, _UNREACHABLE, Severity.HIGH, name, text, mark)
    for (target, fact), gap in sorted(found.gaps.items()):
        code = _code(fact)
        index = rules.scan_index(code, f"{fact or 'A rule'} could not be decided on a target", Severity.MEDIUM)
        mark = fingerprint(code, target, fact, ())
        yield sarif_results.scan_alert(report, index, code, Severity.MEDIUM, target, _text(target, fact, gap), mark)
    yield from _notices(report, rules)


def _notices(report: Report, rules: Descriptors) -> Iterator[dict[str, Any]]:
    told: Counter[tuple[str, str]] = Counter()
    for notice in report.notices:
        code = sarif_log.notice_code(notice)
        if notice.level not in {"error", "warning"} or code == _UNREACHABLE:
            continue
        severity = Severity.HIGH if notice.level == "error" else Severity.MEDIUM
        told[code, notice.subject] += 1
        occurrence = (("occurrence", str(told[code, notice.subject])),)
        index = rules.scan_index(code, _title(notice.code), severity)
        mark = fingerprint(code, notice.subject, "", occurrence)
        text = notice.text or notice.code
        result = sarif_results.scan_alert(report, index, code, severity, notice.subject, text, mark)
        yield {**result, "locations": [sarif_results.notice_place(notice)]}


def notifications(report: Report, found: Survey, rules: Descriptors) -> Iterator[dict[str, Any]]:
    """Give the same for the invocation, notes included, each gap with a rule that it leaves open."""
    for notice in report.notices:
        place = sarif_results.notice_place(notice) if notice.path else None
        yield sarif_log.notification(notice.level, notice.text, sarif_log.notice_code(notice), place=place)
    told = {notice.subject for notice in report.notices if notice.code == "target-unreachable"}
    for name, info in sorted(report.targets.items()):
        if info.state == "unreachable" and name not in told:
            yield sarif_log.notification("error", f"{name}: {info.reason or 'not reached'}", _UNREACHABLE)
    for (target, fact), gap in sorted(found.gaps.items()):
        level = "warning" if gap.first.outcome is Outcome.UNKNOWN else "error"
        rule = min(gap.rules)
        associated = (escape.plain(rule), rules.index(rule))
        place = sarif_results.location(report, target)
        yield sarif_log.notification(level, _text(target, fact, gap), _code(fact), associated, place)


def _code(fact: str) -> str:
    return f"SCAN-{escape.line(fact, 100) or 'undecided'}"


def _text(target: str, fact: str, gap: Gap) -> str:
    count = wording.number(len(gap.rules), "rule")
    return (
        f"{fact or 'A rule'} could not be decided on {target}. "
        f"{wording.capital(wording.sentence(replace(gap.first, expected='')))}. {count} left open: {wording.shortened(gap.rules, _RULES)}."
    )


def _title(code: str) -> str:
    return (code[:1].upper() + code[1:]).replace("-", " ") or "Notice of the scan"
