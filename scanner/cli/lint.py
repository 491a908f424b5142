"""`controlproof lint`: check users' files without a network."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scanner.cli.console import EXIT_USAGE, complain


@click.command(name="lint")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def command(paths: tuple[Path, ...]) -> None:
    """Check files or folders (default: what controlproof.yaml names, else this folder), with all errors together."""
    from scanner.operations.lint import lint

    checked = lint(paths)
    for problem in checked.problems:
        complain(str(problem))
    if checked.problems:
        sys.exit(EXIT_USAGE)
    click.echo(f"{checked.files} file{'s' * (checked.files != 1)} checked: no problem")
