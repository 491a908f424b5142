"""`controlproof bundle`: seal an earlier run together with what it was judged by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scanner.cli import options
from scanner.cli.request import build


@click.command(name="bundle")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("bundle", type=click.Path(path_type=Path), metavar="DIR|FILE.zip")
@options.selection_options
@options.option("--waivers", type=click.Path(path_type=Path), multiple=True, metavar="FILE", help="Those of the run.")
@options.option(
    "--attestations", type=click.Path(path_type=Path), multiple=True, metavar="FILE", help="Those of the run."
)
@options.option("--claims", type=click.Path(path_type=Path), multiple=True, metavar="FILE", help="Those of the run.")
@options.policy_ref_option
@options.sealing_details
@options.option(
    "--format", "formats", multiple=True, metavar="NAME[,NAME]", help="Reports to put in.  [default: sarif,junit,html]"
)
@options.option(
    "--file-mode", type=options.mode, default="0600", metavar="MODE", show_default=True, help="Permissions of a .zip."
)
@options.option("--no-command-refs", is_flag=True, help="Refuse secrets by `command:`.")
@click.pass_context
def command(ctx: click.Context, /, run: Path, bundle: Path, **flags: Any) -> None:
    """Write the run in folder RUN as one bundle, as `scan --bundle` does at once.

    What the run was judged by comes from the same flags and controlproof.yaml as for the scan; it is refused when
    rules, values or the inventory are not those of the run any more.

    \b
    controlproof bundle runs/latest evidence-2026-11.zip --sign-key file:~/.ssh/controlproof
    controlproof bundle controlproof-out bundles/today --bundle-after bundles
    """
    from scanner.operations.bundling import bundle_run

    request = build(ctx, {**flags, "bundle": bundle})
    for path in bundle_run(request, run):
        click.echo(f"written: {path}")
