"""From a request to a plan: content and users' files loaded, targets selected, profiles assigned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from importlib.metadata import version
from typing import Any

from scanner.catalog.profiles import profile_id
from scanner.catalog.rules import rules_sha256
from scanner.catalog.userfiles import AUTO, UserFiles, check_references, load_user_files
from scanner.collection.table import platform_module
from scanner.model.errors import ConfigurationError, ContentError, near
from scanner.model.inventory import Endpoint, Inventory, Target
from scanner.model.plan import Plan, Visit
from scanner.model.profile import Profile
from scanner.model.recovery import Leaf, RecoveryPolicy, Section
from scanner.operations.content import Content, load_content, rules_of_control
from scanner.operations.request import LOCAL_TARGET, Origin, Request, Selection
from scanner.operations.systems import SYSTEM
from scanner.planning.plan import Assignment, make_plan
from scanner.transport.table import TOOLS, tool_settings

WAIVERS_PROFILE = "waivers"
"""Judges the waivers and attestations of a run; joins every run that was given some."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a run needs before it connects to anything."""

    request: Request
    content: Content
    files: UserFiles
    inventory: Inventory
    plan: Plan
    profiles: Mapping[str, Profile]
    rules_sha256: str
    outside: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Target > (state, reason) of those that are not visited."""

    @property
    def targets(self) -> dict[str, Target]:
        """All targets of the inventory by id."""
        return {target.id: target for target in self.inventory.targets}


def prepare(request: Request) -> Prepared:
    """Load, select and plan; raises ConfigurationError and ContentError with everything that is wrong."""
    origin = request.files.folders.origin
    try:
        return _prepare(request)
    except ContentError as wrong:
        if origin is None:
            raise
        raise ContentError([replace(each, path=origin.shown(each.path)) for each in wrong.problems]) from wrong


def _prepare(request: Request) -> Prepared:
    files = load_user_files(
        request.files.inventory,
        waivers=request.files.waivers,
        attestations=request.files.attestations,
        claims=request.files.claims,
        recovery_policy=request.files.recovery_policy,
    )
    inventory = files.inventory or _this_machine()
    if request.files.folders.origin is not None:
        files = _relabelled(files, request.files.folders.origin)
        _check_named(inventory)
    named = [
        *request.profiles,
        *request.default_profiles,
        *(name for target in inventory.targets for name in target.profiles),
    ]
    content = load_content(request.files.folders, [name for name in named if name != AUTO], cases=False)
    problems = check_references(
        files,
        rules=content.rules,
        catalogues=content.catalogues,
        profiles=content.profiles,
        vocabulary=content.vocabulary,
    )
    if problems:
        raise ContentError(problems)
    for name in request.frameworks:
        if name not in content.catalogues:
            hint = near(name, content.catalogues) or f" (catalogues: {', '.join(content.catalogues)})"
            raise ConfigurationError(f"--framework {name}: no catalogue is called so{hint}")
    inside, outside = choose(inventory, request.selection, request.now)
    profiles, assignments = _assign(inside, request, content)
    if request.assume_platform and all(each.auto and not each.named for each in assignments):
        raise ConfigurationError(
            "--assume-platform: no profile is named, and auto takes only what fits (name one with -p)"
        )
    sha256 = rules_sha256({name: content.rules[name] for each in profiles.values() for name in each.rules})
    plan = make_plan(
        assignments,
        content.rules,
        content.vocabulary,
        # Another version may ask the same questions differently: its evidence is not gone on with.
        rules_sha256=f"{version('controlproof')} {sha256}",
        skipped={name: reason for name, (_, reason) in outside.items()},
        always={platform: (query,) for platform, query in SYSTEM.items()},
        estate=tuple(profiles.values()),
        by_tags=_rules_waived_by_tags(files, content),
    )
    return Prepared(request, content, files, inventory, plan, profiles, sha256, outside)


def _rules_waived_by_tags(files: UserFiles, content: Content) -> set[str]:
    """Give the rules whose waivers name tags, by the names that they have today."""
    named = {waiver.rule for waiver in files.waivers if waiver.tags}
    return {rule.id for rule in content.rules.values() if named.intersection((rule.id, *rule.formerly))}


def _relabelled(files: UserFiles, origin: Origin) -> UserFiles:
    """Give the files with the paths that they have in the repository they were taken from."""
    return replace(
        files,
        waivers=tuple(replace(each, path=origin.shown(each.path)) for each in files.waivers),
        attestations=tuple(
            replace(each, path=origin.shown(each.path), attachment=origin.shown(each.attachment))
            for each in files.attestations
        ),
        claims=tuple(replace(each, path=origin.shown(each.path)) for each in files.claims),
        recovery_policy=_shown(files.recovery_policy, origin),
    )


def _shown(policy: RecoveryPolicy | None, origin: Origin) -> RecoveryPolicy | None:
    """Give a recovery policy whose values without a source of their own name the file as the repository does."""
    if policy is None:
        return None

    def leaf(each: Leaf) -> Leaf:
        own = f"{policy.path}:{each.line}"
        return replace(each, source=f"{origin.shown(policy.path)}:{each.line}") if each.source == own else each

    def section(each: Section) -> Section:
        return replace(each, leaves={name: leaf(value) for name, value in each.leaves.items()})

    return replace(
        policy,
        path=origin.shown(policy.path),
        defaults=section(policy.defaults),
        classes={name: section(each) for name, each in policy.classes.items()},
        profiles={name: section(each) for name, each in policy.profiles.items()},
        services={name: section(each) for name, each in policy.services.items()},
        estate=section(policy.estate),
    )


def _check_named(inventory: Inventory) -> None:
    """Refuse profiles that the working tree's inventory names by path: they would come from the working tree too."""
    for target in inventory.targets:
        for name in target.profiles:
            if profile_id(name) != name:
                raise ConfigurationError(
                    f"{target.path}:{target.line}: {target.id} names the profile file {name}, and --policy-ref takes "
                    "profiles from the ref (name it by -p, or in a folder of profiles)"
                )


