"""`controlproof plan`: what would be asked of whom, before anything is asked."""

from __future__ import annotations

import json
from typing import Any

import click

from scanner.cli import options
from scanner.cli.request import build
from scanner.model.plan import Plan


@click.command(name="plan")
@click.argument("targets", nargs=-1, metavar="[TARGET|GROUP]...")
@options.selection_options
@options.recovery_policy_option
@options.waivers_option
@click.option("--script", "as_script", is_flag=True, help="The exact script for the one target named.")
@click.option(
    "--sql",
    "--requests",
    "sql",
    is_flag=True,
    help="Every statement, request or command that databases, backup systems, monitoring and tools are asked.",
)
@click.option("--calls", is_flag=True, help="Every call to cloud accounts, with the IAM action that it takes.")
@click.option(
    "--privileges",
    is_flag=True,
    help="Privileges that the facts of each target need, and how many rules are left without them.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def command(
    ctx: click.Context, /, as_script: bool, sql: bool, calls: bool, privileges: bool, as_json: bool, **flags: Any
) -> None:
    """Show visits, rules and queries of a scan; nothing is connected.

    \b
    controlproof plan -i inventory.yaml
    controlproof plan --script db01 > ask.sh     then: sudo sh ask.sh > answer.txt, controlproof evaluate answer.txt
    """
    from scanner.operations.prepare import prepare, script_of, statements_of
    from scanner.operations.privileges import grants
    from scanner.operations.privileges import privileges as privileges_of

    prepared = prepare(build(ctx, flags))
    if as_script:
        click.echo(script_of(prepared), nl=False)
    elif sql or calls:
        for targets, statements in statements_of(prepared, clouds=calls).items():
            click.echo(f"{targets}\n\n{statements}")
    elif as_json:
        click.echo(json.dumps(_as_data(prepared.plan), indent=1))
    else:
        for line in _lines(prepared.plan):
            click.echo(line)
        if privileges:
            for target, wanted in privileges_of(prepared).items():
                click.echo(f"{target} needs: {wanted}")
            for line in grants(prepared):
                click.echo(line)


def _lines(plan: Plan) -> list[str]:
    lines = []
    for visit in plan.visits:
        place = visit.endpoint.address or visit.endpoint.transport
        raised = f", {' '.join(visit.endpoint.become)}" if visit.endpoint.become else ""
        lines.append(f"visit {place} by {visit.endpoint.transport}{raised}: {len(visit.queries)} questions")
        for name in visit.targets:
            target = plan.targets[name]
            kind = "candidates of auto" if target.auto else "profiles"
            judged = sum(not entry.excluded for entry in target.selected)
            lines.append(f"  {name}: {judged} rules; {kind}: {', '.join(target.profiles) or 'none'}")
            lines += [f"    {query}" for query in target.queries]
            if target.linked:
                host = target.target.runs_on or "its host, which the inventory does not name"
                lines.append(f"    with {len(target.linked)} questions to {host}")
    lines += [f"not visited: {name} ({why})" for name, why in plan.skipped.items()]
    if plan.estate:
        lines.append(f"estate: {', '.join(entry.rule for entry in plan.estate)}")
    return [*lines, f"plan {plan.sha256[:16]}"]


def _as_data(plan: Plan) -> dict[str, Any]:
    return {
        "sha256": plan.sha256,
        "visits": [
            {
                "transport": visit.endpoint.transport,
                "address": visit.endpoint.address,
                "platform": visit.platform,
                "targets": list(visit.targets),
                "queries": [str(query) for query in visit.queries],
            }
            for visit in plan.visits
        ],
        "targets": {
            name: {
                "profiles": list(target.profiles),
                "auto": target.auto,
                "rules": [entry.rule for entry in target.selected],
            }
            for name, target in plan.targets.items()
        },
        "skipped": dict(plan.skipped),
        "estate": [entry.rule for entry in plan.estate],
    }
