"""`controlproof schema`: JSON Schemas for editors and for readers of run.json."""

from __future__ import annotations

import json

import click


@click.command(name="schema")
@click.argument("kind", required=False)
def command(kind: str | None) -> None:
    """Print the JSON Schema of a kind of file, or name the kinds.

    \b
    controlproof schema rule > rule.schema.json
    # yaml-language-server: $schema=rule.schema.json
    """
    from scanner.operations.schemas import names, schema

    if kind is None:
        click.echo("\n".join(names()))
    else:
        click.echo(json.dumps(schema(kind), indent=1))
