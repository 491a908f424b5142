"""Shipped and users' content, loaded and checked as one: vocabulary, catalogues, rules, profiles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from scanner import content
from scanner.catalog.catalogues import Catalogues, bind_bounds, catalogue_folders, check_catalogues, load_catalogues
from scanner.catalog.files.folders import Folder
from scanner.catalog.lint import Shipped
from scanner.catalog.profiles import RawProfile, load_profiles, profile_folders
from scanner.catalog.resolution import candidates, resolve
from scanner.catalog.rules import load_rules
from scanner.catalog.scaffold import new_rule
from scanner.facts.table import builtin_specs
from scanner.model.errors import ConfigurationError, ContentError, Problem, near
from scanner.model.fact import FactSpec, Vocabulary
from scanner.model.profile import Catalogue, Profile
from scanner.model.rule import Rule
from scanner.model.tagging import narrowable
from scanner.operations.request import Folders
from scanner.plugins import plugins
from scanner.store import atomic

SHIPPED = "rules"
"""By this name problems and reports call the folder of shipped rules."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that can be judged by, before a target is known."""

    vocabulary: Vocabulary
    catalogues: Catalogues
    rules: Mapping[str, Rule]
    profiles: Mapping[str, RawProfile]

    def resolve(self, names: Iterable[str]) -> dict[str, Profile]:
        """Give the named profiles, resolved; raises ConfigurationError and ContentError."""
        return resolve(names, self.profiles, self.catalogues, self.rules, self.vocabulary)

    def candidates(self, platform: str) -> list[str]:
        """Give the profiles that `auto` considers for a platform, particular ones before those for any system."""
        names = candidates(self.profiles, platform)
        return sorted(names, key=lambda name: not self.profiles[name].file.applies)

    def numbers_of(self, rule_id: str) -> dict[str, tuple[str, ...]]:
        """Give the controls that a rule maps to, and those that name it: catalogue > numbers."""
        found = {name: dict.fromkeys(numbers) for name, numbers in self.rules[rule_id].controls.items()}
        for catalogue in self.catalogues.values():
            for control in catalogue.controls:
                if any(mapped.rule == rule_id for mapped in control.rules):
                    found.setdefault(catalogue.id, {})[control.id] = None
        return {name: tuple(numbers) for name, numbers in found.items()}

    @property
    def shipped(self) -> Shipped:
        """The same as what users' files are linted against."""
        return Shipped(self.rules, self.catalogues, self.profiles, self.vocabulary)


def vocabulary() -> Vocabulary:
    """Give the built-in facts and those of collector plug-ins (their `SPECS`)."""
    extra: list[FactSpec] = []
    for entry in plugins("collectors").values():
        extra += entry.load().SPECS
    return Vocabulary((*builtin_specs(), *extra))


def load_content(
    folders: Folders | None = None,
    named: Iterable[str] = (),
    *,
    only: Collection[str] | None = None,
    cases: bool = True,
) -> Content:
    """Load all content; `named` are profiles asked for by path, `only` limits the rules that are read.

    Without `cases` those of the shipped rules are passed over: they were proven before the rules were shipped.

    Raises ContentError with every problem of every rule file (or of every catalogue, or of every profile).
    """
    folders = folders or Folders()
    words = vocabulary()
    catalogues = load_catalogues(catalogue_folders(_own(folders.catalogues, folders)))
    proven = () if cases else (SHIPPED,)
    rules = load_rules(_rule_folders(folders), words, catalogues=catalogues, only=only, proven=proven)
    if only is None:
        catalogues = bind_bounds(catalogues, rules)
    profiles = load_profiles(profile_folders(_own(folders.profiles, folders)), tuple(named))
    return Content(words, catalogues, rules, profiles)


def _rule_folders(folders: Folders) -> list[Folder]:
    return [Folder(content.folder("rules"), SHIPPED), *_own(folders.rules, folders)]


def _own(paths: Iterable[Path], folders: Folders) -> list[Folder]:
    return [Folder(path, folders.shown(str(path))) for path in paths]


@dataclass(frozen=True, slots=True)
class Checked:
    """What `rules lint` looked at, and what it found."""

    problems: tuple[Problem, ...]
    rules: int = 0
    cases: int = 0
    catalogues: int = 0
    profiles: int = 0


def with_paths(folders: Folders, paths: Iterable[Path]) -> Folders:
    """Add users' rule files and folders named by path; what lies in the shipped folder is there already."""
    shipped = content.folder("rules")
    home = shipped.resolve() if isinstance(shipped, Path) else None
    extra = [path if path.is_dir() else path.parent for path in paths]
    foreign = [path for path in extra if home is None or not path.resolve().is_relative_to(home)]
    return replace(folders, rules=tuple(dict.fromkeys((*folders.rules, *foreign))))


def check_content(folders: Folders, paths: Iterable[Path] = ()) -> Checked:
    """Check all content, and the rules at these paths; problems are collected as far as loading gets."""
    try:
        loaded = load_content(with_paths(folders, paths))
        problems = list(check_catalogues(loaded.catalogues, loaded.rules))
        loaded.resolve(loaded.profiles)
    except ContentError as wrong:
        return Checked(wrong.problems)
    cases = sum(len(rule.cases) for rule in loaded.rules.values())
    return Checked(tuple(problems), len(loaded.rules), cases, len(loaded.catalogues), len(loaded.profiles))


