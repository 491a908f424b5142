"""`controlproof evaluate`: judge evidence that was collected before, or an answer that was carried over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from scanner.cli import options
from scanner.cli.console import Log
from scanner.cli.progress import Lines
from scanner.cli.request import build
from scanner.cli.summary import show


@click.command(name="evaluate")
@click.argument("evidence", nargs=-1, required=True, metavar="FILE|DIR...", type=click.Path(path_type=Path))
@options.selection_options
@options.judging_options
@options.output_options
@options.sealing_options
@click.option("--target", help="Target that an answer file is of, when more than one is planned.")
@options.option(
    "--max-evidence-age",
    type=options.age,
    default="24h",
    metavar="TIME|never",
    show_default=True,
    help="Older evidence counts as unknown.",
)
@click.option("--as-of", metavar="TIME", help="Judge as of this time (RFC 3339) instead of now; lifts the age limit.")
@options.voice_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    evidence: tuple[Path, ...],
    target: str | None,
    as_of: str | None,
    quiet: bool,
    verbose: bool,
    log_format: str,
    **flags: Any,
) -> None:
    """Judge evidence without visiting anything.

    A FILE is the output of the script of `controlproof plan --script`, or a snapshot; a DIR is a run's folder.

    \b
    controlproof evaluate answer.txt --local
    controlproof evaluate runs/latest -i inventory.yaml --as-of 2026-11-01T00:00:00Z
    """
    from scanner.scan import evaluate

    log = Log(0 if quiet else 2 if verbose else 1, log_format)
    request = build(ctx, flags)
    done = evaluate(request, evidence, Lines(log), target=target or "", as_of=as_of or "", stdout=sys.stdout.buffer)
    show(done, request, quiet=quiet)
    sys.exit(done.report.verdict.exit_code)
