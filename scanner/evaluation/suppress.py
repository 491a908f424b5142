"""Waivers on results: they stand beside an outcome and never replace it; what is wrong with them is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Lock
from typing import Any

from scanner.evaluation.dates import day, place_of
from scanner.model.inventory import Target
from scanner.model.outcome import Outcome
from scanner.model.report import Notice
from scanner.model.result import Finding, Result, Waived, fingerprint
from scanner.model.rule import Rule
from scanner.model.suppression import Suppression

LONGEST = 366
"""Days for which a waiver may be given; a longer one still holds, and is told."""


@dataclass(slots=True)
class _Use:
    """A waiver with its standing on the day of the run, and what became of it."""

    waiver: Suppression
    standing: str
    """`in force`, `expired`, `not yet in force` or `void`."""
    matched: int = 0
    """Targets of the inventory that it names and whose platform its rule is for."""
    used: int = 0
    would: int = 0
    """Findings that it would cover if it were in force."""
    undecided: int = 0
    """Findings that it names, but does not accept as they are undecided."""
    seen: int = 0
    """Results of its rule on its targets."""
    unread: int = 0
    """Findings that it would name if the tags of their resources were known."""
    why: str = ""
    """Why tags are not known, of the first of these."""
    waived: Waived = field(init=False)

    def __post_init__(self) -> None:
        one = self.waiver
        self.waived = Waived(one.id, one.reason, one.approver, one.expires, one.compensating)


class Waivers:
    """All waivers of a run. `apply` may be called from several threads; `notices` and `register` when all is applied."""

    def __init__(
        self, waivers: Iterable[Suppression], rules: Mapping[str, Rule], targets: Sequence[Target], now: str
    ) -> None:
        """Take the waivers with the rules and targets of the run; `now` is an ISO date or time in UTC.

        Raises ConfigurationError for a date that is none.
        """
        self._lock = Lock()
        self._rules = rules
        self._today = day(now, "now")
        self._uses: list[_Use] = []
        self._by_rule: dict[str, list[_Use]] = {}
        todays = {old: rule.id for rule in rules.values() for old in rule.formerly}
        for waiver in waivers:
            rule = waiver.rule if waiver.rule in rules else todays.get(waiver.rule, waiver.rule)
            use = self._use(waiver, rules.get(rule), targets)
            self._uses.append(use)
            self._by_rule.setdefault(rule, []).append(use)

    def _use(self, waiver: Suppression, rule: Rule | None, targets: Sequence[Target]) -> _Use:
        matched = sum(
            names(waiver, target.id, target.labels) and (rule is None or target.platform in rule.platforms)
            for target in targets
        )
        approved, expires = _span(waiver)
        standing = "in force"
        if waiver.max_targets is not None and matched > waiver.max_targets:
            standing = "void"
        if self._today < approved:
            standing = "not yet in force"
        if self._today > expires:
            standing = "expired"
        return _Use(waiver, standing, matched)

    def apply(self, result: Result, target: Target | None = None) -> Result:
        """Give the result with its findings waived where a waiver in force covers them.

        `target` is None for results of the estate: there a waiver's `targets` name assets, by their resource key.
        """
        uses = self._by_rule.get(result.rule)
        if not uses:
            return result
        with self._lock:
            _see(uses, result, target)
            open_ = result.outcome is Outcome.FAIL or result.outcome.undecided
            findings = result.findings or ((_whole(result),) if open_ else ())
            covered = tuple(self._cover(uses, result, target, finding) for finding in findings)
        return replace(result, findings=covered) if any(finding.waived for finding in covered) else result

    def _cover(self, uses: list[_Use], result: Result, target: Target | None, finding: Finding) -> Finding:
        if finding.outcome is not Outcome.FAIL and not finding.outcome.undecided:
            return finding
        given: Waived | None = finding.waived
        for use in uses:
            if not _covers(use.waiver, result, target, finding):
                continue
            if not _carries(finding, use.waiver.tags):
                use.unread += bool(finding.untagged)
                use.why = use.why or finding.untagged
                continue
            if finding.outcome.undecided and finding.outcome not in use.waiver.accept:
                use.undecided += 1
            elif use.standing != "in force":
                use.would += 1
            else:
                use.used += 1
                given = given or use.waived
        return replace(finding, waived=given) if given else finding

    def notices(self) -> tuple[Notice, ...]:
        """Tell what is wrong with waivers: expired, void, over-long, unused. In the order of the files."""
        return tuple(notice for use in self._uses for notice in _notices(use, self._today))

    def register(self) -> tuple[Mapping[str, Any], ...]:
        """Give the register for reports: the file's fields, `used` (number of findings) and `state`."""
        return tuple(_row(use) for use in self._uses)


