"""The words that all formats share: numbers with their unit, registers' fields, the sentences of a finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from scanner.model.outcome import Outcome
from scanner.model.report import Counts, Ratio, Report, TargetInfo
from scanner.model.result import Finding, Result

OUTCOMES: Final = (
    Outcome.FAIL,
    Outcome.ERROR,
    Outcome.UNKNOWN,
    Outcome.PASS,
    Outcome.NOTCHECKED,
    Outcome.NOTAPPLICABLE,
    Outcome.INFORMATIONAL,
)
"""In the order in which people want to read them."""

MEANINGS: Final[Mapping[Outcome, str]] = {
    Outcome.PASS: "measured, and as required (or attested, counted apart)",
    Outcome.FAIL: "measured, and not as required",
    Outcome.UNKNOWN: "asked, but hidden or denied: the missing privilege is named",
    Outcome.ERROR: "could not be asked or read: unreachable, timed out, cut short, not understood",
    Outcome.NOTAPPLICABLE: "the requirement does not concern this target",
    Outcome.NOTCHECKED: "a person must answer, and has not",
    Outcome.INFORMATIONAL: "told for information, not judged",
}

EXIT_CODES: Final = (
    (0, "Everything that applies was decided, and nothing failed at or above the gate."),
    (1, "Something failed at or above the gate. Wins over 3."),
    (2, "The run could not begin: usage, configuration or content is wrong."),
    (3, "Something that applies could not be decided, or nothing was assessed."),
)

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


def number(count: int, noun: str, plural: str = "") -> str:
    """Give `1 target`, `2 targets`, `1,234 targets`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def coverage(counts: Counts) -> str:
    """Give decided over applicable, see `ratio`."""
    return ratio(counts.coverage, counts)


def pass_rate(counts: Counts) -> str:
    """Give passes over what applies, see `ratio`."""
    return ratio(counts.pass_rate, counts)


def ratio(value: Ratio, counts: Counts) -> str:
    """Give a ratio with both numbers; where nothing was decided it says so instead of a percentage."""
    return str(value) if counts.decided else f"{value.part}/{value.whole} (nothing was assessed)"


def words(value: Any) -> str:
    """Give a value of a register (text, number, list, map, nothing) as text."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={words(item)}" for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(words(item) for item in value)
    return str(value)


def shortened(names: Iterable[str], limit: int) -> str:
    """Join sorted names with commas; after `limit` of them, say how many more there are."""
    ordered = sorted(names)
    more = len(ordered) - limit
    return ", ".join(ordered[:limit]) + (f" and {more:,} more" if more > 0 else "")


def controls(numbers: Mapping[str, tuple[str, ...]]) -> str:
    """Give a rule's controls as `cis-controls-v8.1 5.4, 4.1; iso-27001-2022 A.5.15`."""
    return "; ".join(f"{catalogue} {', '.join(ids)}" for catalogue, ids in numbers.items() if ids)


def sentence(finding: Finding) -> str:
    """Say in one sentence why a finding is what it is: expected and found, and the deciding words."""
    parts = []
    if finding.expected and finding.expected not in finding.reason:
        parts.append(f"expected {finding.expected}")
    if finding.found and finding.found not in finding.reason:
        parts.append(f"found {finding.found}")
    said = ", ".join(parts)
    if finding.reason and finding.reason not in said:
        said = f"{said}: {finding.reason}" if said else finding.reason
    if finding.needs and finding.needs not in said:
        said = f"{said} (needs {finding.needs})" if said else f"needs {finding.needs}"
    if finding.besides:
        said = f"{said}; {finding.besides}" if said else finding.besides
    return said or f"{finding.outcome}, without a reason given"


def adds(finding: Finding) -> bool:
    """True when the deciding sentence says more than that what was expected is not what was found."""
    return not (finding.found and finding.found in finding.reason and finding.expected in finding.reason)


def why(result: Result) -> str:
    """Say in one line why a result is what it is, from itself or its first telling finding."""
    if result.attested:
        return f"attested {result.attested}"
    if result.reason:
        return result.reason
    telling = [finding for finding in result.findings if finding.outcome is result.outcome] or list(result.findings)
    telling = [finding for finding in telling if finding.waived is None] or telling
    if not telling:
        return ""
    more = f" (and {len(telling) - 1:,} more)" if len(telling) > 1 else ""
    return sentence(telling[0]) + more


def capital(text: str) -> str:
    """Give a text as the start of a sentence, without its full stop."""
    return text[:1].upper() + text[1:].rstrip(". ")


def waiver(finding: Finding) -> str:
    """Give the waiver of a finding as `W12 by … until …: reason`; empty without one."""
    waived = finding.waived
    if waived is None:
        return ""
    said = f"{waived.id} by {waived.approver} until {waived.expires}: {waived.reason}"
    return f"{said}; compensating: {waived.compensating}" if waived.compensating else said


def change(finding: Finding) -> str:
    """Say what became of a finding since the baseline: its state, since when it fails, when it last changed."""
    if finding.state == "unassessed":
        return lost(finding.last_seen)
    dates = since(finding.first_seen, finding.last_changed) if finding.state != "new" else ""
    return ", ".join(part for part in (finding.state, dates) if part)


def since(first: str, changed: str) -> str:
    """Give `failing since …, changed …`, the change only where there was one; empty where nothing is known."""
    if not first:
        return ""
    return f"failing since {utc(first)}" + (f", changed {utc(changed)}" if changed not in ("", first) else "")


def lost(seen: str) -> str:
    """Say of a failure of the baseline that nobody can tell whether it is mended."""
    return f"last seen {utc(seen) or 'in an earlier run'}, not assessed now"


def owner(name: str) -> str:
    """Name an owner, or that there is none."""
    return name or "(no owner)"


def policy(report: Report, target: TargetInfo | None = None) -> str:
    """Name the policy in force: the target's profiles, else the run's."""
    return "+".join((target.profiles if target else ()) or report.header.profiles) or "no-profile"


def utc(time: str) -> str:
    """Give an RFC 3339 time for people, `2026-11-20 01:02:03 UTC`; other text stays as it is."""
    return f"{time[:10]} {time[11:19]} UTC" if timely(time) else time


def timely(time: str) -> bool:
    """True for an RFC 3339 time in UTC, the only form that formats with typed times may be given."""
    return _TIME.fullmatch(time) is not None
