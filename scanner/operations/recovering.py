"""The estate's recovery: what all targets told of backups, beside what the policy demands of each asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scanner.catalog.files.recovery import shipped_recovery_policy, unknown_classes
from scanner.derivation.recovery.demands import Subject, demand
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.table import ESTATE, RECOVERY, derive_estate
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, error, unknown
from scanner.model.inventory import Asset, Inventory, Target
from scanner.model.profile import Selected
from scanner.model.recovery import Protected, RecoveryPolicy
from scanner.model.report import Notice
from scanner.model.rule import FactSubject
from scanner.operations.hearing import Heard
from scanner.operations.prepare import Prepared

_PART = unknown("only a part of the inventory was asked in this run")
REPORTED = ("recovery.exposure", "recovery.restore_test", "recovery.restore_time", "recovery.metric")
"""Facts whose rows the report shows as they are."""


def recovery_evidence(
    selected: Iterable[Selected], prepared: Prepared, heard: Heard, *, whole: bool
) -> dict[str, Evidence]:
    """Compute the facts of all targets together that these rules name.

    Where one is about recovery, those come along that the report shows beside them.

    `whole` is false for a run over a part of the inventory: what was not asked may hold what is missing.
    """
    rules = prepared.content.rules
    subjects = [assertion.subject for entry in selected for assertion in rules[entry.rule].assertions()]
    named = {subject.fact for subject in subjects if isinstance(subject, FactSubject)} & ESTATE.keys()
    if not named:
        return {}
    scene = scene_of(prepared, heard, whole=whole)
    shown = set(REPORTED) if named & RECOVERY.keys() else set()
    return {fact: _derive(fact, scene) for fact in sorted(named | shown)}


def scene_of(prepared: Prepared, heard: Heard, *, whole: bool) -> Scene:
    """Set the scene: assets with their demands, places, and everything that was heard."""
    policy = prepared.files.recovery_policy or shipped_recovery_policy()
    return Scene(
        now=prepared.request.now,
        timezone=policy.timezone,
        assets=tuple(_protected(prepared, policy)),
        places=policy.places,
        answers=heard.answers,
        platforms={name: target.platform for name, target in prepared.targets.items()},
        offsets=heard.offsets,
        part=None if whole else _PART,
        estate=policy.estate,
        hosts={name: target.runs_on for name, target in prepared.targets.items() if target.runs_on},
    )


def notices_of_classes(inventory: Inventory) -> list[Notice]:
    """Tell which service classes the shipped policy does not know; a policy that is named is checked when it is loaded."""
    return [
        Notice(
            "warning",
            "recovery-class",
            f"{problem.what}: its class demands nothing of it (name a policy that has the class: --recovery-policy FILE)",
            "",
            problem.path,
            problem.line,
        )
        for problem in unknown_classes(shipped_recovery_policy(), inventory)
    ]


def rows_of(evidence: Mapping[str, Evidence]) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Give what the report shows: fact > rows of plain values, None for absent, `{"gap": reason}` for what is not known."""
    return {
        fact: tuple({name: _plain(cell) for name, cell in row.items()} for row in evidence[fact].rows)
        for fact in REPORTED
        if fact in evidence
    }


def _plain(cell: Any) -> Any:
    if cell is ABSENT:
        return None
    return {"gap": str(cell)} if isinstance(cell, Gap) else cell


def _derive(fact: str, scene: Scene) -> Evidence:
    query = Query.of(fact)
    try:
        return derive_estate(query, scene)
    except Exception as bug:
        reason = f"internal error while deriving {fact}: {type(bug).__name__}: {bug} (please report it)"
        return Evidence(query, gap=error(reason))


def _protected(prepared: Prepared, policy: RecoveryPolicy) -> Iterable[Protected]:
    """Give the inventory's assets, and its targets that have a service class or keys of backup systems."""
    for asset in prepared.inventory.assets:
        yield _of_asset(asset, policy)
    for target in prepared.inventory.targets:
        if target.service_class or target.ids:
            yield _of_target(target, policy)


def _of_asset(asset: Asset, policy: RecoveryPolicy) -> Protected:
    labels = {**asset.labels, **({"owner": asset.owner} if asset.owner else {})}
    return Protected(
        asset=asset.id,
        kind=asset.kind,
        keys=stable_keys(asset.ids),
        demand=demand(policy, Subject(asset.id, kind=asset.kind, labels=labels, service_class=asset.service_class)),
        owner=asset.owner,
        site=asset.site,
        created_at=f"{asset.created}T00:00:00Z" if asset.created else "",
        path=asset.path,
        line=asset.line,
    )


def _of_target(target: Target, policy: RecoveryPolicy) -> Protected:
    return Protected(
        asset=target.id,
        kind=target.platform,
        keys=stable_keys(target.ids),
        demand=demand(
            policy,
            Subject(target.id, platform=target.platform, labels=target.labels, service_class=target.service_class),
        ),
        owner=target.labels.get("owner", ""),
        site=target.labels.get("site", ""),
        path=target.path,
        line=target.line,
    )


def stable_keys(ids: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Give the keys of an asset as restore points carry them."""
    return tuple(f"{kind}:{value}" for kind, values in ids.items() for value in values)
