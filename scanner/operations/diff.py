"""Two runs compared finding by finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scanner.comparison.baseline import against, seen_first
from scanner.model.report import Report
from scanner.store.baselines import read_before
from scanner.store.runs import read_run


def compare(before: Path, after: Path) -> list[dict[str, Any]]:
    """Give what changed from one run to a later one, worst first; unchanged findings are left out.

    `why` tells a changed rule (its revision rose) from a changed target. Raises ReportError.
    """
    old, new = read_before(before), read_run(after)
    renamed = {former: rule.id for rule in new.rules.values() for former in rule.formerly}
    comparison = against(old, renamed)
    rows: list[dict[str, Any]] = []
    for result in new.results:
        severity = new.rules[result.rule].severity
        rows += [
            {
                "state": finding.state,
                "severity": severity.value,
                "target": result.target,
                "rule": result.rule,
                "resource": finding.resource,
                "found": finding.found,
                "first_seen": finding.first_seen,
                "last_changed": finding.last_changed,
                "why": _why(old, new, result.rule),
            }
            for finding in comparison.mark(result, severity, seen_first(new, result.target)).findings
            if finding.state in ("new", "updated")
        ]
    rows += [{**{name: row[name] for name in _GONE}, "why": _last(row)} for row in comparison.gone()]
    order = ("critical", "high", "medium", "low")
    return sorted(
        rows, key=lambda row: (_STATES.index(row["state"]), order.index(row["severity"]), row["target"], row["rule"])
    )


_STATES = ("new", "updated", "unassessed", "absent")
_GONE = ("state", "severity", "target", "rule", "resource", "found", "first_seen", "last_changed")


def _why(old: Report, new: Report, rule: str) -> str:
    before, now = old.rules.get(rule), new.rules[rule]
    if not old.rules:
        return ""
    if before is None:
        return "the rule is new"
    if before.revision != now.revision:
        return f"the rule changed: revision {before.revision} to {now.revision}"
    return ""


def _last(row: dict[str, Any]) -> str:
    return f"last seen {row['last_seen']}, not assessed now" if row["state"] == "unassessed" else ""
