"""`controlproof rules`: check, test, list, explain and begin rules."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from scanner.cli import options
from scanner.cli.console import EXIT_USAGE, complain
from scanner.model.rule import Rule


@click.group(name="rules")
def command() -> None:
    """Check, test, list, explain and begin rules."""


@command.command(short_help="Check rules, profiles and catalogues completely.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@options.content_options
def lint(paths: tuple[Path, ...], **given: Any) -> None:
    """Check the shipped rules, or the folders named, with all errors of all files together."""
    from scanner.operations.content import check_content

    checked = check_content(options.folders(given), paths)
    for problem in checked.problems:
        complain(str(problem))
    if checked.problems:
        sys.exit(EXIT_USAGE)
    click.echo(
        f"{checked.rules} rules checked, {checked.cases} cases, {checked.catalogues} catalogues, "
        f"{checked.profiles} profiles: no problem"
    )


@command.command(short_help="Run the cases that stand in the rules.")
@click.argument("rules", nargs=-1, metavar="[RULE|PATH]...")
@options.content_options
def test(rules: tuple[str, ...], **given: Any) -> None:
    """Run the cases of all rules, or of those named by id or by a path of files. Ends with 1 when one differs."""
    from scanner.operations.cases import run_cases

    below = tuple(Path(name) for name in rules if Path(name).exists())
    named = tuple(name for name in rules if not Path(name).exists())
    outcomes = list(run_cases(named, options.folders(given), below=below))
    wrong = [outcome for outcome in outcomes if not outcome.right]
    for outcome in wrong:
        why = f" ({outcome.why})" if outcome.why else ""
        complain(f"{outcome.place}: {outcome.rule}, case '{outcome.case}': {outcome.got}, not {outcome.wanted}{why}")
    tested = len({outcome.rule for outcome in outcomes})
    click.echo(f"{len(outcomes)} cases of {tested} rule{'s' * (tested != 1)}: {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


@command.command(name="list", short_help="Name rules with severity and title.")
@click.option("--control", metavar="CATALOGUE/NUMBER", help="Only rules of this control.")
@click.option("-p", "--profile", help="Only rules of this profile.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@options.content_options
def list_(control: str | None, profile: str | None, as_json: bool, **given: Any) -> None:
    """Name rules with severity and title."""
    from scanner.operations.content import choose_rules

    rules = choose_rules(options.folders(given), profile=profile, control=control)
    if as_json:
        rows = [{"id": rule.id, "severity": rule.severity.value, "title": rule.title} for rule in rules]
        click.echo(json.dumps(rows, indent=1))
        return
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        click.echo(f"{rule.id:<{width}}  {rule.severity.value:<8}  {rule.title}")


@command.command(short_help="Explain one rule.")
@click.argument("rule_id", metavar="RULE")
@options.content_options
def show(rule_id: str, **given: Any) -> None:
    """Explain one rule: why, what it checks, how to put it right, and which controls name it."""
    from scanner.operations.content import explain_rule

    rule, controls = explain_rule(rule_id, options.folders(given))
    click.echo(page(rule, controls))


def page(rule: Rule, controls: dict[str, tuple[str, ...]]) -> str:
    """Give a rule's page as plain text."""
    lines = [f"{rule.id}", "", f"  {rule.title}", "", f"Severity     {rule.severity.value}"]
    lines.append(f"Platforms    {', '.join(rule.platforms)}   revision {rule.revision}")
    lines += [f"Control      {name} {', '.join(numbers)}" for name, numbers in controls.items()]
    lines += ["", "Why", *_indent(rule.rationale), "", "How to put it right", *_indent(rule.remediation)]
    if rule.manual:
        lines += ["", "Answered by a person, who gives", *_indent(rule.evidence)]
    if rule.values:
        lines += ["", "Values that a profile may set"]
        for value in rule.values.values():
            lines.append(
                f"  {value.name} ({value.type}) = {value.default!r}" + (f": {value.says}" if value.says else "")
            )
    facts = sorted({subject.fact for subject in _subjects(rule) if hasattr(subject, "fact")})
    if facts:
        lines += ["", f"Asks for     {', '.join(facts)}"]
    if rule.cases:
        lines += ["", "Cases"]
        lines += [f"  {case.name}: {case.then.value}" for case in rule.cases]
    return "\n".join([*lines, "", f"Stands in {rule.path}"])


def _subjects(rule: Rule) -> list[Any]:
    return [assertion.subject for assertion in rule.assertions()]


def _indent(text: str) -> list[str]:
    return [f"  {line}" for line in text.strip().splitlines()]


@command.command(short_help="Begin a new rule.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--fact", required=True, help="Fact that the rule judges, see `controlproof facts list`.")
def new(path: Path, fact: str) -> None:
    """Write a rule file with its cases for a fact; PATH is the new file, named as the rule's id."""
    from scanner.operations.content import begin_rule

    begin_rule(path, fact)
    click.echo(f"written: {path}")
    click.echo(
        f"next:    fill it in, then controlproof rules lint {path.parent} && controlproof rules test {path.parent}"
    )
