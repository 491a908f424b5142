"""What the HTML template shows, as plain values: no decision is made here, only order and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import CatalogueInfo, ControlStatus, Counts, Report, TargetInfo
from scanner.reporting import html_parts, reading, recovery, standing, wording
from scanner.reporting.html_findings import SHORT, OpenFindings


class Edition(Enum):
    """What a page is: the whole report, the index of a divided one, or a target's page of it."""

    WHOLE = "whole"
    INDEX = "index"
    PART = "part"


SECTIONS: Final = (
    ("verdict", "Verdict"),
    ("counts", "Counts"),
    ("scope", "Scope"),
    ("undecided", "Not assessed, and why"),
    ("overview", "Open findings by rule"),
    ("findings", "Open findings"),
    ("controls", "Controls"),
    ("targets", "Targets"),
    ("recovery", "Recovery"),
    ("waivers", "Waivers"),
    ("manual", "Manual checks"),
    ("claims", "Claims of documents"),
    ("change", "Change since the baseline"),
    ("results", "All results"),
    ("record", "Record of the run"),
    ("reading", "How to read this report"),
    ("signoff", "Sign-off"),
)

_APART: Final[Mapping[Edition, frozenset[str]]] = {
    Edition.WHOLE: frozenset({"overview"}),
    Edition.INDEX: frozenset({"findings", "results"}),
    Edition.PART: frozenset({"overview", "scope", "controls", "recovery", "claims", "signoff"}),
}
"""Sections that a page goes without."""

_VERDICTS: Final[Mapping[str, str]] = {
    "PASS": "Everything that applies was decided, and nothing failed at or above the gate.",
    "FAIL": "At least one result failed at or above the gate.",
    "UNDECIDED": "Nothing failed at or above the gate, but something that applies could not be decided.",
    "INCOMPLETE": "Too little was assessed for any statement about compliance.",
}
_STATES: Final = ("assessed", "unreachable", "excluded", "not selected")
_GONE: Final = 500
_CLAIMS: Final = 2000
_GROUPS: Final = 40
_NAMES: Final = 8


def view(
    report: Report, digest: reading.Digest, findings: OpenFindings, edition: Edition = Edition.WHOLE
) -> dict[str, Any]:
    """Give every name that the template uses."""
    apart = _APART[edition] | (frozenset() if report.recovery else {"recovery"})
    names = [(name, title) for name, title in SECTIONS if name not in apart]
    return {
        "report": report,
        "header": report.header,
        "counts": report.counts,
        "edition": edition.value,
        "too_large": edition is Edition.WHOLE and html_parts.divided(report),
        "sections": [(name, number, title) for number, (name, title) in enumerate(names, 1)],
        "no": {name: number for number, (name, _) in enumerate(names, 1)},
        "severities": list(Severity),
        "outcomes": wording.OUTCOMES,
        "meanings": wording.MEANINGS,
        "exit_codes": wording.EXIT_CODES,
        **(_stand(report) if edition is Edition.PART else _verdict(report)),
        "bar": bar(report.counts),
        "undecided_total": sum(report.counts.undecided_by_severity.values()),
        "failed_total": sum(report.counts.failed_by_severity.values()),
        "population": _population(report),
        "absent_targets": [info for info in report.targets.values() if info.state in {"unreachable", "excluded"}],
        "targets": [info for info in report.targets.values() if info.state != "not selected"],
        "pages": {name: html_parts.name(name) for name in sorted(digest.targets)} if edition is Edition.INDEX else {},
        "subject": next(iter(digest.targets), "target"),
        "unlisted": sorted(digest.targets - report.targets.keys()) if edition is Edition.INDEX else [],
        "short": SHORT,
        "not_selected": [name for name, info in report.targets.items() if info.state == "not selected"],
        "needs": _groups(digest.needs),
        "unknown": _groups(digest.unknown),
        "errors": _groups(digest.errors),
        "notapplicable": _groups(digest.notapplicable),
        "failures": findings.failures(),
        "undecided": findings.undecided(),
        "waived": findings.waived(),
        "waived_left_out": findings.waived_left_out,
        "findings_left_out": findings.left_out,
        "overview": _overview(report, digest) if edition is Edition.INDEX else [],
        "catalogues": [_catalogue(catalogue) for catalogue in report.catalogues],
        "manual": _manual(report, digest),
        "record": _record(report),
        **_beside(report),
    }


