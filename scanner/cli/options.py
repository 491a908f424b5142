"""Options that several commands share, each with its environment variable and its key in controlproof.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from scanner.model.outcome import Severity
from scanner.operations.request import Folders

Command = TypeVar("Command", bound=Callable[..., Any])

SEVERITIES = [*(severity.value for severity in Severity), "never"]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """Declare an option whose value may also come from CONTROLPROOF_<NAME>."""
    long = next(name for name in names if name.startswith("--"))
    variable = "CONTROLPROOF_" + long.split("/")[0].removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=variable, **settings)


def seconds(value: str) -> float:
    """Give the seconds of a duration such as `30s`, `24h` or `7d`. A wrong text, and no time at all, is a usage error."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd]?)", value, re.ASCII)
    if not found or not float(found[1]):
        raise click.BadParameter(f"'{value}' is no duration (write 30s, 15m, 24h or 7d)")
    return float(found[1]) * _UNITS.get(found[2], 1)


def age(value: str) -> float:
    """Give the seconds of a duration, or infinity for `never`."""
    return float("inf") if value == "never" else seconds(value)


def allowance(text: str) -> str:
    """Give a number of results, or a share of them such as `5%`, as text."""
    if not re.fullmatch(r"\d{1,9}|\d{1,3}(\.\d{1,9})?%", text, re.ASCII) or (
        text.endswith("%") and float(text[:-1]) > 100
    ):
        raise click.BadParameter(f"'{text}' is neither a number nor a share up to 100% (write 3 or 5%)")
    return text


def label(value: str) -> tuple[str, str]:
    """Give name and value of a label `name=value`."""
    name, equals, rest = value.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"'{value}' is no label (write name=value)")
    return name, rest


def mode(value: str) -> int:
    """Give the bits of file permissions in octal."""
    if not re.fullmatch(r"0?[0-7]{3}", value):
        raise click.BadParameter(f"'{value}' is no file mode (write 0600 or 0640)")
    return int(value, 8)


