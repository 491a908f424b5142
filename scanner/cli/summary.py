"""The end of a run on the terminal: verdict, worst failures, what would need more rights, where the report lies."""

from __future__ import annotations

import io
import re
import shutil
import sys
from pathlib import Path

import click

from scanner.cli.console import colour_wanted
from scanner.operations.request import Request
from scanner.reporting import text
from scanner.scan import Done

_COLOURS = {"PASS": "green", "FAIL": "red", "UNDECIDED": "yellow", "INCOMPLETE": "magenta"}


def show(done: Done, request: Request, *, quiet: bool) -> None:
    """Print the summary, unless a format went to standard output; only the verdict when quiet."""
    report = done.report
    if done.folder is None:
        return
    verdict = f"{report.verdict.word}: {'; '.join(report.verdict.reasons)}"
    if quiet:
        click.echo(_paint(verdict, report.verdict.word))
        return
    out = io.BytesIO()
    text.write(report, out)
    summary = out.getvalue().decode()
    for line in summary.splitlines():
        click.echo(_paint(line, report.verdict.word))
    click.echo("")
    for path in done.written:
        click.echo(f"written: {path}")
    for hint in next_steps(done, request):
        click.echo(f"next:    {hint}")


def _paint(line: str, word: str) -> str:
    if not colour_wanted() or not re.match(rf"\W*(verdict\W+)?{word}\b", line, re.IGNORECASE):
        return line
    return click.style(line, fg=_COLOURS.get(word), bold=True)


def _program() -> str:
    """Give the command as it was called, so that what is printed can be pasted."""
    called = Path(sys.argv[0])
    on_path = shutil.which("controlproof")
    if called.name != "controlproof" or (on_path and Path(on_path).resolve() == called.resolve()):
        return "controlproof"
    try:
        return str(called.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(called)


def next_steps(done: Done, request: Request) -> list[str]:
    """Give what a user may want to do now, as commands."""
    report, command = done.report, _program()
    steps = []
    if request.local and any(info.privilege not in ("root", "") for info in report.targets.values()):
        steps.append(f"sudo {command} scan --local   (some facts need root)")
    worst = next((result.rule for result in report.results if result.outcome == "fail"), None)
    if worst:
        steps.append(f"{command} rules show {worst}")
    if request.local:
        steps.append(f"{command} init   (an inventory for more than this machine)")
    return steps
