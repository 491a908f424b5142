"""Users' files checked against each other and against all content, without a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scanner.catalog.files.configuration import find_configuration
from scanner.catalog.lint import lint_paths
from scanner.catalog.rulefile import World, read_rule
from scanner.model.errors import ContentError, Problem
from scanner.operations.content import Content, load_content
from scanner.operations.request import Folders


@dataclass(frozen=True, slots=True)
class Linted:
    """How many files were looked at, and what is wrong with them."""

    files: int
    problems: tuple[Problem, ...]


def lint(paths: tuple[Path, ...]) -> Linted:
    """Check files and folders; without any, the folder of the nearest controlproof.yaml, else this one."""
    own: tuple[Path, ...] = ()
    if not paths:
        found = find_configuration(Path())
        paths = (found.path.parent if found else Path(),)
        own = found.rules if found else ()
    content = _content(own)
    world = World.of(content.vocabulary, content.catalogues)
    seen: set[str] = set()

    def rule(path: str, data: bytes, problems: list[Problem]) -> object:
        seen.add(path)
        return read_rule(path, data, world, problems)

    problems = lint_paths(paths, content.shipped, readers={"rule": rule})
    return Linted(_count(paths), tuple(problems))


def _content(own: tuple[Path, ...]) -> Content:
    """Give what files may refer to: shipped content, and the rules that controlproof.yaml names when they are sound."""
    try:
        return load_content(Folders(rules=own))
    except ContentError:
        if not own:
            raise
        # What is wrong with own rules is found again, and told, when their files are linted.
        return load_content()


def _count(paths: tuple[Path, ...]) -> int:
    files = [path for path in paths if path.is_file()]
    for path in paths:
        files += (
            [file for file in path.rglob("*") if file.suffix in (".yaml", ".yml", ".json")] if path.is_dir() else []
        )
    return len(files)
