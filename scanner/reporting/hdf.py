"""MITRE's Heimdall Data Format (exec-json): one profile per target, one control per rule, for Heimdall and the SAF tools."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby
from typing import Any, BinaryIO, Final

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import CatalogueInfo, Report, TargetInfo
from scanner.model.result import Finding, Result
from scanner.reporting import reading, wording
from scanner.reporting.escape import clip, line, plain

NAME: Final = "hdf"
FILE: Final = "results.hdf.json"

_IMPACT: Final[Mapping[Severity, float]] = {
    Severity.CRITICAL: 0.9,
    Severity.HIGH: 0.7,
    Severity.MEDIUM: 0.5,
    Severity.LOW: 0.3,
}
_STATUS: Final[Mapping[Outcome, str]] = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "failed",
    Outcome.ERROR: "error",
    Outcome.UNKNOWN: "error",
    Outcome.NOTCHECKED: "skipped",
    Outcome.NOTAPPLICABLE: "skipped",
    Outcome.INFORMATIONAL: "skipped",
}
_UNKNOWN_TIME: Final = "1970-01-01T00:00:00Z"


def write(report: Report, out: BinaryIO) -> None:
    """Write the document as a stream, one control per line; reads the results once.

    The format has no word for `unknown`: it becomes an error with the missing privilege as its message, so that
    nothing that could not be asked counts as passed. Not applicable has impact 0, as the format's readers expect. A
    waived control keeps its results, with the waiver beside them. What failed in the baseline and was not assessed now
    is an error among the results of its control.
    """
    header = report.header
    out.write(b'{"platform": ' + _json({"name": line(header.tool), "release": line(header.version)}))
    out.write(b',\n"version": ' + _json(line(header.version)))
    out.write(b',\n"statistics": ' + _json(_statistics(report)) + b',\n"profiles": [')
    lost: dict[str, dict[str, list[reading.Lost]]] = {}
    for row in reading.lost(report, untold=True):
        lost.setdefault(row.target, {}).setdefault(row.rule, []).append(row)
    separator = b"\n"
    for target, results in chain(groupby(report.results, key=lambda result: result.target), _silent(lost)):
        out.write(separator + _profile(report, target))
        comma = b"\n"
        for control in _controls(report, results, lost.pop(target, {})):
            out.write(comma + _json(control))
            comma = b",\n"
        out.write(b"]}")
        separator = b",\n"
    out.write(b'\n],\n"passthrough": {"frameworks": [')
    separator = b"\n"
    for catalogue in report.catalogues:
        out.write(separator + _json(_framework(catalogue)))
        separator = b",\n"
    out.write(b"\n]}}\n")


def _framework(catalogue: CatalogueInfo) -> dict[str, Any]:
    """Give every control of a catalogue with its determination; the format itself knows only controls that are rules."""
    return {
        "name": line(catalogue.id),
        "title": line(f"{catalogue.title} {catalogue.version}"),
        "mapped_from": {line(name): line(origin) for name, origin in catalogue.crosswalks.items()},
        "controls": [
            {
                "id": line(control.id),
                "title": line(control.title),
                "determination": line(control.determination),
                "reason": line(control.reason),
                "supported_by": [line(each) for each in control.supported_by],
            }
            for control in catalogue.controls
        ],
    }


def _silent(lost: Mapping[str, Any]) -> Iterator[tuple[str, Iterator[Result]]]:
    """Give, at the end, the targets of which nothing but the baseline tells."""
    for target in sorted(lost):
        yield target, iter(())


def _controls(
    report: Report, results: Iterable[Result], lost: dict[str, list[reading.Lost]]
) -> Iterator[dict[str, Any]]:
    for result in results:
        control = _control(report, result)
        if rows := lost.pop(result.rule, []):
            control["impact"] = _IMPACT[rows[0].severity]
            control["results"] += [_lost(report, row) for row in rows]
        yield control
    for rule, rows in sorted(lost.items()):
        information = reading.information(report, rule)
        yield {
            "id": line(rule),
            "title": line(information.title),
            "desc": clip(plain(information.rationale)),
            "impact": _IMPACT[rows[0].severity],
            "refs": [],
            "tags": {"severity": str(rows[0].severity), "outcome": "unassessed"},
            "source_location": {},
            "results": [_lost(report, row) for row in rows],
        }


def _lost(report: Report, row: reading.Lost) -> dict[str, Any]:
    start = next((each for each in (row.last_seen, report.header.started) if wording.timely(each)), _UNKNOWN_TIME)
    found = f"; it was found then: {row.found}" if row.found else ""
    entry = {
        "status": "error",
        "code_desc": line(f"{row.rule} {row.resource}".strip()),
        "start_time": start,
        "message": line(f"{row.said}{found}"),
    }
    return entry | ({"resource_id": line(row.resource)} if row.resource else {})


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _statistics(report: Report) -> dict[str, Any]:
    counts = report.counts
    skipped = (Outcome.NOTCHECKED, Outcome.NOTAPPLICABLE, Outcome.INFORMATIONAL)
    totals = {
        "passed": counts.of(Outcome.PASS),
        "failed": counts.of(Outcome.FAIL),
        "skipped": sum(counts.of(outcome) for outcome in skipped),
    }
    return {"controls": {name: {"total": total} for name, total in totals.items()}}


def _profile(report: Report, target: str) -> bytes:
    """Give a profile up to its open list of controls."""
    info = report.targets.get(target)
    about = {
        "name": line(target),
        "title": line(f"{wording.policy(report, info)} on {target}"),
        "version": line(report.header.version),
        "sha256": line(report.header.rules_sha256),
        "summary": line(_summary(info)) if info else "",
        "supports": [{"platform": line(info.platform)}] if info and info.platform else [],
        "attributes": [],
        "groups": [],
    }
    return _json(about)[:-1] + b', "controls": ['


def _summary(info: TargetInfo) -> str:
    parts = (info.system, info.state, info.reason, info.profile_reason, info.assumed)
    return "; ".join(part for part in parts if part)


def _control(report: Report, result: Result) -> dict[str, Any]:
    rule = reading.information(report, result.rule)
    irrelevant = result.outcome is Outcome.NOTAPPLICABLE
    control: dict[str, Any] = {
        "id": line(result.rule),
        "title": line(rule.title),
        "desc": clip(plain(rule.rationale)),
        "descriptions": [{"label": "fix", "data": clip(plain(rule.remediation))}] if rule.remediation else [],
        "impact": 0 if irrelevant else _IMPACT[rule.severity],
        "refs": [],
        "tags": _tags(report, result),
        "source_location": {"ref": line(rule.path), "line": rule.line} if rule.path else {},
        "results": list(_results(report, result)),
    }
    if result.waived:
        control["waiver_data"] = _waiver(result)
    return control


def _tags(report: Report, result: Result) -> dict[str, Any]:
    """Give severity, outcome, every control, and those that they lead to by a crosswalk.

    Heimdall draws its tree from `nist`, the numbers of SP 800-53.
    """
    rule = reading.information(report, result.rule)
    tags: dict[str, Any] = {"severity": str(rule.severity), "outcome": str(result.outcome), "gtitle": line(rule.title)}
    named: dict[str, list[str]] = {}
    for controls in (rule.controls, rule.supports):
        for catalogue, numbers in controls.items():
            named.setdefault("nist" if catalogue.startswith("nist-800-53") else line(catalogue), []).extend(numbers)
    tags |= {name: [line(each) for each in dict.fromkeys(numbers)] for name, numbers in named.items()} | tags
    if result.attested:
        tags["attested"] = line(result.attested)
    return tags


def _results(report: Report, result: Result) -> Iterator[dict[str, Any]]:
    info = report.targets.get(result.target)
    taken = info.taken_at if info else ""
    start = next((each for each in (taken, report.header.started) if wording.timely(each)), _UNKNOWN_TIME)
    for finding in reading.rows(result):
        outcome = result.outcome if finding.outcome is Outcome.INFORMATIONAL else finding.outcome
        entry: dict[str, Any] = {
            "status": _STATUS[outcome],
            "code_desc": line(_description(result, finding)),
            "start_time": start,
        }
        if finding.resource:
            entry["resource_id"] = line(finding.resource)
        said = line(_said(result, finding))
        if entry["status"] == "skipped":
            entry["skip_message"] = said
        elif said:
            entry["message"] = said
        yield entry


def _description(result: Result, finding: Finding) -> str:
    place = f"{finding.fact} {finding.resource}".strip() or result.rule
    return f"{place}: expected {finding.expected}" if finding.expected else place


def _said(result: Result, finding: Finding) -> str:
    if finding.outcome is Outcome.PASS:
        return wording.why(result) if result.attested else ""
    change = f"; {wording.change(finding)}" if finding.state else ""
    return f"{finding.outcome}: {wording.sentence(finding)}{change}"


def _waiver(result: Result) -> dict[str, Any]:
    waived = next(finding.waived for finding in result.findings if finding.waived)
    return {
        "justification": line(f"{waived.id} by {waived.approver}: {waived.reason}"),
        "expiration_date": line(waived.expires),
        "message": line(waived.compensating),
        "run": True,
        "skipped_due_to_waiver": False,
    }
