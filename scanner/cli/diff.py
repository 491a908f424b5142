"""`controlproof diff`: what changed between two runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from scanner.cli.console import say


@click.command(name="diff")
@click.argument("before", type=click.Path(path_type=Path, exists=True))
@click.argument("after", type=click.Path(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(before: Path, after: Path, as_json: bool) -> None:
    """Show new, updated, absent and no longer assessed findings. Ends with 1 when there are new ones."""
    from scanner.operations.diff import compare

    rows = compare(before, after)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        for row in rows:
            resource = f" {row['resource']}" if row["resource"] else ""
            why = f"  ({row['why']})" if row["why"] else ""
            say(f"{row['state']:<10} {row['severity']:<8} {row['target']}: {row['rule']}{resource}{why}")
        if not rows:
            click.echo("no change")
    sys.exit(1 if any(row["state"] == "new" for row in rows) else 0)
