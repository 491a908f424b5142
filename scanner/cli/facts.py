"""`controlproof facts`: the vocabulary that rules may use, as a manual."""

from __future__ import annotations

import json

import click

from scanner.model.errors import ConfigurationError, near
from scanner.model.fact import FactSpec, Shape

_SHAPES = {
    Shape.ONE: "one row",
    Shape.LOOKUP: "one row per asked key, `present: false` when it is not there",
    Shape.LIST: "any number of rows",
}


@click.group(name="facts")
def command() -> None:
    """List and explain the facts that rules may use."""


@command.command(name="list", short_help="Name every fact with its sentence.")
@click.option("--platform", help="Only facts of this platform.")
def list_(platform: str | None) -> None:
    """Name every fact with its sentence."""
    from scanner.operations.content import vocabulary

    known = vocabulary()
    platforms = sorted({name for spec in known.values() for name in spec.platforms})
    if platform not in (None, *platforms):
        hint = near(str(platform), platforms) or f" (one of {', '.join(platforms)})"
        raise ConfigurationError(f"no facts are of a platform '{platform}'{hint}")
    facts = [spec for spec in known.values() if platform in (None, *spec.platforms)]
    width = max((len(spec.name) for spec in facts), default=0)
    for spec in facts:
        click.echo(f"{spec.name:<{width}}  {spec.says}")


@command.command(short_help="Explain one fact: parameters, fields, needs, example.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(name: str, as_json: bool) -> None:
    """Explain one fact."""
    from scanner.operations.content import vocabulary

    spec = vocabulary()[name]
    click.echo(json.dumps(as_data(spec), indent=1) if as_json else markdown(spec))


def as_data(spec: FactSpec) -> dict[str, object]:
    """Give a fact's declaration as plain data."""
    return {
        "name": spec.name,
        "says": spec.says,
        "shape": spec.shape.value,
        "scope": spec.scope,
        "platforms": list(spec.platforms),
        "keys": list(spec.keys),
        "parameters": [
            {"name": each.name, "type": str(each.type), "says": each.says, "required": each.required}
            for each in spec.parameters
        ],
        "fields": [
            {"name": each.name, "type": str(each.type), "says": each.says, "sensitive": each.sensitive}
            for each in spec.fields
        ],
        "needs": _needs(spec),
        "inputs": [each.fact for each in spec.inputs],
        "example": dict(spec.example),
    }


def _needs(spec: FactSpec) -> list[str]:
    """Say what the fact's own platforms take, with their names where they differ."""
    found = []
    for need in spec.needs:
        on = [platform for platform in need.platforms if platform in spec.platforms]
        if on or not need.platforms:
            found.append(f"{need} ({', '.join(on)})" if on else str(need))
    return found


def markdown(spec: FactSpec) -> str:
    """Give a fact's manual page in Markdown."""
    lines = [f"## {spec.name}", "", spec.says, ""]
    lines.append(f"- Rows: {_SHAPES[spec.shape]}" + (f"; key: `{'`, `'.join(spec.keys)}`" if spec.keys else ""))
    lines.append(f"- Platforms: {', '.join(spec.platforms)}")
    if _needs(spec):
        lines.append(f"- Needs: {', '.join(_needs(spec))}")
    if spec.inputs:
        lines.append(f"- Derived from: {', '.join(f'`{each.fact}`' for each in spec.inputs)}")
    if spec.parameters:
        lines += ["", "| parameter | type | required | meaning |", "|---|---|---|---|"]
        for parameter in spec.parameters:
            needed = "yes" if parameter.required else "no"
            lines.append(f"| `{parameter.name}` | {parameter.type} | {needed} | {_cell(parameter.says)} |")
    lines += ["", "| field | type | meaning |", "|---|---|---|"]
    for field in spec.fields:
        hidden = " Masked before it is stored." if field.sensitive else ""
        lines.append(f"| `{field.name}` | {field.type} | {_cell(field.says)}{hidden} |")
    if spec.example:
        lines += ["", "Example row:", "", "    " + json.dumps(dict(spec.example))]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
