"""`controlproof doctor`: connect to every target and say what is missing."""

from __future__ import annotations

import sys
from typing import Any

import click

from scanner.cli import options
from scanner.cli.console import say
from scanner.cli.request import build


@click.command(name="doctor")
@click.argument("targets", nargs=-1, metavar="[TARGET|GROUP]...")
@options.selection_options
@options.reaching_options
@click.pass_context
def command(ctx: click.Context, /, **flags: Any) -> None:
    """Check files, connect to every target, and name the privileges its profiles would miss. Ends with 3 when some are missing."""
    from scanner.operations.doctor import examine

    healthy = True
    for finding in examine(build(ctx, flags)):
        healthy = healthy and finding.well
        say(f"{'ok  ' if finding.well else 'miss'} {finding.target}: {finding.text}")
    sys.exit(0 if healthy else 3)
