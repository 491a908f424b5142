"""SARIF results: where a finding lies, how it is recognised again, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Notice, Report
from scanner.model.result import Finding, Result, fingerprint
from scanner.reporting import escape, reading, wording
from scanner.reporting.sarif_rules import LEVELS, SCORES, Descriptors

KINDS: Final = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "fail",
    Outcome.UNKNOWN: "open",
    Outcome.ERROR: "open",
    Outcome.NOTAPPLICABLE: "notApplicable",
    Outcome.NOTCHECKED: "review",
    Outcome.INFORMATIONAL: "informational",
}
_RESOURCES: Final = 20


def failure(report: Report, rules: Descriptors, result: Result, finding: Finding) -> dict[str, Any]:
    """Give an open failing finding as an alert. Its first sentence holds neither values nor times."""
    where = f" ({escape.line(finding.resource, 200)})" if finding.resource else ""
    text = f"{result.target} does not meet: {reading.title(report, result.rule)}{where}. {wording.capital(wording.sentence(finding))}."
    if finding.source:
        text += f" Set in {finding.source}."
    return alert(
        report,
        rules,
        result.rule,
        result.target,
        text,
        reading.identity(result, finding),
        logical=(finding.fact, finding.resource),
    )


def folded(report: Report, rules: Descriptors, result: Result, failing: Sequence[Finding]) -> dict[str, Any]:
    """Give all open failing findings of a result as one alert, its resources named in the text."""
    named = wording.shortened((escape.line(row.resource, 100) for row in failing if row.resource), _RESOURCES)
    text = f"{result.target} does not meet: {reading.title(report, result.rule)}. "
    text += f"{wording.number(len(failing), 'finding')}{': ' + named if named else ''}. {wording.capital(wording.sentence(failing[0]))}."
    mark = fingerprint(result.rule, result.target, "", (("folded", "all"),))
    return alert(report, rules, result.rule, result.target, text, mark)


def missed(report: Report, rules: Descriptors, row: reading.Lost) -> dict[str, Any]:
    """Give a finding of the baseline that was not assessed now: it stays open, under its own fingerprint."""
    where = f" ({escape.line(row.resource, 200)})" if row.resource else ""
    text = f"{row.target} was not assessed now for: {reading.title(report, row.rule)}{where}. "
    text += f"{wording.capital(row.said)}."
    if row.found:
        text += f" It was found then: {row.found}."
    return alert(report, rules, row.rule, row.target, text, row.fingerprint, logical=("", row.resource))


def missed_in_full(report: Report, rules: Descriptors, row: reading.Lost) -> dict[str, Any]:
    """Give the same with the dates, for the full profile; one that is absent is said to be mended."""
    found = missed(report, rules, row)
    if row.absent:
        said = f"{row.target} meets again: {reading.title(report, row.rule)}."
        found |= {"baselineState": "absent", "message": {"text": escape.message(said)}}
    told = {"outcome": "absent" if row.absent else "unassessed", "lastSeen": row.last_seen}
    found["properties"] = {name: escape.line(text) for name, text in told.items() if text}
    return found | provenance(row.first_seen, row.last_seen, row.last_changed)


def provenance(first: str, last: str, changed: str) -> dict[str, Any]:
    """Give when a failure was first and last seen (SARIF 3.27.28), and when it changed; empty where nothing is known."""
    told: dict[str, Any] = {}
    if wording.timely(first):
        told["firstDetectionTimeUtc"] = first
    if wording.timely(last):
        told["lastDetectionTimeUtc"] = last
    if wording.timely(changed):
        told["properties"] = {"lastChangedTimeUtc": changed}
    return {"provenance": told} if told else {}


def alert(
    report: Report,
    rules: Descriptors,
    rule: str,
    target: str,
    text: str,
    mark: str,
    logical: tuple[str, str] = ("", ""),
) -> dict[str, Any]:
    """Give a result of kind fail with level, rank, place and fingerprints."""
    severity = reading.severity(report, rule)
    found = {
        "ruleId": escape.plain(rule),
        "ruleIndex": rules.index(rule),
        "level": LEVELS[severity],
        "rank": SCORES[severity] * 10,
        "message": {"text": escape.message(text)},
        "locations": [location(report, target, *logical)],
        "partialFingerprints": fingerprints(mark),
    }
    info = report.rules.get(rule)
    uri = escape.relative(info.path) if info else ""
    if info and uri:
        place = _physical(uri, info.line)
        found["relatedLocations"] = [{"id": 1, "physicalLocation": place, "message": {"text": "the rule"}}]
    return found


def scan_alert(
    report: Report, index: int, code: str, severity: Severity, target: str, text: str, mark: str
) -> dict[str, Any]:
    """Give a result about the scan itself: what could not be asked, at the target's place."""
    return {
        "ruleId": code,
        "ruleIndex": index,
        "level": LEVELS[severity],
        "rank": SCORES[severity] * 10,
        "message": {"text": escape.message(text)},
        "locations": [location(report, target)],
        "partialFingerprints": fingerprints(mark),
    }


