"""`controlproof report`: write any format of an earlier run anew."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scanner.cli import options
from scanner.model.errors import ConfigurationError


@click.command(name="report")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@options.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME[,NAME]",
    help="Formats to write.  [default: text to the terminal]",
)
@options.option(
    "-o", "--output", metavar="DIR|-", help="Folder to write into; `-` prints one format.  [default: the run's folder]"
)
@options.option(
    "--file-mode", type=options.mode, metavar="MODE", help="Permissions of reports; 0600, and 0644 for metrics.prom."
)
@click.option(
    "--check", is_flag=True, help="Check written SARIF, JUnit and CSV as their readers would; ends with 1 on a problem."
)
@click.option("--list", "list_formats", is_flag=True, help="Name the formats.")
def command(
    run: Path | None,
    formats: tuple[str, ...],
    output: str | None,
    file_mode: int | None,
    check: bool,
    list_formats: bool,
) -> None:
    """Write reports of the run in folder RUN; the same run gives the same bytes.

    With --check, RUN may be a report or a folder of reports: what lies there is read as code scanning, Jenkins, GitLab
    and spreadsheets would, and each problem is told. With --format the reports are written first.

    \b
    controlproof report controlproof-out
    controlproof report runs/latest --format csv,markdown -o .
    controlproof report controlproof-out --check
    """
    from scanner.operations.reporting import formats_known, print_report, write_reports
    from scanner.store.runs import read_run

    if list_formats:
        for name, says in formats_known().items():
            click.echo(f"{name:<12} {says}")
        return
    if run is None:
        raise click.UsageError("no run is named (name its folder, such as controlproof-out)")
    if check and not formats and output is None:
        _check([run])
        return
    report = read_run(run)
    wanted = tuple(part for value in formats for part in value.split(",") if part)
    if output == "-" and len(wanted) > 1:
        raise ConfigurationError("-o -: one format goes to standard output (name it with --format)")
    if check and output == "-":
        raise ConfigurationError("-o -: what goes to standard output is not checked (name a folder)")
    if output == "-" or (not wanted and output is None):
        print_report(report, wanted or ("text",), sys.stdout.buffer)
        return
    folder = Path(output) if output else run if run.is_dir() else run.parent
    written = write_reports(report, wanted or ("sarif", "junit", "html"), folder, file_mode)
    for path in written:
        click.echo(f"written: {path}")
    if check:
        _check(written)


def _check(places: list[Path]) -> None:
    """Tell what readers would object to, and end with 1 if they would."""
    from scanner.cli.console import say
    from scanner.operations.ingestion import check_reports

    problems = 0
    for path, objections in check_reports(places):
        for objection in objections:
            say(objection)
        problems += len(objections)
        if not objections:
            click.echo(f"in order: {path}")
    sys.exit(1 if problems else 0)
