"""`controlproof policy`: whether a recovery policy can hold, before anything is connected."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.console import complain

if TYPE_CHECKING:
    from scanner.derivation.recovery.policy.findings import Contradiction
    from scanner.operations.policy import LintedPolicy


@click.group(name="policy")
def command() -> None:
    """Look at recovery policies."""


@command.command(short_help="Find contradictions, and suggest a set that holds.")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the list."
)
@click.option("--strict", is_flag=True, help="End with 1 for warnings too.")
@click.option("--suggest", is_flag=True, help="Print a policy that holds instead, with a reason for every change.")
def lint(file: Path | None, form: str, strict: bool, suggest: bool) -> None:
    """Find demands that contradict each other, or that the policy's own means cannot meet. Needs no network.

    Without FILE it is the policy that controlproof.yaml names, else the shipped one. Ends with 1 when there is an
    error, with 2 when the file cannot be read.

    \b
    controlproof policy lint recovery-policy.yaml
    controlproof policy lint recovery-policy.yaml --suggest > better.yaml
    """
    from scanner.operations.configuration import settings_from
    from scanner.operations.policy import lint_policy, lint_rows

    path = file or settings_from(Path()).get("recovery_policy")
    if suggest:
        sys.exit(_suggest(path, strict=strict))
    linted = lint_policy(path)
    if form == "json":
        click.echo(json.dumps(lint_rows(linted), indent=1, ensure_ascii=False))
    else:
        _print(linted)
    sys.exit(1 if linted.errors or (strict and linted.found) else 0)


def _print(linted: LintedPolicy) -> None:
    from scanner.reporting.escape import line

    for each in linted.found:
        _print_one(each)
    warnings = len(linted.found) - linted.errors
    named = f"{linted.policy.path} (shipped)" if linted.shipped else linted.policy.path
    if not linted.found:
        click.echo(line(f"{named}: nothing in it contradicts itself"))
        return
    count = f"{linted.errors} error{'s' * (linted.errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
    click.echo(line(f"{named}: {count} (next: controlproof policy lint --suggest)"))


def _print_one(found: Contradiction) -> None:
    from scanner.reporting.escape import line

    click.echo(line(f"{found.severity} {found.code}: {found.says}"))
    for leaf in found.leaves:
        click.echo(f"    {line(leaf.written):<20}  {line(leaf.place)}  [{line(leaf.source)}]")
    click.echo(f"    do: {line(found.remedy)}")


def _suggest(path: Path | None, *, strict: bool) -> int:
    from scanner.derivation.recovery.policy.findings import ERROR
    from scanner.operations.policy import suggest_policy

    suggestion = suggest_policy(path)
    click.echo(suggestion.text, nl=False)
    for each in suggestion.left:
        complain(f"not mended: {each.severity} {each.code}: {each.says} ({each.remedy})")
    return int(any(each.severity == ERROR or strict for each in suggestion.left))
