"""Folders of content, shipped or a user's: which files to read, and what to call them in problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from scanner.model.errors import Problem

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder and the name by which problems and reports call it."""

    place: Traversable
    shown: str

    @classmethod
    def of(cls, path: Path) -> Folder:
        """Give a user's folder."""
        return cls(path, str(path))


@dataclass(frozen=True, slots=True)
class Content:
    """One file of a folder."""

    stem: str
    shown: str
    data: bytes


def yaml_files(
    folders: Iterable[Folder], problems: list[Problem], only: Iterable[str] | None = None
) -> Iterator[Content]:
    """Read the YAML files that lie directly in the folders, sorted by name; with `only`, those with one of these stems.

    A folder or file that cannot be read is a problem.
    """
    wanted = None if only is None else frozenset(only)
    for folder in folders:
        if not folder.place.is_dir():
            problems.append(Problem(folder.shown, 0, "there is no such folder", "check the path"))
            continue
        for file in sorted(folder.place.iterdir(), key=lambda entry: entry.name):
            name = PurePosixPath(file.name)
            if name.suffix not in SUFFIXES or name.name.startswith(".") or not file.is_file():
                continue
            shown = f"{folder.shown}/{file.name}"
            if wanted is None or name.stem in wanted:
                try:
                    yield Content(name.stem, shown, file.read_bytes())
                except OSError as wrong:
                    problems.append(Problem(shown, 0, f"cannot be read: {wrong.strerror or wrong}", "check the file"))
