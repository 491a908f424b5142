"""SARIF's view of rules and catalogues: reporting descriptors, tags, taxonomies and their relationships."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from scanner.model.outcome import Severity
from scanner.model.report import CatalogueInfo, ControlStatus, Report, RuleInfo
from scanner.reporting import escape, reading, sarif_log, wording

LEVELS: Final = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
SCORES: Final = {Severity.CRITICAL: 9.5, Severity.HIGH: 8.0, Severity.MEDIUM: 5.5, Severity.LOW: 2.0}
"""Inside the bands of code scanning: critical above 9.0, high 7.0 to 8.9, medium 4.0 to 6.9, low below."""

_TAGS: Final = 10
_TEXT: Final = 1024
_SCAN_HELP: Final = (
    "Something that applies could not be asked or read, so nothing can be said about the rules that need it. "
    "Grant the privilege or mend the connection that the message names, and scan again."
)


class Descriptors:
    """The rules of a run by index: all selected and named ones first, those about the scan as they come up."""

    def __init__(self, report: Report, named: Collection[str], *, full: bool) -> None:
        self._report = report
        self._catalogues = {catalogue.id: index for index, catalogue in enumerate(report.catalogues)} if full else {}
        self._guids = {catalogue.id: taxonomy_guid(catalogue) for catalogue in report.catalogues}
        self._index: dict[str, int] = {}
        self.entries: list[dict[str, Any]] = []
        for name in sorted({*report.rules, *named}):
            self.index(name)

    def index(self, rule: str) -> int:
        """Give the index of a rule; one that nothing named so far gets a bare entry."""
        if rule not in self._index:
            self._index[rule] = len(self.entries)
            self.entries.append(self._describe(reading.information(self._report, rule)))
        return self._index[rule]

    def scan_index(self, code: str, title: str, severity: Severity) -> int:
        """Give the index of a rule about the scan itself, `SCAN-…`."""
        if code not in self._index:
            self._index[code] = len(self.entries)
            score = SCORES[severity]
            self.entries.append(
                {
                    "id": code,
                    "name": _pascal(code),
                    "shortDescription": {"text": escape.message(title, _TEXT)},
                    "fullDescription": {"text": _SCAN_HELP},
                    "help": {"text": _SCAN_HELP, "markdown": _SCAN_HELP},
                    "defaultConfiguration": {"level": LEVELS[severity], "rank": score * 10},
                    "properties": {
                        "tags": ["security", "compliance", "scan"],
                        "precision": "very-high",
                        "problem.severity": _problem(severity),
                        "security-severity": str(score),
                    },
                }
            )
        return self._index[code]

    def _describe(self, info: RuleInfo) -> dict[str, Any]:
        score = SCORES[info.severity]
        title = escape.message(info.title, _TEXT) or info.id
        described: dict[str, Any] = {
            "id": escape.plain(info.id),
            "name": _pascal(info.id),
            "shortDescription": {"text": title},
            "fullDescription": {"text": escape.message(info.rationale, _TEXT) or title},
            "help": {"text": _help(info), "markdown": _help_markdown(info)},
            "defaultConfiguration": {"level": LEVELS[info.severity], "rank": score * 10},
            "properties": {
                "tags": _tags(self._report, info),
                "precision": "very-high",
                "problem.severity": _problem(info.severity),
                "security-severity": str(score),
            },
        }
        related = self._relationships(info)
        if related:
            described["relationships"] = related
        if self._catalogues and info.formerly:
            described["deprecatedIds"] = sorted({escape.plain(former) for former in info.formerly})
        return described

    def _relationships(self, info: RuleInfo) -> list[dict[str, Any]]:
        return [
            {
                "target": {
                    "id": escape.plain(number) or "?",
                    "toolComponent": {
                        "name": escape.plain(catalogue),
                        "index": self._catalogues[catalogue],
                        "guid": self._guids[catalogue],
                    },
                },
                "kinds": ["relevant"],
            }
            for catalogue, numbers in sorted(_numbers(info).items())
            if catalogue in self._catalogues
            for number in numbers
        ]


def taxonomy_guid(catalogue: CatalogueInfo) -> str:
    """Give the GUID of a catalogue in its version."""
    return sarif_log.guid("catalogue", catalogue.id, catalogue.version)


def _numbers(info: RuleInfo) -> dict[str, list[str]]:
    """Give the controls of a rule, and those that its controls lead to."""
    found: dict[str, dict[str, None]] = {}
    for controls in (info.controls, info.supports):
        for catalogue, numbers in controls.items():
            found.setdefault(catalogue, {}).update(dict.fromkeys(numbers))
    return {catalogue: list(numbers) for catalogue, numbers in found.items()}


def _taxon(control: ControlStatus) -> dict[str, Any]:
    said = {
        "determination": escape.line(control.determination),
        "reason": escape.line(control.reason),
        "covers": escape.line(control.covers),
        "supportedBy": [escape.line(each) for each in control.supported_by],
        "claimed": [escape.line(each) for each in control.claimed],
        "targetsPassing": str(control.targets_passing) if control.targets_passing.whole else "",
    }
    return {
        "id": escape.plain(control.id),
        "shortDescription": {"text": escape.message(control.title or control.id, _TEXT)},
        "properties": {name: value for name, value in said.items() if value},
    }


def taxonomies(report: Report) -> list[dict[str, Any]]:
    """Give the reported catalogues as taxonomies: numbers, our own titles and crosswalks, nothing of the publisher's text."""
    places = {each.id: (index, taxonomy_guid(each)) for index, each in enumerate(report.catalogues)}
    return [
        {
            "name": escape.plain(catalogue.id),
            "fullName": escape.line(catalogue.title, _TEXT) or escape.plain(catalogue.id),
            "version": escape.line(catalogue.version, 100) or "0",
            "organization": escape.line(catalogue.publisher, 200) or "unknown",
            "guid": taxonomy_guid(catalogue),
            "isComprehensive": False,
            "properties": {
                "mappedFrom": {escape.plain(name): escape.line(said) for name, said in catalogue.crosswalks.items()}
            },
            "taxa": [
                {**_taxon(control), **_crosswalk(control, places)}
                for control in {control.id: control for control in catalogue.controls}.values()
            ],
        }
        for catalogue in report.catalogues
    ]


