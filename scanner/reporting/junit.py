"""JUnit XML: a test suite per target, a test case per result, valid for the strictest reader (junit-10.xsd)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, Final

from scanner.model.outcome import Outcome
from scanner.model.report import Report, RuleInfo, TargetInfo
from scanner.model.result import Finding, Result
from scanner.reporting import reading, standing, wording
from scanner.reporting.escape import attribute, clip, xml

NAME: Final = "junit"
FILE: Final = "junit.xml"

_BODY: Final = 20_000
"""Characters of a case's body: far below what readers refuse, enough for dozens of findings."""
_SHOWN: Final = 50
_IN_MEMORY: Final = 2**20


@dataclass(slots=True)
class _Suite:
    """Cases of one suite, spooled to disk when large, with the totals that its opening tag must tell."""

    body: IO[bytes]
    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0

    def case(self, classname: str, name: str, element: str = "") -> None:
        """Add a case; `element` is its failure, error or skipped element, or output."""
        self.tests += 1
        self.failures += element.startswith("<failure")
        self.errors += element.startswith("<error")
        self.skipped += element.startswith("<skipped")
        head = f'<testcase classname="{attribute(classname, 400)}" name="{attribute(clip(name, 500))}"'
        self.body.write((f"{head}>{element}</testcase>\n" if element else f"{head}/>\n").encode())

    def close(self, out: BinaryIO, name: str, time: str, host: str, properties: dict[str, str]) -> None:
        """Write the suite: opening tag with its totals, properties, cases."""
        totals = f'tests="{self.tests}" failures="{self.failures}" errors="{self.errors}" skipped="{self.skipped}"'
        stamp = f' timestamp="{time[:19]}"' if wording.timely(time) else ""
        names = f'name="{attribute(name, 400)}" hostname="{attribute(host, 400)}"'
        out.write(f"<testsuite {names} {totals}{stamp}>\n<properties>\n".encode())
        for key, value in properties.items():
            if value:
                out.write(f'<property name="{attribute(key)}" value="{attribute(value)}"/>\n'.encode())
        out.write(b"</properties>\n")
        self.body.seek(0)
        while chunk := self.body.read(_IN_MEMORY):
            out.write(chunk)
        out.write(b"</testsuite>\n")


def write(report: Report, out: BinaryIO) -> None:
    """Write one document: the run's own suite, then targets in the order of their results, then those without any.

    Every target has a case `scan-completed`, so that an empty scan is seen: an error when it was not reached,
    skipped when it is excluded; the run has `run-completed`, and a property for each control: a case would be counted
    as a result, and no reader refuses a property. Targets outside the selection have no suite. Waived results are skipped
    with the waiver's words. What failed in the baseline and was not assessed now is a case of its own, an error, or
    skipped where the run was not asked for it. Reads the results once and holds one target at a time.
    """
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="controlproof">\n')
    _run_suite(report, out)
    told = set()
    lost: dict[str, list[reading.Lost]] = {}
    for row in reading.lost(report, untold=True):
        lost.setdefault(row.target, []).append(row)
    for target, results in groupby(report.results, key=lambda result: result.target):
        told.add(target)
        _target_suite(report, out, target, results, lost.get(target, ()))
    for target in dict.fromkeys((*report.targets, *lost)):
        info = report.targets.get(target)
        if target not in told and (target in lost or (info and info.state != "not selected")):
            _target_suite(report, out, target, None, lost.get(target, ()))
    out.write(b"</testsuites>\n")


def _run_suite(report: Report, out: BinaryIO) -> None:
    verdict = report.verdict
    said = "; ".join((verdict.word, *verdict.reasons))
    broken = report.header.interrupted or verdict.word == "INCOMPLETE"
    properties = {
        "run.id": report.header.run_id,
        "run.verdict": verdict.word,
        "run.exit_code": str(verdict.exit_code),
        "tool.version": report.header.version,
        "policy.profiles": ", ".join(report.header.profiles),
        "policy.sha256": report.header.rules_sha256,
        **({"policy.commit": report.header.policy_commit} if report.header.policy_ref else {}),
        "coverage": wording.coverage(report.counts),
        "pass_rate": wording.pass_rate(report.counts),
        "waived": str(report.counts.waived),
        "attested": str(report.counts.attested),
        **{f"results.{outcome}": str(report.counts.of(outcome)) for outcome in wording.OUTCOMES},
        **{
            f"control.{catalogue.id}/{control.id}": standing.said(control)
            for catalogue in report.catalogues
            for control in catalogue.controls
        },
    }
    with _spool() as body:
        suite = _Suite(body)
        suite.case(wording.policy(report), "run-completed", _element("error", "incomplete", said) if broken else "")
        suite.close(out, report.header.tool or "run", report.header.started, report.header.host, properties)


