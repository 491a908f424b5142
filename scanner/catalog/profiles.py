"""Profiles: loading them, and finding those that a name, a path or `extends` asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanner import content
from scanner.catalog.files.folders import SUFFIXES, Content, Folder, yaml_files
from scanner.catalog.files.header import bytes_of, read_as
from scanner.catalog.files.platforms import PLATFORMS
from scanner.catalog.files.profile import ProfileFile
from scanner.catalog.nodes import Document
from scanner.catalog.source import remedy
from scanner.model.errors import ContentError, Problem

_LEVELLED = re.compile(r"(.+)-level-(\d+)(-.+)?")
"""How profiles of one benchmark are told apart."""


@dataclass(frozen=True, slots=True)
class RawProfile:
    """A profile as its file says it, before `extends` and selections are resolved."""

    id: str
    file: ProfileFile
    document: Document


def profile_folders(extra: Iterable[Folder] = ()) -> list[Folder]:
    """Give the folder of shipped profiles and further ones."""
    return [Folder(content.folder("profiles"), "profiles"), *extra]


def profile_id(name: str) -> str:
    """Give the id of what `-p` was given: a name is one itself, a path ends in .yaml or .yml and names a file."""
    return Path(name).stem if name.endswith(SUFFIXES) else name


def unknown_profile(name: str, known: Iterable[str], otherwise: str = "") -> tuple[str, str]:
    """Tell that no profile has this name, and what to do; a level that its benchmark lacks is told as such."""
    names = list(known)
    what = f"no profile is called '{name}'"
    parts = _LEVELLED.fullmatch(name)
    if parts:
        begin, level, end = parts[1], parts[2], parts[3] or ""
        others = [
            other for other in names if (at := _LEVELLED.fullmatch(other)) and (at[1], at[3] or "") == (begin, end)
        ]
        if others:
            return f"{what}: its benchmark has no Level {level}", f"there is {' and '.join(sorted(others))}"
    return what, remedy(name, names, otherwise)


def load_profiles(folders: Iterable[Folder], named: Sequence[str] = ()) -> dict[str, RawProfile]:
    """Load the profiles of these folders, and those of `named` that are paths, with what these extend beside them.

    Raises ContentError with every problem found.
    """
    problems: list[Problem] = []
    profiles = read_profiles(folders, named, problems)
    if problems:
        raise ContentError(problems)
    return profiles


def read_profiles(folders: Iterable[Folder], named: Sequence[str], problems: list[Problem]) -> dict[str, RawProfile]:
    """Load profiles, with what is wrong appended to `problems`."""
    found: dict[str, RawProfile] = {}
    for file in yaml_files(folders, problems):
        # recovery-policy.yaml lies among the profiles and is a file of another kind.
        if file.stem != "recovery-policy":
            _take(file, found, problems)
    waiting = [Path(name) for name in named if name.endswith(SUFFIXES)]
    taken: set[Path] = set()
    while waiting:
        path = waiting.pop(0)
        if path in taken:
            continue
        taken.add(path)
        data = bytes_of(path, problems)
        profile = None if data is None else _take(Content(path.stem, str(path), data), found, problems)
        for parent in (profile.file.extends or ()) if profile else ():
            beside = [path.with_name(parent + suffix) for suffix in SUFFIXES]
            waiting += [file for file in beside if parent not in found and file.is_file()]
    return found


def _take(file: Content, found: dict[str, RawProfile], problems: list[Problem]) -> RawProfile | None:
    if file.stem in found:
        what = f"the profile '{file.stem}' exists already: {found[file.stem].document.path}"
        problems.append(Problem(file.shown, 1, what, "rename the file"))
        return None
    profile = read_profile(file.stem, file.shown, file.data, problems)
    if profile is not None:
        found[file.stem] = profile
    return profile


def read_profile(stem: str, path: str, data: bytes, problems: list[Problem]) -> RawProfile | None:
    """Read one profile; what is wrong in itself is appended to `problems`."""
    shape, document = read_as(ProfileFile, "profile", path, data, problems)
    if shape is None or document is None:
        return None
    if shape.id not in (None, stem):
        what = f"the id '{shape.id}' is not the file's name"
        problems.append(Problem(path, document.line("id"), what, f"write id: {stem}, or rename the file"))
    for index, platform in enumerate(shape.auto or ()):
        if platform not in PLATFORMS:
            what, todo = f"no platform is called '{platform}'", remedy(platform, PLATFORMS)
            problems.append(Problem(path, document.line("auto", index), what, todo))
    if shape.applies and shape.applies_says is None:
        what = "'applies' stands without 'applies_says'"
        problems.append(Problem(path, document.line("applies"), what, "say in words whom the profile is for"))
    return RawProfile(stem, shape, document)


def settings_of(values: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, Any]]:
    """Flatten rule > value > setting into (rule, value, setting)."""
    return [(rule, value, setting) for rule, named in values.items() for value, setting in named.items()]