def _crosswalk(control: ControlStatus, places: Mapping[str, tuple[int, str]]) -> dict[str, Any]:
    """Give the controls of other reported catalogues that lead to a control."""
    related = []
    for each in dict.fromkeys(control.supported_by):
        catalogue, _, number = each.partition("/")
        if number and catalogue in places:
            index, mark = places[catalogue]
            component = {"name": escape.plain(catalogue), "index": index, "guid": mark}
            target = {"id": escape.plain(number), "toolComponent": component}
            related.append({"target": target, "kinds": ["relevant"]})
    return {"relationships": related} if related else {}


def supported(report: Report) -> list[dict[str, Any]]:
    """Name the taxonomies that the driver's rules refer to."""
    return [
        {"name": escape.plain(catalogue.id), "index": index, "guid": taxonomy_guid(catalogue)}
        for index, catalogue in enumerate(report.catalogues)
    ]


def _tags(report: Report, info: RuleInfo) -> list[str]:
    safeguards = [
        f"{name}/{ids[0]}" for name, ids in sorted(info.controls.items()) if ids and name.startswith("cis-controls")
    ]
    names = ["security", "compliance", *report.header.profiles[:4], *safeguards[:1], *info.platforms[:3]]
    return list(dict.fromkeys(filter(None, (escape.line(name, 100) for name in names))))[:_TAGS]


def _help(info: RuleInfo) -> str:
    parts = (
        info.rationale,
        info.remediation and f"Remediation: {info.remediation}",
        info.evidence and f"Evidence that a person must give: {info.evidence}",
        info.controls and f"Controls: {wording.controls(info.controls)}",
        f"Rule: {info.id}, revision {info.revision}",
    )
    return escape.message("\n\n".join(part for part in parts if part))


def _help_markdown(info: RuleInfo) -> str:
    parts = (
        escape.markdown(info.rationale, _TEXT),
        info.remediation and f"**Remediation** {_lines(info.remediation)}",
        info.evidence and f"**Evidence that a person must give** {escape.markdown(info.evidence, _TEXT)}",
        info.controls and f"**Controls** {escape.markdown(wording.controls(info.controls), _TEXT)}",
        f"**Rule** {escape.markdown(info.id)}, revision {info.revision}",
    )
    return "\n\n".join(part for part in parts if part)


def _lines(text: str) -> str:
    """Give Markdown that keeps its line breaks."""
    return "  \n".join(escape.markdown(part, _TEXT) for part in escape.clip(text).splitlines() if part.strip())


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))[:255] or "Rule"


def _problem(severity: Severity) -> str:
    return {"error": "error", "warning": "warning", "note": "recommendation"}[LEVELS[severity]]
