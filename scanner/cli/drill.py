"""`controlproof drill`: records of restores that were really done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

_PATH = click.Path(path_type=Path)
_KINDS = ("integrity", "function", "performance")


@click.group(name="drill")
def command() -> None:
    """Keep records of restore tests, which scans read as evidence (platform `records` in the inventory)."""


@command.command(short_help="Check a record and put it into the folder.")
@click.argument("file", required=False, type=_PATH, metavar="[FILE]")
@click.option("-d", "--folder", type=_PATH, required=True, metavar="DIR", help="Folder of the records.")
@click.option(
    "--name", default="", metavar="NAME", help="Name of the record; from its time, asset and scenario without."
)
@click.option("--kind", type=click.Choice(["restore", "archive", "dr"]), help="What was rehearsed.")
@click.option(
    "--scenario",
    type=click.Choice(["file", "vm", "database-pitr", "kubernetes", "site", "configuration"]),
    help="What was restored.",
)
@click.option("--asset", metavar="ID", help="Asset of the inventory.")
@click.option("--class", "service_class", metavar="NAME", help="Service class that it stands for.")
@click.option(
    "--key", "asset_keys", multiple=True, metavar="KEY", help="Stable key such as pbs:store1/vm/101; repeats."
)
@click.option("--started", metavar="TIME", help="When it began, as 2026-11-20T02:00:00Z.")
@click.option("--finished", metavar="TIME", help="When it ended.")
@click.option("--point", metavar="ID", help="Restore point that was used.")
@click.option("--data-time", metavar="TIME", help="Moment of the data in that point.")
@click.option("--newest-data", metavar="TIME", help="Newest transaction or file found afterwards.")
@click.option("--target", metavar="PLACE", help="Where it was restored to.")
@click.option("--to-source/--not-to-source", default=None, help="Whether it went over the original.")
@click.option(
    "--passed", multiple=True, metavar="KIND[@TIME]", help="Kind of check that passed, with its time; repeats."
)
@click.option("--failed", multiple=True, metavar="KIND[@TIME]", help="Kind of check that failed; repeats.")
@click.option("--size", type=int, metavar="BYTES", help="Bytes restored.")
@click.option("--operator", metavar="WHO", help="Who did it.")
@click.option("--tool", metavar="WORDS", help="What it was done with, and its version.")
@click.option("--notes", metavar="TEXT", help="Anything else.")
def record(file: Path | None, folder: Path, name: str, **given: Any) -> None:
    """Check a record of a restore, from FILE (JSON or YAML) or from options, and write it; nothing is overwritten.

    \b
    controlproof drill record -d drills/ --kind restore --scenario database-pitr --asset db01 \\
      --started 2026-11-20T09:00:00Z --finished 2026-11-20T09:12:00Z --target scratch01 --not-to-source \\
      --passed integrity --passed function@2026-11-20T09:07:30Z --passed performance --operator ada
    controlproof drill record -d drills/ drill.yaml
    """
    from scanner.operations.drill import read_input, record_drill
    from scanner.reporting.escape import line

    raw = {**(read_input(file) if file else {}), **_said(given)}
    written = record_drill(raw, folder, name)
    click.echo(f"written: {written.path}")
    click.echo("a scan will read:")
    for key, value in written.facts.items():
        click.echo(line(f"- {key}: {value if isinstance(value, str | int | float) else json.dumps(value)}"))
    for remark in written.remarks:
        click.echo(line(f"note: {remark}"))


def _said(given: dict[str, Any]) -> dict[str, Any]:
    """Give the options that were set, in the words of the record."""
    said = {key: value for key, value in given.items() if value is not None and value != ()}
    checks = [_check(each, "passed") for each in said.pop("passed", ())]
    checks += [_check(each, "failed") for each in said.pop("failed", ())]
    point = {"id": said.pop("point", None), "data_time": said.pop("data_time", None)}
    if "asset_keys" in said:
        said["asset_keys"] = list(said["asset_keys"])
    if any(point.values()):
        said["restore_point"] = {key: value for key, value in point.items() if value is not None}
    return {**said, **({"checks": checks} if checks else {})}


def _check(text: str, result: str) -> dict[str, str]:
    kind, _, moment = text.partition("@")
    if kind not in _KINDS:
        raise click.UsageError(f"--{result} {text}: no kind of check is called so (one of {', '.join(_KINDS)})")
    return {"kind": kind, "result": result, **({"at": moment} if moment else {})}