def choose_rules(folders: Folders, *, profile: str | None = None, control: str | None = None) -> list[Rule]:
    """Give the rules, those of a profile or a control if one is named, sorted by id."""
    loaded = load_content(folders, [profile] if profile else [], cases=False)
    chosen = set(loaded.rules)
    if profile:
        chosen &= set(next(iter(loaded.resolve([profile]).values())).rules)
    if control:
        chosen &= set(rules_of_control(loaded, control))
    return [loaded.rules[name] for name in sorted(chosen)]


def rules_of_control(loaded: Content, reference: str, catalogues: Iterable[str] | None = None) -> list[str]:
    """Give the rules of `catalogue/number`, or of a number among the catalogues named.

    Raises ConfigurationError for a control that there is not.
    """
    catalogue, _, number = reference.rpartition("/")
    names = [catalogue] if catalogue else list(catalogues if catalogues is not None else loaded.catalogues)
    if catalogue and catalogue not in loaded.catalogues:
        raise ConfigurationError(f"no catalogue is called '{catalogue}'{near(catalogue, loaded.catalogues)}")
    found: list[Catalogue] = [loaded.catalogues[name] for name in names if loaded.catalogues[name].control(number)]
    if not found:
        known = [control.id for name in names for control in loaded.catalogues[name].controls]
        raise ConfigurationError(f"no control is numbered '{reference}'{near(number, known)}")
    return [
        rule
        for rule in loaded.rules
        if any(number in loaded.numbers_of(rule).get(catalogue.id, ()) for catalogue in found)
    ]


def explain_rule(rule_id: str, folders: Folders) -> tuple[Rule, dict[str, tuple[str, ...]]]:
    """Give a rule with its controls; raises ConfigurationError with a near word."""
    loaded = load_content(folders)
    if rule_id not in loaded.rules:
        hint = near(rule_id, loaded.rules) or " (controlproof rules list names them)"
        raise ConfigurationError(f"no rule is called '{rule_id}'{hint}")
    return loaded.rules[rule_id], loaded.numbers_of(rule_id)


def begin_rule(path: Path, fact: str) -> None:
    """Write the scaffold of a rule for a fact; raises ConfigurationError when the file exists or is misnamed."""
    if path.suffix != ".yaml":
        raise ConfigurationError(f"{path}: a rule's file ends in .yaml (call it {path.with_suffix('.yaml').name})")
    if path.exists():
        raise ConfigurationError(f"{path}: exists already (choose another id)")
    text = new_rule(path.stem, vocabulary()[fact])
    atomic.make_folder(path.parent)
    atomic.write(path, text.encode(), mode=0o644)


def profile_lines(folders: Folders) -> list[str]:
    """Give a line for each profile: its name, title, and for whom it is."""
    loaded = load_content(folders, cases=False)
    width = max(len(name) for name in loaded.profiles)
    resolved = loaded.resolve(loaded.profiles)
    return [
        f"{name:<{width}}  {profile.title} ({len(profile.rules)} rules{', auto' if profile.auto else ''})"
        for name, profile in sorted(resolved.items())
    ]


def explain_profile(name: str, folders: Folders) -> list[str]:
    """Give a profile's page: rules, values, exclusions, and how much of its catalogues has rules."""
    loaded = load_content(folders, [name], cases=False)
    profile = next(iter(loaded.resolve([name]).values()))
    lines = [profile.id, f"  {profile.title}"]
    if profile.applies_says:
        lines.append(f"  for {profile.applies_says}")
    if profile.resources:
        tags = ", ".join(f"{key}={value}" for key, value in sorted(profile.resources.items()))
        lines.append(f"  resources with the tags {tags}; rules marked 'all' are judged on all resources")
    numbers = [loaded.numbers_of(rule) for rule in profile.rules]
    for catalogue in (loaded.catalogues[each] for each in profile.catalogues):
        named = {number for each in numbers for number in each.get(catalogue.id, ())}
        variant, level = profile.variants.get(catalogue.id, ("", 0))
        chosen = [each for each in catalogue.controls if not variant or each.levels.get(variant, level + 1) <= level]
        answered = sum(each.id in named for each in chosen)
        kind = f" ({variant}, level {level})" if variant else ""
        lines.append(f"  {catalogue.id}{kind}: {answered} of {len(chosen)} controls have rules")
    lines.append(f"rules ({len(profile.rules)})")
    for rule in profile.rules:
        settings = "".join(f"  {key}={value!r}" for key, value in profile.values.get(rule, {}).items())
        excluded = f"  excluded: {profile.excluded[rule]}" if rule in profile.excluded else ""
        whole = "  all" if profile.resources and not narrowable(loaded.rules[rule], loaded.vocabulary) else ""
        lines.append(f"  {rule}{settings}{excluded}{whole}")
    return lines
