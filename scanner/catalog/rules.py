"""Folders of rules: found by their names, loaded with all problems of all files told at once, hashed as a set."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from scanner.catalog.files.folders import Folder
from scanner.catalog.nodes import quoted
from scanner.catalog.rulefile import World, read_rule
from scanner.catalog.source import remedy
from scanner.model.errors import ContentError, Problem
from scanner.model.fact import Vocabulary
from scanner.model.profile import Catalogue
from scanner.model.rule import Rule

_DEEPEST = 8
_MISNAMED = (".yml", ".json")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """Where a rule lies, and the path by which problems and reports call it."""

    id: str
    shown: str
    place: Traversable
    folder: str
    """What the folder is called that it was found in."""


def load_rule(path: str, data: bytes, vocabulary: Vocabulary, catalogues: Mapping[str, Catalogue]) -> Rule:
    """Load one rule from the bytes of its file; raises ContentError with every problem found."""
    problems: list[Problem] = []
    rule = read_rule(path, data, World.of(vocabulary, catalogues), problems)
    if rule is None or problems:
        raise ContentError(problems)
    return rule


def load_rules(
    folders: Iterable[Folder],
    vocabulary: Vocabulary,
    *,
    catalogues: Mapping[str, Catalogue],
    only: Collection[str] | None = None,
    proven: Collection[str] = (),
) -> dict[str, Rule]:
    """Load all rules below the folders, sorted by id; with `only` just those, and nothing else is read.

    `proven` are folders, as `Folder.shown` calls them, whose cases are neither read nor kept, and whose checks are
    not searched for contradictions: both is done before rules are shipped, and makes up most of what loading takes.

    A rule's id is its file's name, unique over all folders; a former id is nobody's id now, and but one rule's.
    Raises ContentError with every problem of every file.
    """
    problems: list[Problem] = []
    files = find_rules(folders, problems)
    wanted = files if only is None else _wanted(files, only, problems)
    world = World.of(vocabulary, catalogues)
    rules: dict[str, Rule] = {}
    for file in wanted.values():
        try:
            data = file.place.read_bytes()
        except OSError as wrong:
            problems.append(Problem(file.shown, 0, f"cannot be read: {wrong.strerror or wrong}", "check the file"))
            continue
        doubted = file.folder not in proven
        rule = read_rule(file.shown, data, world, problems, cases=doubted, sound=doubted)
        if rule is not None:
            rules[rule.id] = rule
    _check_former(rules, files, problems)
    if problems:
        raise ContentError(problems)
    return rules


def find_rules(folders: Iterable[Folder], problems: list[Problem]) -> dict[str, RuleFile]:
    """Give id > file for all rules below the folders, sorted by id; nothing is read. Of two equal ids the first stays."""
    found: dict[str, RuleFile] = {}
    for folder in folders:
        if not folder.place.is_dir():
            problems.append(Problem(folder.shown, 0, "there is no such folder", "check the path"))
            continue
        for file in _below(folder, folder.place, folder.shown, problems):
            first = found.setdefault(file.id, file)
            if first is not file:
                problems.append(
                    Problem(file.shown, 1, f"the rule '{file.id}' exists already: {first.shown}", "rename it")
                )
    return dict(sorted(found.items()))


def rules_sha256(rules: Mapping[str, Rule]) -> str:
    """Give the hash of a set of rules: of their ids and the bytes of their files, in the order of ids."""
    lines = "".join(f"{name} {rules[name].sha256}\n" for name in sorted(rules))
    return hashlib.sha256(lines.encode()).hexdigest()


def renamed(rules: Mapping[str, Rule]) -> dict[str, str]:
    """Give former id > present id, for waivers, profiles and fingerprints that still bear the former one."""
    return {former: rule.id for rule in rules.values() for former in rule.formerly}


def _below(
    root: Folder, folder: Traversable, shown: str, problems: list[Problem], depth: int = 0
) -> Iterator[RuleFile]:
    """Walk a folder, its entries sorted by name; hidden ones are passed over."""
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as wrong:
        problems.append(Problem(shown, 0, f"cannot be read: {wrong.strerror or wrong}", "check the folder"))
        return
    for entry in entries:
        name = PurePosixPath(entry.name)
        here = f"{shown}/{entry.name}"
        if entry.name.startswith("."):
            continue
        if name.suffix == ".yaml":
            yield RuleFile(name.stem, here, entry, root.shown)
        elif name.suffix.lower() in _MISNAMED or name.suffix.lower() == ".yaml":
            problems.append(Problem(here, 0, "a rule's file ends in .yaml", f"call it {name.stem}.yaml"))
        elif entry.is_dir():
            if depth == _DEEPEST:
                problems.append(
                    Problem(here, 0, f"lies deeper than {_DEEPEST} folders", "move it up, or unlink the circle")
                )
            else:
                yield from _below(root, entry, here, problems, depth + 1)


def _wanted(files: Mapping[str, RuleFile], only: Collection[str], problems: list[Problem]) -> dict[str, RuleFile]:
    missing = sorted(set(only) - set(files))
    problems.extend(Problem("rules", 0, f"unknown rule {quoted(name)}", remedy(name, files)) for name in missing)
    chosen = frozenset(only)
    return {name: file for name, file in files.items() if name in chosen}


def _check_former(rules: Mapping[str, Rule], files: Mapping[str, RuleFile], problems: list[Problem]) -> None:
    owners: dict[str, str] = {}
    for rule in rules.values():
        for former in rule.formerly:
            if former in files:
                what = f"the former id {quoted(former)} is the id of {files[former].shown}"
                problems.append(Problem(rule.path, rule.line, what, "remove it from 'formerly'"))
            elif owners.setdefault(former, rule.id) != rule.id:
                what = f"the former id {quoted(former)} is claimed by {owners[former]} too"
                problems.append(Problem(rule.path, rule.line, what, "remove it from one of them"))
