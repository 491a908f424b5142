"""What reports show of rules and targets, gathered from the plan, the snapshots and the catalogues."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping

from scanner.model.evidence import Snapshot
from scanner.model.inventory import ESTATE, Target
from scanner.model.profile import Catalogue
from scanner.model.report import Counts, RuleInfo, TargetInfo
from scanner.model.rule import Rule
from scanner.operations.judging import Judged
from scanner.operations.systems import system_name
from scanner.store.evidence import encode_snapshot

Steps = Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]
"""A control, by catalogue and number > the controls of reported catalogues that its crosswalk leads to."""


def leading_frameworks(catalogues: Iterable[Catalogue], reported: Collection[str]) -> list[Catalogue]:
    """Give the frameworks that are not reported, and whose crosswalks lead to a catalogue that is."""
    return [
        each
        for each in catalogues
        if each.kind == "framework"
        and each.id not in reported
        and any(other in reported for control in each.controls for other in control.crosswalk)
    ]


def rule_infos(
    rules: Iterable[Rule], catalogues: Mapping[str, Catalogue], leading: Iterable[Catalogue] = ()
) -> dict[str, RuleInfo]:
    """Give the reports' view of rules, with the numbers that these catalogues give them.

    `leading` are further catalogues whose crosswalks lead to these.
    """
    steps = _steps([*catalogues.values(), *leading], catalogues)
    numbers: dict[str, dict[str, list[str]]] = {}
    for catalogue in catalogues.values():
        for control in catalogue.controls:
            for mapped in control.rules:
                numbers.setdefault(mapped.rule, {}).setdefault(catalogue.id, []).append(control.id)
    return {rule.id: _rule_info(rule, numbers.get(rule.id, {}), steps) for rule in rules}


def _steps(origins: Iterable[Catalogue], reported: Collection[str]) -> Steps:
    return {
        (each.id, control.id): walk
        for each in origins
        for control in each.controls
        if (walk := {other: numbers for other, numbers in control.crosswalk.items() if other in reported})
    }


def _supports(controls: Mapping[str, tuple[str, ...]], steps: Steps) -> dict[str, tuple[str, ...]]:
    """Give what these controls lead to by one crosswalk, without what they are themselves."""
    found: dict[str, dict[str, None]] = {}
    for origin, ids in controls.items():
        for number in ids:
            for other, numbers in steps.get((origin, number), {}).items():
                found.setdefault(other, {}).update(dict.fromkeys(numbers))
    told = {name: tuple(each for each in ids if each not in controls.get(name, ())) for name, ids in found.items()}
    return {name: ids for name, ids in told.items() if ids}


def _rule_info(rule: Rule, numbers: Mapping[str, list[str]], steps: Steps) -> RuleInfo:
    controls = {name: tuple(ids) for name, ids in rule.controls.items()}
    for name, ids in numbers.items():
        controls[name] = tuple(dict.fromkeys((*controls.get(name, ()), *ids)))
    return RuleInfo(
        id=rule.id,
        title=rule.title,
        severity=rule.severity,
        revision=rule.revision,
        rationale=rule.rationale,
        remediation=rule.remediation,
        platforms=rule.platforms,
        controls=controls,
        manual=rule.manual,
        evidence=rule.evidence,
        path=rule.path,
        line=rule.line,
        formerly=rule.formerly,
        supports=_supports(controls, steps),
    )


def assessed(target: Target, snapshot: Snapshot, judged: Judged, counts: Counts, sha256: str = "") -> TargetInfo:
    """Give the reports' view of a target that a visit was made to, reached or not; `sha256` is that of its evidence."""
    reached = bool(snapshot.evidence)
    if reached and not sha256:
        sha256 = hashlib.sha256(encode_snapshot(snapshot)).hexdigest()
    return TargetInfo(
        id=target.id,
        platform=target.platform,
        state="assessed" if reached else "unreachable",
        reason=str(snapshot.gap) if snapshot.gap else "",
        address=snapshot.identity.address or target.endpoint.address,
        user=snapshot.identity.user,
        privilege=snapshot.identity.privilege,
        host_key=snapshot.identity.key,
        labels=target.labels,
        service_class=target.service_class,
        profiles=judged.profiles,
        profile_reason=judged.profile_reason,
        fits=judged.fits,
        assumed=judged.assumed,
        taken_at=snapshot.taken_at,
        clock_offset=snapshot.clock_offset,
        path=target.path,
        line=target.line,
        system=system_name(target.platform, snapshot),
        counts=counts,
        evidence_sha256=sha256,
    )


def left_out(target: Target, state: str, reason: str) -> TargetInfo:
    """Give the reports' view of a target that was not visited: `excluded` or `not selected`."""
    return TargetInfo(
        id=target.id,
        platform=target.platform,
        state=state,
        reason=reason,
        address=target.endpoint.address,
        labels=target.labels,
        service_class=target.service_class,
        path=target.path,
        line=target.line,
        exclusion=target.exclusion,
    )


def estate_info(now: str, counts: Counts, profiles: tuple[str, ...]) -> TargetInfo:
    """Give the reports' view of the estate itself, under which rules about the inventory stand."""
    return TargetInfo(
        id=ESTATE,
        platform=ESTATE,
        state="assessed",
        profiles=profiles,
        taken_at=now,
        counts=counts,
        system="the inventory and the files given to the run",
    )