def _beside(report: Report) -> dict[str, Any]:
    """Give what stands beside the results: claims, owners, and what became of the baseline."""
    return {
        "claims": report.claims[:_CLAIMS],
        "claims_left_out": max(len(report.claims) - _CLAIMS, 0),
        "verdicts": Counter(wording.words(row.get("verdict")) for row in report.claims).most_common(),
        "gone": [reading.Lost.of(report, row) for row in report.gone[:_GONE]],
        "lost": sum(1 for _ in reading.lost(report)),
        "owners": report.owners,
        "recovery": recovery.told(report),
        "gone_left_out": max(len(report.gone) - _GONE, 0),
    }


def _verdict(report: Report) -> dict[str, str]:
    word = report.verdict.word
    return {
        "verdict_kind": word.lower() if word in _VERDICTS else "incomplete",
        "verdict_word": word,
        "verdict_says": _VERDICTS.get(word, _VERDICTS["INCOMPLETE"]),
    }


def _stand(report: Report) -> dict[str, str]:
    """Say how the one target of a page stands, by its counts; the gate judges only the run as a whole."""
    counts = report.counts
    if sum(counts.failed_by_severity.values()):
        said = "fail", "OPEN FAILURES", "At least one rule fails here and has no waiver."
    elif sum(counts.undecided_by_severity.values()):
        said = "undecided", "UNDECIDED", "No rule fails here without a waiver, but something could not be decided."
    elif counts.decided:
        said = "pass", "NOTHING OPEN", "Everything that applies here was decided; nothing fails without a waiver."
    else:
        said = "incomplete", "NOT ASSESSED", "Nothing was decided by measurement here."
    return dict(zip(("verdict_kind", "verdict_word", "verdict_says"), said, strict=True))


def _overview(report: Report, digest: reading.Digest) -> list[dict[str, Any]]:
    """Give the rules with something open, the worst first: which fail and which are undecided, and where."""
    rules = [
        (reading.information(report, rule), group, outcome)
        for outcome, groups in (("fail", digest.failing), ("undecided", digest.gaps))
        for rule, group in groups.items()
    ]
    return [
        {"rule": rule, "outcome": outcome, "targets": len(group.targets), "findings": group.findings,
         "target_names": sorted(group.targets)[:_NAMES], "more": max(len(group.targets) - _NAMES, 0)}
        for rule, group, outcome in sorted(rules, key=lambda row: (row[2], row[0].severity.rank, row[0].id))
    ]  # fmt: skip


def bar(counts: Counts) -> list[dict[str, Any]]:
    """Give the segments of the bar of outcomes, in percent of all results; waived ones are inside their outcome."""
    total = counts.total
    segments: list[dict[str, Any]] = []
    start = 0.0
    for outcome in wording.OUTCOMES:
        count = counts.of(outcome)
        if count:
            share = 100 * count / total
            segments.append({"outcome": outcome, "count": count, "x": f"{start:.3f}", "width": f"{share:.3f}"})
            start += share
    return segments


def _population(report: Report) -> list[tuple[str, int]]:
    found = Counter(info.state for info in report.targets.values())
    return [(state, found[state]) for state in dict.fromkeys((*_STATES, *sorted(found)))]


def _groups(groups: reading.Groups) -> dict[str, Any]:
    ranked = groups.ranked()
    rows = [
        {
            "text": text,
            "rules": len(group.rules),
            "targets": len(group.targets),
            "rule_names": wording.shortened(group.rules, _NAMES),
            "target_names": wording.shortened(group.targets, _NAMES),
        }
        for text, group in ranked[:_GROUPS]
    ]
    return {"rows": rows, "more": len(ranked) - len(rows)}


