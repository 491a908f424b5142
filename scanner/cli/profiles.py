"""`controlproof profiles`: list and explain profiles and catalogues."""

from __future__ import annotations

from typing import Any

import click

from scanner.cli import options


@click.group(name="profiles")
def command() -> None:
    """List and explain profiles."""


@command.command(name="list", short_help="Name profiles and whom they are for.")
@options.content_options
def list_(**given: Any) -> None:
    """Name profiles and whom they are for."""
    from scanner.operations.content import profile_lines

    for line in profile_lines(options.folders(given)):
        click.echo(line)


@command.command(short_help="Show what a profile selects.")
@click.argument("name")
@options.content_options
def show(name: str, **given: Any) -> None:
    """Show a profile's rules, the values it sets, what it excludes and why, and how much of its catalogues has rules."""
    from scanner.operations.content import explain_profile

    for line in explain_profile(name, options.folders(given)):
        click.echo(line)