def _this_machine() -> Inventory:
    return Inventory((Target(LOCAL_TARGET, "linux", Endpoint("local", address=LOCAL_TARGET)),))


def choose(inventory: Inventory, selection: Selection, now: str) -> tuple[list[Target], dict[str, tuple[str, str]]]:
    """Split targets into those to visit and those outside, with (state, reason).

    Raises ConfigurationError for a name that is neither a target nor a group, and when nothing is left.
    """
    known = {target.id for target in inventory.targets}
    groups = {group for target in inventory.targets for group in target.groups}
    for name in selection.targets:
        if name not in known | groups:
            raise ConfigurationError(
                f"no target or group is called '{name}'{near(name, known | groups) or ' (controlproof plan names them)'}"
            )
    today = datetime.fromisoformat(now).date()
    inside: list[Target] = []
    outside: dict[str, tuple[str, str]] = {}
    for target in inventory.targets:
        exclusion = target.exclusion
        if not _selected(target, selection):
            outside[target.id] = ("not selected", "not asked for in this run")
        elif exclusion is not None and (not exclusion.until or today <= date.fromisoformat(exclusion.until)):
            until = f" until {exclusion.until}" if exclusion.until else ""
            by = f", approved by {exclusion.approver}" if exclusion.approver else ""
            outside[target.id] = ("excluded", f"{exclusion.state}{until}: {exclusion.reason}{by}")
        else:
            inside.append(target)
    if selection.narrows_targets and not any(_selected(target, selection) for target in inventory.targets):
        raise ConfigurationError("the selection of targets leaves none (see --limit, --label and the names given)")
    return inside, outside


def _selected(target: Target, selection: Selection) -> bool:
    named = not selection.targets or target.id in selection.targets or set(target.groups) & set(selection.targets)
    matched = not selection.limit or any(fnmatchcase(target.id, pattern) for pattern in selection.limit)
    labelled = all(target.labels.get(name) == value for name, value in selection.labels.items())
    return bool(named) and matched and labelled


