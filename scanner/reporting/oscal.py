"""OSCAL 1.2 assessment results: one observation per rule and target, one finding per control, for GRC platforms."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO, Final

from scanner.model.report import CatalogueInfo, ControlStatus, Report, TargetInfo
from scanner.model.result import Result
from scanner.reporting import reading, wording
from scanner.reporting.escape import clip, line, plain, segment

NAME: Final = "oscal"
FILE: Final = "assessment-results.oscal.json"

_VERSION: Final = "1.2.1"
_SPACE: Final = uuid.UUID("6d9f1d5e-6e0c-5a37-9d0c-2f6a5f0d8f10")
"""Namespace of all our UUIDs: the same run gives the same ones."""
_NS: Final = "urn:controlproof:oscal"
_EPOCH: Final = "1970-01-01T00:00:00Z"
_NOT_TOKEN = re.compile(r"[^A-Za-z0-9._-]")
_JUDGED: Final = {"satisfied": ("satisfied", "pass"), "not satisfied": ("not-satisfied", "fail")}
"""Determination > state and reason; every other one is `not-satisfied` for another reason than a failure, and says it."""
_SILENT: Final = frozenset({"not evaluated", "not applicable"})
"""Determinations without a finding: they stand in the remarks of what was reviewed."""


def write(report: Report, out: BinaryIO) -> None:
    """Write the document as a stream, one observation per line; reads the results twice.

    OSCAL knows `satisfied` and `not-satisfied` alone. A control whose mapped rules pass only in part, or that was
    partly evaluated, is therefore not satisfied with the reason `other`, and its remark says which; a control that
    nothing measured has no finding at all. What failed in the baseline and was not assessed now is an observation of
    the type `historic`, collected when it last failed.
    """
    header = report.header
    document = {
        "uuid": _id(report, "document"),
        "metadata": {
            "title": _text(f"Compliance of {header.scope or 'all targets'}"),
            "last-modified": _time(header.ended),
            "version": _text(header.run_id),
            "oscal-version": _VERSION,
            "props": [_property("tool", f"{header.tool} {header.version}")],
        },
        "import-ap": {"href": f"#{_id(report, 'plan')}"},
        "back-matter": {"resources": [_plan(report)]},
    }
    out.write(b'{"assessment-results": ' + _json(document)[:-1] + b', "results": [')
    out.write(_json(_about(report))[:-1])
    observations = (_observation(report, result) for result in report.results)
    _list(out, "observations", chain(observations, (_lost(report, row) for row in reading.lost(report))))
    _list(out, "findings", _findings(report))
    out.write(b"}]}}\n")


def _list(out: BinaryIO, name: str, entries: Iterable[dict[str, Any]]) -> None:
    """Write a list member by member; OSCAL forbids empty ones, so they are left out."""
    remaining = iter(entries)
    first = next(remaining, None)
    if first is None:
        return
    out.write(f', "{name}": ['.encode())
    separator = b"\n"
    for entry in chain([first], remaining):
        out.write(separator + _json(entry))
        separator = b",\n"
    out.write(b"\n]")


def _about(report: Report) -> dict[str, Any]:
    header = report.header
    result: dict[str, Any] = {
        "uuid": _id(report, "result"),
        "title": _text(f"Run {header.run_id}: {report.verdict.word}"),
        "description": _many("; ".join(report.verdict.reasons)) or "The run gave no further reasons.",
        "start": _time(header.started),
        "end": _time(header.ended),
        "props": [
            _property("verdict", report.verdict.word),
            _property("exit-code", str(report.verdict.exit_code)),
            _property("coverage", wording.coverage(report.counts)),
            _property("pass-rate", wording.pass_rate(report.counts)),
            *(_property("results", str(report.counts.of(each)), str(each)) for each in wording.OUTCOMES),
            _property("rules-sha256", header.rules_sha256 or "none"),
        ],
        "reviewed-controls": _reviewed(report),
    }
    items = [_item(report, info) for info in report.targets.values()]
    if items:
        result["local-definitions"] = {"inventory-items": items}
    return result


def _reviewed(report: Report) -> dict[str, Any]:
    selections = []
    for catalogue in report.catalogues:
        judged = [control for control in catalogue.controls if control.determination not in _SILENT]
        silent = [control for control in catalogue.controls if control.determination in _SILENT]
        if catalogue.controls:
            origins = [f"mapped from {name}, {said}" for name, said in catalogue.crosswalks.items()]
            selection: dict[str, Any] = {
                "description": _many("; ".join([f"{catalogue.title} {catalogue.version}", *origins])) or "-"
            }
            for name, controls in (("include-controls", judged), ("exclude-controls", silent)):
                if controls:
                    selection[name] = [{"control-id": _token(catalogue.id, control.id)} for control in controls]
            if not judged:
                selection["include-all"] = {}  # the format demands one or the other; every control is excluded again
            if silent:
                selection["remarks"] = _many(f"Not judged: {'; '.join(map(_standing, silent))}", 100_000)
            selections.append(selection)
    nothing = {
        "description": "No control of a catalogue was judged; the observations are of rules alone.",
        "include-all": {},
    }
    return {"control-selections": selections or [nothing]}


def _standing(control: ControlStatus) -> str:
    said = f"{control.id} {control.determination}"
    if control.reason:
        said += f": {control.reason}"
    return f"{said} (supported by {', '.join(control.supported_by)})" if control.supported_by else said


def _item(report: Report, info: TargetInfo) -> dict[str, Any]:
    said = [
        ("target", info.id),
        ("platform", info.platform),
        ("state", info.state),
        ("address", info.address),
        ("assessed-as", info.privilege or info.user),
        ("evidence-sha256", info.evidence_sha256),
    ]
    item = {
        "uuid": _id(report, "target", info.id),
        "description": _many(info.system or info.id) or "unnamed",
        "props": [_property(name, value) for name, value in said if line(value)],
    }
    if info.reason:
        item["remarks"] = _many(info.reason)
    return item


def _observation(report: Report, result: Result) -> dict[str, Any]:
    info = report.targets.get(result.target)
    rule = reading.information(report, result.rule)
    why = wording.why(result) or "every row is as required"
    observation = {
        "uuid": _id(report, "observation", result.rule, result.target),
        "title": _text(rule.title),
        "description": _many(f"{result.outcome}: {why}"),
        "props": [
            _property("rule", result.rule),
            _property("outcome", str(result.outcome)),
            _property("severity", str(rule.severity)),
            *([_property("waived", _waivers(result))] if result.waived else []),
            *([_property("failing-since", first)] if (first := _first(result)) else []),
        ],
        "methods": ["EXAMINE"] if rule.manual else ["TEST"],
        "types": ["finding" if result.outcome.value == "fail" else "control-objective"],
        "collected": _time(info.taken_at if info and info.taken_at else report.header.started),
    }
    if info is not None:
        kind = {"subject-uuid": _id(report, "target", info.id), "type": "inventory-item"}
        observation["subjects"] = [{**kind, "title": _text(info.id)}]
        if info.evidence_sha256:
            href = f"evidence/{segment(info.id)}.json"
            observation["relevant-evidence"] = [{"href": href, "description": f"sha256 {line(info.evidence_sha256)}"}]
    return observation


def _lost(report: Report, row: reading.Lost) -> dict[str, Any]:
    told = (
        ("rule", row.rule),
        ("outcome", "unassessed"),
        ("severity", str(row.severity)),
        ("failing-since", row.first_seen),
        ("resource", row.resource),
        ("fingerprint", row.fingerprint),
    )
    found = f"; it was found then: {row.found}" if row.found else ""
    observation = {
        "uuid": _id(report, "lost", row.rule, row.target, row.fingerprint),
        "title": _text(reading.title(report, row.rule)),
        "description": _many(f"{row.target}: {row.said}{found}"),
        "props": [_property(name, text) for name, text in told if line(text)],
        "methods": ["TEST"],
        "types": ["finding", "historic"],
        "collected": _time(row.last_seen),
    }
    if row.target in report.targets:
        subject = {"subject-uuid": _id(report, "target", row.target), "type": "inventory-item"}
        observation["subjects"] = [{**subject, "title": _text(row.target)}]
    return observation


def _first(result: Result) -> str:
    """Give since when the oldest failure of a result is known."""
    return min((each.first_seen for each in result.findings if wording.timely(each.first_seen)), default="")


def _waivers(result: Result) -> str:
    return ", ".join(dict.fromkeys(finding.waived.id for finding in result.findings if finding.waived)) or "yes"


def _findings(report: Report) -> Iterator[dict[str, Any]]:
    places: dict[str, list[str]] = {}
    for result in report.results:
        places.setdefault(result.rule, []).append(result.target)
    for catalogue in report.catalogues:
        for control in catalogue.controls:
            if control.determination not in _SILENT:
                yield _finding(report, catalogue, control, places)


def _finding(
    report: Report, catalogue: CatalogueInfo, control: ControlStatus, places: dict[str, list[str]]
) -> dict[str, Any]:
    state, reason = _JUDGED.get(control.determination, ("not-satisfied", "other"))
    said = f"{control.determination}: {control.reason}" if control.reason else control.determination
    finding: dict[str, Any] = {
        "uuid": _id(report, "finding", catalogue.id, control.id),
        "title": _text(f"{control.id} {control.title}"),
        "description": _many(said),
        "props": [
            _property("catalogue", catalogue.id),
            _property("control", control.id),
            _property("determination", control.determination),
            _property("targets-passing", str(control.targets_passing)),
            *(_property("supported-by", each) for each in control.supported_by),
        ],
        "target": {
            "type": "objective-id",
            "target-id": _token(catalogue.id, control.id),
            "status": {"state": state, "reason": reason, "remarks": _many(said)},
        },
    }
    related = [
        {"observation-uuid": _id(report, "observation", rule, target)}
        for rule in control.rules
        for target in places.get(rule, ())
    ]
    if related:
        finding["related-observations"] = related
    return finding


def _plan(report: Report) -> dict[str, Any]:
    names = ", ".join(report.header.profiles) or "none"
    return {
        "uuid": _id(report, "plan"),
        "title": "What was to be assessed",
        "description": _many(f"Profiles {names}; inventory {report.header.inventory or 'this machine'}"),
        "props": [_property("plan-sha256", report.header.plan_sha256 or "none")],
    }


def _id(report: Report, *words: str) -> str:
    return str(uuid.uuid5(_SPACE, json.dumps([report.header.run_id, *words])))


def _property(name: str, value: str, kind: str = "") -> dict[str, str]:
    return {"name": name, "ns": _NS, "value": _text(value), **({"class": kind} if kind else {})}


def _token(*words: str) -> str:
    return _NOT_TOKEN.sub("-", "_" + "_".join(line(word, 200) for word in words))


def _text(text: str) -> str:
    """Give one line that neither begins nor ends with a space, never empty."""
    return line(text, 1000).strip() or "-"


def _many(text: str, limit: int = 4000) -> str:
    return clip(plain(text), limit).strip()


def _time(text: str) -> str:
    return text if wording.timely(text) else _EPOCH


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
