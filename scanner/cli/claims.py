"""`controlproof claims`: what documents declare, read, checked, and set beside what was measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from scanner.cli import options
from scanner.cli.console import EXIT_UNDECIDED, complain

_PATH = click.Path(path_type=Path)


@click.group(name="claims")
def command() -> None:
    """Read claims out of documents, check their numbers, and set them beside a run."""


@command.command(name="import", short_help="Read claims out of Markdown tables.")
@click.argument("documents", nargs=-1, required=True, type=_PATH, metavar="DOCUMENT...")
@click.option("-o", "--output", type=_PATH, metavar="FILE", help="File to write; standard output without it.")
@click.option(
    "--catalogue", default="cis-controls-v8.1", show_default=True, help="Catalogue whose numbers the documents use."
)
@click.option("--system", default="", metavar="PLATFORM", help="Platform that the documents speak of, such as entra.")
@options.content_options
def import_(documents: tuple[Path, ...], output: Path | None, catalogue: str, system: str, **given: Any) -> None:
    """Read tables with columns such as CIS Control, Implementation Status, Evidence Location, Assessment Date.

    Rows that cannot be read are named, and end with 1; nothing is guessed.
    """
    from scanner.operations.claims import import_claims
    from scanner.store import atomic

    found = import_claims(documents, catalogue, options.folders(given), system)
    for problem in found.problems:
        complain(str(problem))
    if output is None:
        click.echo(found.text, nl=False)
    else:
        atomic.write(output, found.text.encode(), mode=0o644)
        click.echo(f"written: {output}: {found.claims} claims (next: controlproof claims lint {output})")
    sys.exit(1 if found.problems else 0)


@command.command(short_help="Find claims whose number does not fit.")
@click.argument("files", nargs=-1, required=True, type=_PATH, metavar="FILE...")
@options.content_options
def lint(files: tuple[Path, ...], **given: Any) -> None:
    """Check numbers against the catalogues, and the documents' titles against theirs. Ends with 1 when one is wrong."""
    from scanner.operations.claims import lint_claims

    number, problems = lint_claims(files, options.folders(given))
    for problem in problems:
        complain(str(problem))
    click.echo(f"{number} claims: {len(problems)} with a wrong number")
    sys.exit(1 if problems else 0)


@command.command(short_help="Set claims beside a run.")
@click.argument("run", type=_PATH, metavar="RUN")
@click.option("--claims", "files", type=_PATH, multiple=True, metavar="FILE", help="Claims; the run's own without it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def check(run: Path, files: tuple[Path, ...], as_json: bool) -> None:
    """Say of each claim whether the run confirms it, with what speaks against it.

    Ends with 1 when one is refuted, with 3 when none could be measured, else with 0.
    """
    from scanner.operations.claims import check_claims
    from scanner.reporting.escape import line

    rows = check_claims(run, files)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        for row in rows:
            measured = row["measured"] or row["reason"]
            click.echo(line(f"{row['verdict']:<14}  {row['control']}  {row['status']} ({row['source']}): {measured}"))
            for each in row["against"]:
                click.echo(line(f"                  {each} fails"))
            if row["more"]:
                click.echo(f"                  and {row['more']} more")
    verdicts = {row["verdict"] for row in rows}
    sys.exit(1 if "refuted" in verdicts else EXIT_UNDECIDED if verdicts == {"not measurable"} else 0)