def _apply(options: Sequence[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for each in reversed(options):
            command = each(command)
        return command

    return decorate


_PATH = click.Path(path_type=Path)

content_options = _apply(
    [
        option("--rules", "rule_folders", type=_PATH, multiple=True, metavar="DIR", help="Folder of further rules."),
        option(
            "--profiles",
            "profile_folders",
            type=_PATH,
            multiple=True,
            metavar="DIR",
            help="Folder of further profiles.",
        ),
        option(
            "--catalogues",
            "catalogue_folders",
            type=_PATH,
            multiple=True,
            metavar="DIR",
            help="Folder of further catalogues.",
        ),
    ]
)


def folders(given: dict[str, Any]) -> Folders:
    """Give the folders of further content that the content options name."""
    rules, profiles, catalogues = (
        tuple(given.get(name) or ()) for name in ("rule_folders", "profile_folders", "catalogue_folders")
    )
    return Folders(rules, profiles, catalogues, given.get("origin"))


recovery_policy_option = option(
    "--recovery-policy",
    type=_PATH,
    metavar="FILE",
    help="What recovery must be able to do; the shipped policy without it.",
)

waivers_option = option(
    "--waivers",
    type=_PATH,
    multiple=True,
    metavar="FILE",
    help="Accepted deviations; where they name tags of resources, these are asked for. Repeats.",
)

selection_options = _apply(
    [
        option(
            "-i",
            "--inventory",
            type=_PATH,
            metavar="FILE",
            help="Inventory, or the JSON of `ansible-inventory --list`.",
        ),
        option("--local", is_flag=True, help="This machine, whatever controlproof.yaml names."),
        option(
            "-p",
            "--profile",
            "profiles",
            multiple=True,
            metavar="NAME|FILE",
            help="Profile to meet; repeats; `auto` chooses by the system found.",
        ),
        option("--limit", multiple=True, metavar="PATTERN", help="Only targets whose id matches; repeats."),
        option(
            "--label",
            "labels",
            type=label,
            metavar="NAME=VALUE",
            multiple=True,
            help="Only targets with this label; repeats.",
        ),
        option("--rule", "rules", multiple=True, metavar="ID", help="Only this rule; repeats."),
        option(
            "--control",
            "controls",
            multiple=True,
            metavar="[CATALOGUE/]NUMBER",
            help="Only rules of this control; repeats.",
        ),
        content_options,
    ]
)

reaching_options = _apply(
    [
        option(
            "-j",
            "--jobs",
            type=click.IntRange(1, 1000),
            default=16,
            show_default=True,
            help="Targets visited at a time.",
        ),
        option(
            "--connect-timeout",
            type=seconds,
            metavar="TIME",
            default="10s",
            show_default=True,
            help="For a connection.",
        ),
        option(
            "--auth-timeout", type=seconds, metavar="TIME", default="20s", show_default=True, help="For logging in."
        ),
        option(
            "--timeout",
            type=seconds,
            metavar="TIME",
            default="5m",
            show_default=True,
            help="For the answer of one target.",
        ),
        option("--accept-new", is_flag=True, help="Take unknown host keys and remember them; the report says so."),
        option("--no-command-refs", is_flag=True, help="Refuse secrets by `command:`."),
    ]
)

policy_ref_option = option(
    "--policy-ref",
    default="",
    metavar="REF",
    help="Take rules, profiles, waivers, attestations, claims, recovery policy, baseline and controlproof.yaml from this git commit, "
    "not from the working tree.",
)

judging_options = _apply(
    [
        option("--waivers", type=_PATH, multiple=True, metavar="FILE", help="Accepted deviations; repeats."),
        option(
            "--attestations",
            type=_PATH,
            multiple=True,
            metavar="FILE",
            help="Statements that answer manual rules; repeats.",
        ),
        option(
            "--claims",
            type=_PATH,
            multiple=True,
            metavar="FILE",
            help="What documents declare of controls, set beside what is measured; repeats.",
        ),
        recovery_policy_option,
        option(
            "--framework",
            "frameworks",
            multiple=True,
            metavar="NAME",
            help="Catalogue whose every control is reported, besides those of the profiles; repeats.",
        ),
        option(
            "--fail-on",
            type=click.Choice(SEVERITIES),
            default="low",
            show_default=True,
            help="Lowest severity of a failure that ends with 1.",
        ),
        option(
            "--undecided-at",
            type=click.Choice(SEVERITIES),
            default="low",
            show_default=True,
            help="Lowest severity of an undecided result that ends with 3.",
        ),
        option(
            "--allow-undecided",
            type=allowance,
            metavar="N|P%",
            default="0",
            show_default=True,
            help="Undecided results to let through.",
        ),
        option("--require-attestations", is_flag=True, help="Manual rules without an attestation end with 3."),
        policy_ref_option,
        option("--baseline", metavar="RUN|FILE|latest", help="Run, or file of `baseline write`, to compare with."),
        option("--fail-on-new", is_flag=True, help="With a baseline: only new failures end with 1."),
        option("--scope", default="", metavar="NAME", help="Name of this scope, for SARIF categories."),
        option(
            "--assume-platform",
            is_flag=True,
            help="Judge by the named profiles on systems that they are not for; every report says so.",
        ),
    ]
)

output_options = _apply(
    [
        option(
            "-o",
            "--output",
            metavar="DIR|-",
            help="Folder for run.json, evidence and reports; `-` prints one format.  [default: controlproof-out]",
        ),
        option("--runs", type=_PATH, metavar="DIR", help="Write DIR/<run-id>/ and DIR/latest instead."),
        option("--keep", type=click.IntRange(0), default=0, help="With --runs: keep this many runs (0: all)."),
        option(
            "--format",
            "formats",
            multiple=True,
            metavar="NAME[,NAME]",
            help="Reports to write; repeats.  [default: sarif,junit,html]",
        ),
        option(
            "--file-mode", type=mode, metavar="MODE", help="Permissions of reports; 0600, and 0644 for metrics.prom."
        ),
    ]
)

sealing_details = _apply(
    [
        option(
            "--bundle-after",
            type=_PATH,
            metavar="BUNDLE|DIR",
            help="Bundle that this one follows, or a folder of bundles, of which it follows the newest.",
        ),
        option(
            "--sign-key",
            metavar="REF",
            help="Private SSH key that signs the bundle: file:PATH, env:NAME, command:ARGV, or agent:KEY "
            "(a fingerprint, a comment, or the path of a .pub file).",
        ),
        option("--sign-passphrase", metavar="REF", help="Passphrase of that key, by reference."),
    ]
)

sealing_options = _apply(
    [
        option(
            "--bundle",
            type=_PATH,
            metavar="DIR|FILE.zip",
            help="Also write the run, its evidence, policy and reports as one bundle that can be verified.",
        ),
        sealing_details,
    ]
)

voice_options = _apply(
    [
        click.option("-q", "--quiet", is_flag=True, help="No progress, and only the verdict."),
        click.option("-v", "--verbose", is_flag=True, help="Say more."),
        option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="Form of the lines on stderr.",
        ),
    ]
)