def notice_place(notice: Notice) -> dict[str, Any]:
    """Give the place of a notice: its file and line, else a synthetic path below `run/`."""
    uri = escape.relative(notice.path)
    if uri:
        return {"physicalLocation": _physical(uri, notice.line)}
    return {"physicalLocation": _physical(f"run/{escape.segment(notice.code or 'notice')}", 1)}


def detailed(report: Report, rules: Descriptors, result: Result, finding: Finding) -> dict[str, Any]:
    """Give a finding of any outcome with everything known about it, for the full profile."""
    found = failure(report, rules, result, finding)
    kind = KINDS[finding.outcome]
    if kind != "fail":
        said = (
            wording.sentence(finding) if finding.reason or finding.told else wording.why(result) or str(finding.outcome)
        )
        title = reading.title(report, result.rule)
        text = f"{result.target}, {finding.outcome}: {title}. {wording.capital(said)}."
        if finding.state == "unassessed":
            text += f" {wording.capital(wording.lost(finding.last_seen))}."
        found["message"] = {"text": escape.message(text)}
        found["level"] = "none"
    found["kind"] = kind
    if finding.waived is not None:
        said = escape.message(wording.waiver(finding))
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": said}]
    if finding.state in {"new", "unchanged", "updated", "absent"}:
        found["baselineState"] = finding.state
    found["properties"] = _properties(result, finding)
    info = report.targets.get(result.target)
    now = info.taken_at if info and finding.outcome is Outcome.FAIL and finding.first_seen else ""
    return found | provenance(finding.first_seen, finding.last_seen or now, finding.last_changed)


def location(report: Report, target: str, fact: str = "", resource: str = "") -> dict[str, Any]:
    """Give the target's line in the inventory, else the synthetic path `targets/<id>/<resource>`, line 1."""
    info = report.targets.get(target)
    uri = escape.relative(info.path) if info else ""
    if info and uri:
        place = _physical(uri, info.line)
    else:
        parts = ["targets", escape.segment(target), *([escape.segment(resource)] if resource else [])]
        place = _physical("/".join(parts), 1)
    platform = info.platform if info else "estate"
    names = [part for part in (target, fact, resource) if part]
    name = escape.line(f"{platform}://{'/'.join(names)}", 500)
    return {"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}]}


def fingerprints(mark: str) -> dict[str, str]:
    """Give both fingerprints: the one that code scanning reads, and the whole."""
    return {"primaryLocationLineHash": f"{mark[:16]}:1", "complianceFinding/v1": mark}


def _physical(uri: str, line: int) -> dict[str, Any]:
    start = max(line, 1)
    region = {"startLine": start, "startColumn": 1, "endLine": start, "endColumn": 2}
    return {"artifactLocation": {"uri": uri}, "region": region}


def _properties(result: Result, finding: Finding) -> dict[str, Any]:
    found = {
        "outcome": str(finding.outcome),
        "resultOutcome": str(result.outcome),
        "fact": finding.fact,
        "resource": finding.resource,
        "expected": finding.expected,
        "found": finding.found,
        "besides": finding.besides,
        "reason": finding.reason,
        "needs": finding.needs,
        "asked": finding.asked,
        "evidence": finding.evidence,
        "source": finding.source,
        "attested": result.attested,
        "baseline": finding.state,
        "lastSeen": finding.last_seen,
        "values": wording.words(result.values),
        "profiles": ", ".join(result.profiles),
    }
    told: dict[str, Any] = {name: escape.clip(escape.plain(text), 4000) for name, text in found.items() if text}
    return told | ({"passing": result.passing} if result.passing else {})