def _target_suite(
    report: Report, out: BinaryIO, target: str, results: Iterator[Result] | None, lost: Sequence[reading.Lost]
) -> None:
    info = report.targets.get(target)
    policy = wording.policy(report, info)
    with _spool() as body:
        suite = _Suite(body)
        stranger = info is None and results is None
        gone = _element("skipped", "not-in-inventory", "the inventory does not name the target any more")
        suite.case(f"{policy}.{target}", "scan-completed", gone if stranger else _completed(info))
        for result in results or ():
            rule = reading.information(report, result.rule)
            suite.case(f"{policy}.{target}", f"[{result.rule}] {rule.title}", _case(rule, result))
        for row in lost:
            resource = f" {row.resource}" if row.resource else ""
            name = f"failed-before {row.fingerprint[:12]} {row.rule}{resource}"
            suite.case(f"{policy}.{target}", name, _lost(row))
        properties = {} if info is None else _identity(info)
        suite.close(out, target, info.taken_at if info else "", target, properties)


def _spool() -> IO[bytes]:
    return SpooledTemporaryFile(max_size=_IN_MEMORY)


def _identity(info: TargetInfo) -> dict[str, str]:
    return {
        "platform": info.platform,
        "system": info.system,
        "platform_assumed": info.assumed,
        "address": info.address,
        "user": info.user,
        "privilege": info.privilege,
        "host_key": info.host_key,
        "profiles": ", ".join(info.profiles),
        "evidence.sha256": info.evidence_sha256,
        "coverage": wording.coverage(info.counts),
    }


def _completed(info: TargetInfo | None) -> str:
    if info is not None and not info.fits:
        return _element("error", "not-assessed", info.profile_reason or "no profile named for the target fits it")
    if info is not None and info.assumed:
        return f"<system-out>{xml(f'judged by what is for another system (--assume-platform): {info.assumed}')}</system-out>"
    if info is None or info.state == "assessed":
        return ""
    if info.state == "unreachable":
        return _element("error", "unreachable", info.reason or "the target was not reached")
    return _element("skipped", info.state or "not assessed", info.reason or info.state)


def _case(rule: RuleInfo, result: Result) -> str:
    """Give the element that tells a result's outcome; a pass has none."""
    told = wording.why(result)
    if result.waived:
        waivers = dict.fromkeys(wording.waiver(finding) for finding in result.findings if finding.waived)
        return _element("skipped", "waived", "; ".join(waivers), _body(rule, result))
    if result.outcome is Outcome.PASS:
        return f"<system-out>{xml(told)}</system-out>" if result.attested else ""
    if result.outcome is Outcome.FAIL:
        return _element("failure", "fail", told, _body(rule, result))
    if result.outcome.undecided:
        kind = "unknown" if result.outcome is Outcome.UNKNOWN else "collector-error"
        return _element("error", kind, told or str(result.outcome), _body(rule, result))
    kind = "manual" if result.outcome is Outcome.NOTCHECKED else str(result.outcome)
    asked = f" (give: {rule.evidence})" if rule.evidence and kind == "manual" else ""
    return _element("skipped", kind, f"{told or kind}{asked}")


def _lost(row: reading.Lost) -> str:
    told = {"severity": str(row.severity), "found then": row.found, "since": row.since, "fingerprint": row.fingerprint}
    body = "\n".join(f"{name}: {text}" for name, text in told.items() if text)
    return _element("error" if row.asked_for else "skipped", "not-assessed-now", row.said, body)


def _element(name: str, kind: str, said: str, body: str = "") -> str:
    """Give an element with the same words as attribute and content: some readers show one, some the other."""
    said = said.strip() or kind.strip() or name
    content = xml(f"{said}\n{body}" if body else said, _BODY)
    return f'<{name} type="{attribute(kind, 100)}" message="{attribute(said, 1000)}">{content}</{name}>'


def _body(rule: RuleInfo, result: Result) -> str:
    open_rows = [finding for finding in result.findings if finding.outcome is not Outcome.PASS]
    parts = [f"rule: {rule.id} (severity {rule.severity}, revision {rule.revision})"]
    if rule.controls:
        parts.append(f"controls: {wording.controls(rule.controls)}")
    if result.values:
        parts.append(f"values: {wording.words(result.values)}")
    parts += [_finding(finding) for finding in open_rows[:_SHOWN]]
    if len(open_rows) > _SHOWN:
        parts.append(f"{len(open_rows) - _SHOWN:,} more findings are left out here")
    if rule.remediation:
        parts.append(f"remediation: {rule.remediation}")
    return "\n".join(parts)


def _finding(finding: Finding) -> str:
    told = {
        "resource": finding.resource,
        "expected": finding.expected,
        "found": finding.found,
        "besides": finding.besides,
        "because": finding.reason,
        "needs": finding.needs,
        "asked": finding.asked,
        "evidence": finding.evidence,
        "source": finding.source,
        "waived": wording.waiver(finding),
        "since baseline": wording.change(finding),
        "fingerprint": finding.fingerprint,
    }
    return f"- {finding.outcome}\n" + "\n".join(f"  {name}: {text}" for name, text in told.items() if text)
