"""`controlproof scan`: visit targets, judge them, write reports, close or open the gate."""

from __future__ import annotations

import sys
from typing import Any

import click

from scanner.cli import options
from scanner.cli.console import Log
from scanner.cli.progress import progress
from scanner.cli.request import build
from scanner.cli.stopping import stopping
from scanner.cli.summary import show


@click.command(
    name="scan",
    epilog="Without an inventory and without a controlproof.yaml this machine is scanned.",
)
@click.argument("targets", nargs=-1, metavar="[TARGET|GROUP]...")
@options.selection_options
@options.judging_options
@options.reaching_options
@options.output_options
@options.sealing_options
@options.option("--resume", is_flag=True, help="Go on with a run that was cut: ask only what is missing.")
@options.option(
    "--max-evidence-age",
    type=options.age,
    default="24h",
    metavar="TIME|never",
    show_default=True,
    help="Older evidence counts as unknown.",
)
@options.voice_options
@click.pass_context
def command(ctx: click.Context, /, quiet: bool, verbose: bool, log_format: str, **flags: Any) -> None:
    """Scan targets: one visit each, then results, reports and an exit code.

    \b
    controlproof scan                                   this machine
    controlproof scan -i inventory.yaml -p auto         every target, by the profile that fits
    controlproof scan db01 web -p cis-ubuntu-24.04-level-2-server
    controlproof scan --baseline latest --fail-on-new --runs /var/lib/controlproof --keep 30
    controlproof scan --format sarif -o - > results.sarif
    """
    from scanner.scan import scan

    log = Log(0 if quiet else 2 if verbose else 1, log_format)
    request = build(ctx, flags)
    with stopping() as stop, progress(log) as listener:
        done = scan(request, listener, stdout=sys.stdout.buffer, stop=stop)
    show(done, request, quiet=quiet)
    sys.exit(done.report.verdict.exit_code)
