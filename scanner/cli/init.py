"""`controlproof init`: starter files for a new estate."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="init")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=".", help="Folder to write into.  [default: here]"
)
@click.option(
    "--ssh-config", type=click.Path(path_type=Path), help="Take hosts from this ssh_config.  [default: ~/.ssh/config]"
)
@click.option(
    "--ansible", type=click.Path(path_type=Path), help="Take hosts from the JSON of `ansible-inventory --list`."
)
def command(output: Path, ssh_config: Path | None, ansible: Path | None) -> None:
    """Write inventory.yaml, waivers.yaml and controlproof.yaml; files that exist are left alone."""
    from scanner.operations.init import write_starters

    for path, written in write_starters(output, ssh_config, ansible).items():
        click.echo(f"{'written' if written else 'kept   '}: {path}")
    click.echo("next:    controlproof lint && controlproof doctor && controlproof scan")
