"""Resolving profiles: `extends` merged, selections turned into rules, settings into values of the rules' types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scanner.catalog.catalogues import control_ids, unknown_control, unknown_rule
from scanner.catalog.checks import read_check
from scanner.catalog.context import Context
from scanner.catalog.profiles import RawProfile, profile_id, settings_of, unknown_profile
from scanner.catalog.selection import Selected, Selector
from scanner.catalog.source import NOTHING, Source, remedy
from scanner.model.errors import ConfigurationError, ContentError, Problem
from scanner.model.fact import Vocabulary
from scanner.model.profile import Catalogue, ControlException, Profile
from scanner.model.rule import Check, Rule
from scanner.model.tagging import narrowable


def resolve(
    names: Iterable[str],
    profiles: Mapping[str, RawProfile],
    catalogues: Mapping[str, Catalogue],
    rules: Mapping[str, Rule],
    vocabulary: Vocabulary,
) -> dict[str, Profile]:
    """Resolve the named profiles (names, or paths that were loaded); gives them by id, in the order of the names.

    A profile begins with what it extends, in that order, and adds its own: its settings win, two settings that
    differ among the extended ones must be settled by it. A rule is excluded when every profile that selects it
    excludes it; selecting it by its own id lifts an inherited exclusion. Level N includes the levels below.
    Raises ConfigurationError for a name that no profile has, ContentError with every problem found in the files.
    """
    wanted = [profile_id(name) for name in names]
    for name in wanted:
        if name not in profiles:
            what, todo = unknown_profile(name, profiles, "`profiles list` names them")
            raise ConfigurationError(f"{what} ({todo})")
    resolver = _Resolver(profiles, Selector(catalogues, rules), vocabulary)
    found = {name: resolver.resolve(name) for name in wanted}
    if resolver.problems:
        raise ContentError(resolver.problems)
    return {name: profile for name, profile in found.items() if profile is not None}


def candidates(profiles: Mapping[str, RawProfile], platform: str) -> list[str]:
    """Give the names of the profiles that `auto` considers for a platform."""
    return [name for name, profile in profiles.items() if platform in (profile.file.auto or ())]


@dataclass(slots=True)
class _Resolver:
    """Resolves profiles, each once; problems are collected."""

    profiles: Mapping[str, RawProfile]
    selector: Selector
    vocabulary: Vocabulary
    problems: list[Problem] = field(default_factory=list)
    done: dict[str, Profile | None] = field(default_factory=dict)

    def resolve(self, name: str, trail: tuple[str, ...] = ()) -> Profile | None:
        """Resolve one profile of the map; None when it extends itself in a circle."""
        if name not in self.done:
            raw = self.profiles[name]
            source = Source(raw.document, self.problems)
            parents = self._parents(raw, source, (*trail, name))
            self.done[name] = None if parents is None else self._own(raw, source, parents)
        return self.done[name]

    def _parents(self, raw: RawProfile, source: Source, trail: tuple[str, ...]) -> list[Profile] | None:
        parents: list[Profile] = []
        for index, parent in enumerate(raw.file.extends or ()):
            place = ("extends", index)
            if parent in trail:
                circle = " > ".join((*trail[trail.index(parent) :], parent))
                source.complain(place, f"the profile extends itself: {circle}", "break the circle")
                return None
            if parent not in self.profiles:
                source.complain(place, *unknown_profile(parent, self.profiles))
            elif found := self.resolve(parent, trail):
                parents.append(found)
        return parents

    def _own(self, raw: RawProfile, source: Source, parents: list[Profile]) -> Profile:
        """Lay what the profile says itself over what it extends."""
        file = raw.file
        selected = self.selector.select(source, file.select or [])
        inherited = {rule: None for parent in parents for rule in parent.rules}
        profile = Profile(
            id=raw.id,
            title=file.title or raw.id,
            rules=tuple(inherited | selected.rules),
            values=self._values(raw, source, parents),
            excluded=self._excluded(raw, source, parents, selected),
            catalogues=self._catalogues(raw, source, parents, selected),
            variants=self._variants(source, parents, selected),
            exceptions=self._exceptions(raw, source, parents),
            auto=tuple(file.auto or ()),
            resources=self._resources(raw, source, parents, inherited | selected.rules),
            pinned=file.pinned or next((parent.pinned for parent in parents if parent.pinned), ""),
            path=source.path,
        )
        return self._with_applies(profile, raw, source, parents)

    def _values(self, raw: RawProfile, source: Source, parents: list[Profile]) -> dict[str, dict[str, Any]]:
        values: dict[str, dict[str, Any]] = {}
        setters: dict[tuple[str, str], str] = {}
        own = {(rule, value) for rule, value, _ in settings_of(raw.file.values or {})}
        for parent in parents:
            for rule, value, setting in settings_of(parent.values):
                first = setters.setdefault((rule, value), parent.id)
                if values.setdefault(rule, {}).setdefault(value, setting) != setting and (rule, value) not in own:
                    what = f"{first} and {parent.id} set {rule}.{value} differently"
                    source.complain(("extends",), what, f"set it here: values: {{{rule}: {{{value}: …}}}}")
        for rule, settings in (raw.file.values or {}).items():
            if said := unknown_rule(rule, self.selector.rules):
                source.complain(("values", rule), *said)
                continue
            values[rule] = {**values.get(rule, {}), **self._settings(source, rule, settings)}
        return values

    def _settings(self, source: Source, rule: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        declared = self.selector.rules[rule].values
        converted: dict[str, Any] = {}
        for name, setting in settings.items():
            place = ("values", rule, name)
            if name not in declared:
                todo = remedy(name, declared) if declared else "it has no values"
                source.complain(place, f"the rule {rule} has no value '{name}'", todo)
                continue
            value = source.literal(place, declared[name].type, setting, name)
            if value is not NOTHING:
                converted[name] = value
        return converted

    def _excluded(self, raw: RawProfile, source: Source, parents: list[Profile], selected: Selected) -> dict[str, str]:
        judged = {rule for parent in parents for rule in parent.rules if rule not in parent.excluded}
        inherited = {rule: reason for parent in parents for rule, reason in parent.excluded.items()}
        kept = {rule: why for rule, why in inherited.items() if rule not in judged and rule not in selected.named}
        for index, entry in enumerate(raw.file.exclude or ()):
            place = ("exclude", index, "rule")
            if said := unknown_rule(entry.rule, self.selector.rules):
                source.complain(place, *said)
            elif entry.rule in selected.named:
                source.complain(place, f"the profile selects {entry.rule} and excludes it", "keep one of them")
            kept[entry.rule] = entry.reason
        return kept

    def _catalogues(
        self, raw: RawProfile, source: Source, parents: list[Profile], selected: Selected
    ) -> tuple[str, ...]:
        known = self.selector.catalogues
        reported = {name: None for parent in parents for name in parent.catalogues} | selected.catalogues
        for index, name in enumerate(raw.file.frameworks or ()):
            if name in known:
                reported[name] = None
            else:
                source.complain(("frameworks", index), f"no catalogue is called '{name}'", remedy(name, sorted(known)))
        return tuple(reported)

    def _variants(self, source: Source, parents: list[Profile], selected: Selected) -> dict[str, tuple[str, int]]:
        inherited = [
            (("extends",), name, variant, level)
            for parent in parents
            for name, (variant, level) in parent.variants.items()
        ]
        variants: dict[str, tuple[str, int]] = {}
        for place, name, variant, level in (*inherited, *selected.levels):
            before, highest = variants.get(name, (variant, 0))
            if before != variant:
                what = f"the profile selects from {name} for {before} and for {variant}"
                source.complain(place, what, "make two profiles")
            variants[name] = (variant, max(level, highest))
        return variants

    def _exceptions(self, raw: RawProfile, source: Source, parents: list[Profile]) -> tuple[ControlException, ...]:
        found = {exception.control: exception for parent in parents for exception in parent.exceptions}
        ids = control_ids(self.selector.catalogues) if raw.file.controls else {}
        for index, entry in enumerate(raw.file.controls or ()):
            if said := unknown_control(entry.id, ids):
                source.complain(("controls", index, "id"), *said)
            found[entry.id] = ControlException(entry.id, entry.reason)
        return tuple(found.values())

    def _resources(
        self, raw: RawProfile, source: Source, parents: list[Profile], rules: Iterable[str]
    ) -> Mapping[str, str]:
        """Give the tags of the resources that the profile is for; its own word stands in place of what it extends."""
        if raw.file.resources is None:
            asked = [parent.resources for parent in parents]
            if any(each != asked[0] for each in asked):
                what = "what it extends is for resources with different tags"
                source.complain(("extends",), what, "write resources: {tags: …}, or give both profiles by -p")
            return asked[0] if asked else {}
        known = self.selector.rules
        if not any(narrowable(known[name], self.vocabulary) for name in rules if name in known):
            what = "no rule of this profile judges resources whose tags are known"
            source.complain(("resources",), what, "remove resources, or select rules on resources of an account")
        return raw.file.resources.tags

    def _with_applies(self, profile: Profile, raw: RawProfile, source: Source, parents: list[Profile]) -> Profile:
        if raw.file.applies is not None:
            context = Context(source, self.vocabulary)
            check = read_check(context, ("applies",), source.document.value["applies"])
            return replace(profile, applies=check, applies_says=raw.file.applies_says or "")
        asked: list[tuple[Check, str]] = []
        for parent in parents:
            if parent.applies is not None and parent.applies not in [check for check, _ in asked]:
                asked.append((parent.applies, parent.applies_says))
        if len(asked) > 1:
            what = f"what it extends is for different targets: {', '.join(says for _, says in asked)}"
            source.complain(("extends",), what, "write applies and applies_says, or give both profiles by -p")
        return replace(profile, applies=asked[0][0], applies_says=asked[0][1]) if asked else profile
