"""A user's files together: inventory, registers and recovery policy, loaded at once and checked against each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from scanner.catalog.catalogues import control_ids, unknown_control, unknown_rule
from scanner.catalog.files.attestations import check_attachments, read_attestations
from scanner.catalog.files.claims import read_claims
from scanner.catalog.files.header import bytes_of
from scanner.catalog.files.recovery import read_recovery_policy, unknown_classes
from scanner.catalog.files.targets import read_inventory
from scanner.catalog.files.waivers import read_waivers
from scanner.catalog.profiles import profile_id, unknown_profile
from scanner.catalog.source import remedy
from scanner.model.errors import ContentError, Problem
from scanner.model.fact import Vocabulary
from scanner.model.inventory import ESTATE, Inventory, Target
from scanner.model.profile import Catalogue
from scanner.model.recovery import RecoveryPolicy
from scanner.model.rule import Rule
from scanner.model.suppression import Attestation, Claim, Suppression
from scanner.model.tagging import tag_facts

T = TypeVar("T")
AUTO = "auto"
"""Stands where a profile is named: the profile is chosen by platform and version."""


@dataclass(frozen=True, slots=True)
class UserFiles:
    """What a user's files say."""

    inventory: Inventory | None = None
    waivers: tuple[Suppression, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    claims: tuple[Claim, ...] = ()
    recovery_policy: RecoveryPolicy | None = None
    """None where the shipped one holds."""


def load_user_files(
    inventory: Path | None = None,
    *,
    waivers: Sequence[Path] = (),
    attestations: Sequence[Path] = (),
    claims: Sequence[Path] = (),
    recovery_policy: Path | None = None,
) -> UserFiles:
    """Load these files, attachments of attestations included; raises ContentError with every problem of all of them.

    References to rules, controls and targets are left to `check_references`.
    """
    problems: list[Problem] = []
    found = UserFiles(
        inventory=_read(inventory, read_inventory, problems) if inventory else None,
        waivers=_all(waivers, read_waivers, problems),
        attestations=_all(attestations, read_attestations, problems),
        claims=_all(claims, read_claims, problems),
        recovery_policy=_read(recovery_policy, read_recovery_policy, problems) if recovery_policy else None,
    )
    problems += repeated_waivers(found.waivers)
    problems += check_attachments(found.attestations)
    if problems:
        raise ContentError(problems)
    return found


def _read(path: Path, reader: Callable[[str, bytes, list[Problem]], T], problems: list[Problem]) -> T | None:
    data = bytes_of(path, problems)
    return None if data is None else reader(str(path), data, problems)


def _all(
    paths: Iterable[Path], reader: Callable[[str, bytes, list[Problem]], tuple[T, ...]], problems: list[Problem]
) -> tuple[T, ...]:
    return tuple(entry for path in paths for entry in _read(path, reader, problems) or ())


def repeated_waivers(waivers: Iterable[Suppression]) -> list[Problem]:
    """Find waivers with an id that another one has."""
    first: dict[str, Suppression] = {}
    found: list[Problem] = []
    for waiver in waivers:
        other = first.setdefault(waiver.id, waiver)
        if other is not waiver:
            what = f"the waiver '{waiver.id}' exists already: {other.path}:{other.line}"
            found.append(Problem(waiver.path, waiver.line, what, "give it another id"))
    return found


def check_references(
    files: UserFiles,
    *,
    rules: Mapping[str, Rule] | None = None,
    catalogues: Mapping[str, Catalogue] | None = None,
    profiles: Collection[str] | None = None,
    vocabulary: Vocabulary | None = None,
) -> list[Problem]:
    """Check what user files say of targets, rules, controls, profiles and tags; what is not given is not checked.

    Targets are checked against the inventory of `files` when it has one.
    """
    problems: list[Problem] = []
    if files.inventory is not None:
        _check_targets(files, files.inventory, problems)
        if files.recovery_policy is not None:
            problems += unknown_classes(files.recovery_policy, files.inventory)
        if profiles is not None:
            _check_profiles(files.inventory.targets, profiles, problems)
    if rules is not None:
        _check_rules(files, rules, problems)
        if vocabulary is not None:
            _check_tags(files.waivers, rules, vocabulary, problems)
    if catalogues is not None:
        ids = control_ids(catalogues)
        named = [(entry.path, entry.line, entry.control) for entry in files.attestations if entry.control]
        named += [(entry.path, entry.line, entry.control) for entry in files.claims]
        problems += [Problem(path, line, *said) for path, line, name in named if (said := unknown_control(name, ids))]
    return problems


def _check_targets(files: UserFiles, inventory: Inventory, problems: list[Problem]) -> None:
    known = [target.id for target in inventory.targets]
    assets = [asset.id for asset in inventory.assets]
    # Rules on the whole estate judge assets, and waivers name these where targets stand.
    judged = frozenset((*known, *assets, ESTATE))
    named = [(entry.path, entry.line, name) for entry in files.waivers for name in entry.targets if name not in judged]
    members = frozenset(known)
    named += [
        (entry.path, entry.line, name) for entry in files.attestations for name in entry.scope if name not in members
    ]
    for path, line, name in named:
        problems.append(Problem(path, line, f"no target is called '{name}'", remedy(name, known)))


def _check_profiles(targets: Iterable[Target], profiles: Collection[str], problems: list[Problem]) -> None:
    for target in targets:
        for name in target.profiles:
            if name != AUTO and profile_id(name) not in profiles:
                what, todo = unknown_profile(name, [*profiles, AUTO])
                problems.append(Problem(target.path, target.line, f"{target.id}: {what}", todo))


def _check_tags(
    waivers: Iterable[Suppression], rules: Mapping[str, Rule], vocabulary: Vocabulary, problems: list[Problem]
) -> None:
    former = {name: rule.id for rule in rules.values() for name in rule.formerly}
    for waiver in waivers:
        rule = rules.get(former.get(waiver.rule, waiver.rule))
        if waiver.tags and rule is not None and not tag_facts(rule, vocabulary):
            what = f"{waiver.id}: the tags of what {rule.id} judges are not known, so it would cover nothing"
            problems.append(Problem(waiver.path, waiver.line, what, "name a resource, or targets, in place of tags"))


def _check_rules(files: UserFiles, rules: Mapping[str, Rule], problems: list[Problem]) -> None:
    former = {name: rule.id for rule in rules.values() for name in rule.formerly}
    problems += [
        Problem(waiver.path, waiver.line, f"{waiver.id}: {said[0]}", said[1])
        for waiver in files.waivers
        # Waivers follow a rule's renaming by themselves.
        if waiver.rule not in former and (said := unknown_rule(waiver.rule, rules))
    ]
    for entry in files.attestations:
        if not entry.rule:
            continue
        rule = rules.get(former.get(entry.rule, entry.rule))
        if rule is None:
            problems.append(Problem(entry.path, entry.line, *(unknown_rule(entry.rule, rules) or ("", ""))))
        elif not rule.manual:
            what = f"the rule {rule.id} is measured, a statement cannot answer it"
            problems.append(Problem(entry.path, entry.line, what, "remove it, or write a waiver"))
