"""`controlproof collect`: visit targets and keep the evidence, to be judged later."""

from __future__ import annotations

import sys
from typing import Any

import click

from scanner.cli import options
from scanner.cli.console import Log
from scanner.cli.progress import progress
from scanner.cli.request import build
from scanner.cli.stopping import stopping
from scanner.model.errors import ConfigurationError


@click.command(name="collect")
@click.argument("targets", nargs=-1, metavar="[TARGET|GROUP]...")
@options.selection_options
@options.reaching_options
@options.waivers_option
@options.option("-o", "--output", metavar="DIR", help="Folder for the evidence.  [default: controlproof-out]")
@options.option("--resume", is_flag=True, help="Ask only what is missing.")
@options.voice_options
@click.pass_context
def command(ctx: click.Context, /, quiet: bool, verbose: bool, log_format: str, **flags: Any) -> None:
    """Collect evidence without judging it; `controlproof evaluate DIR` judges it. Ends with 3 when a target stayed silent."""
    from scanner.operations.collect import collect

    log = Log(0 if quiet else 2 if verbose else 1, log_format)
    if flags["output"] == "-":
        raise ConfigurationError("-o -: evidence goes into a folder (name one)")
    request = build(ctx, flags)
    with stopping() as stop, progress(log) as listener:
        done = collect(request, listener, stop)
    for name, reason in done.silent.items():
        log.line(f"{name}: {reason}", level=0)
    click.echo(f"evidence of {done.reached} of {done.reached + len(done.silent)} targets in {done.folder}")
    sys.exit(3 if done.silent or not done.reached else 0)