def _assign(
    targets: Sequence[Target], request: Request, content: Content
) -> tuple[dict[str, Profile], list[Assignment]]:
    """Give the profiles in use, those that judge waivers included, and which of them each target must meet."""
    said = {target.id: _said(target, request) for target in targets}
    candidates = {each.platform: content.candidates(each.platform) for each in targets if AUTO in said[each.id]}
    judging = [WAIVERS_PROFILE] if request.files.waivers or request.files.attestations else []
    every = [name for names in (*said.values(), *candidates.values(), judging) for name in names if name != AUTO]
    resolved = content.resolve(dict.fromkeys(every))
    for profile in resolved.values():
        _check_pin(profile, content)
    narrowed = _narrow(resolved, request.selection, content, request.frameworks)
    assignments = []
    for target in targets:
        named = tuple(dict.fromkeys(profile_id(name) for name in said[target.id] if name != AUTO))
        auto = AUTO in said[target.id]
        names = dict.fromkeys((*(candidates[target.platform] if auto else ()), *named))
        assignments.append(Assignment(target, tuple(narrowed[name] for name in names), auto, named if auto else ()))
    return narrowed, assignments


def _said(target: Target, request: Request) -> tuple[str, ...]:
    """Give the profiles that a target must meet, as they are written: by the caller, the inventory, or by default."""
    return request.profiles or target.profiles or request.default_profiles or (AUTO,)


def _check_pin(profile: Profile, content: Content) -> None:
    if profile.pinned:
        now = rules_sha256({name: content.rules[name] for name in profile.rules})
        if now != profile.pinned:
            raise ConfigurationError(
                f"{profile.path}: the profile insists on the rule set {profile.pinned[:16]}, and its rules are "
                f'{now[:16]} now (review the change, then write pinned: "{now}")'
            )


def _narrow(
    profiles: Mapping[str, Profile], selection: Selection, content: Content, frameworks: Iterable[str]
) -> dict[str, Profile]:
    """Keep only the rules asked for by --rule and --control."""
    if not selection.narrows_rules:
        return dict(profiles)
    selected = {rule for profile in profiles.values() for rule in profile.rules}
    reported = {name for profile in profiles.values() for name in profile.catalogues} | {*frameworks}
    wanted = set(selection.rules)
    for name in selection.rules:
        if name not in content.rules:
            raise ConfigurationError(f"no rule is called '{name}'{near(name, content.rules)}")
    for control in selection.controls:
        wanted |= set(rules_of_control(content, control, sorted(reported)))
    if not wanted & selected:
        asked = ", ".join((*selection.rules, *selection.controls))
        raise ConfigurationError(f"{asked}: no profile in use selects it (name another with -p)")
    return {
        name: replace(profile, rules=tuple(rule for rule in profile.rules if rule in wanted))
        for name, profile in profiles.items()
    }


def script_of(prepared: Prepared) -> str:
    """Give the exact script of the one visit that is planned.

    Raises ConfigurationError when several are, or none, or the platform is not asked by a script.
    """
    visits = prepared.plan.visits
    if len(visits) != 1:
        raise ConfigurationError(f"{len(visits)} visits are planned (name one target for its script)")
    module = platform_module(visits[0].platform)
    if not hasattr(module, "interpret"):
        raise ConfigurationError(
            f"{visits[0].targets[0]}: a target of platform {visits[0].platform} is not asked by a script "
            "(plan --sql prints statements, plan --calls calls)"
        )
    script: Any = module.describe(visits[0].queries)
    return bytes(script.text).decode()


def _files_read(visit: Visit) -> str:
    """Say which files a visit reads; empty where requests are made, or the platform says it itself."""
    names = getattr(platform_module(visit.platform), "READS", ()) if visit.endpoint.transport == "files" else ()
    return "".join(f"read {visit.endpoint.option('folder')}/{name}\n" for name in names)


def statements_of(prepared: Prepared, *, clouds: bool = False) -> dict[str, str]:
    """Give what servers, backup systems and tools (with `clouds`: accounts) are asked, by the targets of a visit as a comment.

    Raises ConfigurationError when no target is asked by statements (or calls).
    """
    asked: dict[str, str] = {}
    for visit in prepared.plan.visits:
        module = platform_module(visit.platform)
        if not hasattr(module, "interpret") and clouds == (visit.endpoint.transport == "aws"):
            own = (tool_settings(visit.endpoint),) if visit.platform in TOOLS else ()
            mark = getattr(module, "COMMENT", "#")
            asked[f"{mark} {', '.join(visit.targets)}"] = (
                _files_read(visit) or bytes(module.describe(visit.queries, *own).text).decode()
            )
    if not asked:
        what = "calls" if clouds else "statements, requests or commands"
        raise ConfigurationError(f"no target of this plan is asked by {what} (plan --script prints a host's script)")
    return asked
