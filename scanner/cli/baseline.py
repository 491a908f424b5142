"""`controlproof baseline`: a small file of known failures, to be kept beside the code."""

from __future__ import annotations

from pathlib import Path

import click


@click.group(name="baseline")
def command() -> None:
    """Keep the failures of a run as a file of fingerprints, which `--baseline FILE` compares with."""


@command.command(name="write", short_help="Write the failures of a run as a file.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help="File to write.")
def write(run: Path, output: Path) -> None:
    """Write every failing finding of the run in folder RUN: rule, target, severity, when last seen, fingerprint.

    Nothing of what was found is in the file: no values, addresses or evidence.

    \b
    controlproof baseline write controlproof-out -o baseline.json
    controlproof scan --baseline baseline.json --fail-on-new
    """
    from scanner.operations.baseline import write_baseline

    known = write_baseline(run, output)
    click.echo(f"written: {output}, {known} finding{'s' * (known != 1)}")
