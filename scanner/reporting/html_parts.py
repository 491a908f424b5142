"""A large HTML report divided: an index, and a page for each target that is complete in itself."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Final

from scanner.model.report import Counts, Report
from scanner.model.result import Result
from scanner.reporting import wording
from scanner.reporting.table import PARTS

LIMIT: Final = 25_000
"""Most findings, or results, of a report in one page."""

_FAILING: Final = frozenset({"new", "unchanged", "updated"})
"""States of findings that fail now; those of others stand in the report's `gone`."""
_SAFE = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_ODD = re.compile(r"[^a-z0-9._-]")


def size(report: Report) -> int:
    """Give how large a page of the report would be: its findings, or its results where those are more."""
    return max(report.counts.total, sum(report.counts.findings.values()))


def divided(report: Report) -> bool:
    """True when the report is too large for one page."""
    return size(report) > LIMIT


def name(target: str) -> str:
    """Give the path of a target's page: plain ASCII on any file system, and different for different targets."""
    if _SAFE.fullmatch(target):
        return f"{PARTS}/{target}.html"
    digest = hashlib.sha256(target.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{PARTS}/{_ODD.sub('_', target.lower())[:60].lstrip('.')}-{digest[:16]}.html"


def parts(report: Report) -> Iterator[tuple[str, Report]]:
    """Give each target's page with the report that it shows; holds one target's results at a time."""
    for target, found in groupby(report.results, key=lambda result: result.target):
        yield name(target), part(report, target, list(found))


def part(report: Report, target: str, results: list[Result]) -> Report:
    """Give the report of one target alone: what concerns others, or the estate as a whole, is left to the index."""
    used = {finding.waived.id for result in results for finding in result.findings if finding.waived}
    gone = tuple(entry for entry in report.gone if entry.get("target") == target)
    states = Counter(finding.state for result in results for finding in result.findings if finding.state in _FAILING)
    states.update(wording.words(entry.get("state")) for entry in gone)
    info = report.targets.get(target)
    return replace(
        report,
        targets={target: info} if info else {},
        rules={rule: report.rules[rule] for rule in sorted({each.rule for each in results}) if rule in report.rules},
        catalogues=(),
        results=results,
        counts=info.counts if info else Counts(),
        notices=tuple(notice for notice in report.notices if notice.subject == target),
        waivers=tuple(entry for entry in report.waivers if wording.words(entry.get("id")) in used),
        attestations=(),
        claims=(),
        states=dict(sorted(states.items())),
        gone=gone,
        owners=(),
    )
