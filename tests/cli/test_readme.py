"""Every command line of the README and of the pages parses: its commands, options and values exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from scanner.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def lines(page: Path) -> list[str]:
    """The indented or fenced command lines of a page."""
    found = []
    for line in page.read_text().replace("\\\n", " ").splitlines():
        text = line.strip()
        if re.match(r"(\$ |sudo )?(\.venv/bin/)?controlproof [a-z-]", text) and (
            line.startswith("    ") or "`" not in line
        ):
            found.append(text)
    return found


COMMANDS = [pytest.param(line, id=f"{page.name}: {line}") for page in PAGES for line in lines(page)]


@pytest.mark.parametrize("line", COMMANDS)
def test_command_line_parses(line: str) -> None:
    words = shlex.split(re.split(r"\s(?:#|>|&&|\|)\s?", line)[0].removeprefix("$ "))
    words = words[next(index for index, word in enumerate(words) if word.endswith("controlproof")) + 1 :]
    with main.make_context("controlproof", list(words)) as context:
        rest = [*context._protected_args, *context.args]
        command: click.Command = main
        while isinstance(command, click.Group):
            name, found, rest = command.resolve_command(context, rest)
            assert found is not None
            command = found
            if not isinstance(command, click.Group):
                command.make_context(name, rest, parent=context).close()


def test_readme_shows_the_first_commands() -> None:
    shown = "\n".join(lines(ROOT / "README.md"))
    for word in ("scan", "init", "doctor", "plan --script", "evaluate", "rules list", "rules show", "facts show"):
        assert f"controlproof {word}" in shown