def _manual(report: Report, digest: reading.Digest) -> list[dict[str, Any]]:
    return [
        {
            "rule": reading.information(report, rule),
            "targets": len(group.targets),
            "target_names": wording.shortened(group.targets, _NAMES),
        }
        for rule, group in sorted(digest.manual.items())
    ]


def _catalogue(catalogue: CatalogueInfo) -> dict[str, Any]:
    found = Counter(control.determination for control in catalogue.controls)
    levels = sorted({level for control in catalogue.controls for level in standing.levels(control)})
    return {
        "info": catalogue,
        "determinations": sorted(found.items(), key=lambda item: (-item[1], item[0])),
        "levels": [(level, _at_level(catalogue, level)) for level in levels],
        "claimed": any(control.claimed for control in catalogue.controls),
        "supported": any(control.supported_by for control in catalogue.controls),
    }


def _at_level(catalogue: CatalogueInfo, level: str) -> list[int]:
    """Count the controls of a level: all, satisfied (attested ones apart), attested, not satisfied."""
    there = [control for control in catalogue.controls if level in standing.levels(control)]
    found = Counter(control.determination for control in there)
    return [len(there), found["satisfied"], found["attested"], found["not satisfied"]]


def _record(report: Report) -> list[tuple[str, str]]:
    header = report.header
    told = [
        ("Run", header.run_id),
        ("Started", wording.utc(header.started)),
        ("Ended", wording.utc(header.ended)),
        ("Ended early because", header.interrupted),
        ("Tool", f"{header.tool} {header.version}"),
        ("Operator", header.operator),
        ("Ran on", header.host),
        ("Scope", header.scope),
        ("Profiles", ", ".join(header.profiles)),
        ("Rule set, SHA-256", header.rules_sha256),
        ("Inventory", header.inventory),
        ("Inventory, SHA-256", header.inventory_sha256),
        ("Plan, SHA-256", header.plan_sha256),
        ("Policy from", f"{header.policy_ref} (commit {header.policy_commit})" if header.policy_ref else ""),
        ("Baseline", header.baseline),
    ]
    told += [(f"Argument {name}", value) for name, value in header.arguments.items()]
    return [(name, value) for name, value in told if value]


def shape(determination: str) -> str:
    """Give the class that draws a control's determination; only `satisfied` looks like a pass."""
    known = {
        "satisfied": "pass",
        "not satisfied": "fail",
        "attested": "attested",
        "mapped rules pass (partial coverage)": "part",
        "partly evaluated": "unknown",
        "not applicable": "notapplicable",
    }
    return known.get(determination, "notchecked")


def verdict(word: str) -> str:
    """Give the class that draws the verdict on a claim; only what was measured and holds looks like a pass."""
    return {"confirmed": "pass", "refuted": "fail", "partly": "part"}.get(word, "notchecked")


def became(state: str) -> str:
    """Give a baseline state in words that say what it means now."""
    return {"absent": "no longer failing", "unassessed": "not assessed now"}.get(state, state)


def outcomes(found: Mapping[Outcome, int]) -> str:
    """Give `2 fail, 1 pass`."""
    return ", ".join(f"{found[outcome]:,} {outcome}" for outcome in wording.OUTCOMES if found.get(outcome))


def offset(info: TargetInfo) -> str:
    """Give the clock offset of a target with its sign, in seconds."""
    return "" if info.clock_offset is None else f"{info.clock_offset:+.1f} s"


def levels(control: ControlStatus) -> str:
    """Give a control's groups or level as text."""
    return ", ".join(standing.levels(control))


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "owner": wording.owner,
    "became": became,
    "coverage": wording.coverage,
    "controls": wording.controls,
    "levels": levels,
    "number": wording.number,
    "offset": offset,
    "outcomes": outcomes,
    "pass_rate": wording.pass_rate,
    "severity_of": lambda rule, report: reading.severity(report, rule),
    "shape": shape,
    "thousands": lambda count: f"{count:,}",
    "utc": wording.utc,
    "verdict": verdict,
    "words": wording.words,
}