def names(waiver: Suppression, target: str, labels: Mapping[str, str]) -> bool:
    """Tell whether a waiver names this target: every one, if it gives neither ids nor labels; else by all it gives."""
    if waiver.targets and target not in waiver.targets:
        return False
    return all(labels.get(name) == value for name, value in waiver.labels.items())


def _span(waiver: Suppression) -> tuple[date, date]:
    place = place_of(waiver.path, waiver.line, waiver.id)
    return day(waiver.approved, place), day(waiver.expires, place)


def _labels(target: Target | None) -> Mapping[str, str]:
    return target.labels if target else {}


def _covers(waiver: Suppression, result: Result, target: Target | None, finding: Finding) -> bool:
    named = names(waiver, result.target, _labels(target)) or (target is None and finding.resource in waiver.targets)
    return named and waiver.resource in (None, finding.resource)


def _carries(finding: Finding, tags: Mapping[str, str]) -> bool:
    """Tell whether a finding's resource is known to carry these tags: one whose tags are not known does not."""
    carried = dict(finding.tags)
    return all(carried.get(name) == value for name, value in tags.items())


def _see(uses: list[_Use], result: Result, target: Target | None) -> None:
    for use in uses:
        if target is None or names(use.waiver, result.target, target.labels):
            use.seen += 1


def _whole(result: Result) -> Finding:
    """Give the finding that speaks for a result without any, so that a waiver has where to stand."""
    mark = fingerprint(result.rule, result.target, "", ())
    return Finding("", (), result.outcome, reason=result.reason, fingerprint=mark)


def _notices(use: _Use, today: date) -> Iterator[Notice]:
    one = use.waiver
    head = f"waiver {one.id} for {one.rule}"

    def notice(level: str, code: str, text: str) -> Notice:
        return Notice(level, code, f"{head} {text}", one.id, one.path, one.line)

    approved, expires = _span(one)
    open_again = f"{use.would} finding{'s' * (use.would != 1)}"
    if use.standing == "expired":
        text = (
            f"expired on {one.expires}: {open_again} not covered any more (renew it with a new approval, or remove it)"
        )
        yield notice("warning", "waiver-expired", text)
    elif use.standing == "not yet in force":
        yield notice("warning", "waiver-early", f"is approved from {one.approved} on and covers nothing before")
    elif use.standing == "void":
        text = (
            f"names {use.matched} targets, more than its max_targets {one.max_targets}: it covers none of them,"
            f" {open_again} left open (name fewer targets, or have a higher number approved)"
        )
        yield notice("error", "waiver-void", text)
    elif not use.used and not use.undecided and not use.unread:
        told = "nothing that it names failed" if use.seen else "no result was of its rule on its targets"
        yield notice("warning", "waiver-unused", f"is unused: {told} (remove it when it is not needed any more)")
    if use.unread:
        which = f"{use.unread} finding{'s' * (use.unread != 1)} whose tags could not be read"
        text = f"does not cover {which}: {use.why} (let the scan's account read tags, or name the resource)"
        yield notice("warning", "waiver-tags-unread", text)
    if (expires - approved).days > LONGEST:
        text = f"holds for {(expires - approved).days} days, longer than {LONGEST} (have it approved anew each year)"
        yield notice("warning", "waiver-over-long", text)


def _row(use: _Use) -> dict[str, Any]:
    one = use.waiver
    state = use.standing
    if state == "in force" and not use.used:
        state = "undecided" if use.undecided or use.unread else "unused"
    return {
        "id": one.id,
        "rule": one.rule,
        "targets": list(one.targets),
        "labels": dict(one.labels),
        "max_targets": one.max_targets,
        "resource": one.resource,
        "tags": dict(one.tags),
        "reason": one.reason,
        "compensating": one.compensating,
        "approver": one.approver,
        "approved": one.approved,
        "expires": one.expires,
        "accept": list(one.accept),
        "ticket": one.ticket,
        "path": one.path,
        "line": one.line,
        "used": use.used,
        "state": state,
    }
