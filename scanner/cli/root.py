"""The command `controlproof` and its table of subcommands, imported on demand."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from scanner.cli.console import EXIT_UNDECIDED, EXIT_USAGE, complain
from scanner.model.errors import ControlproofError, near

COMMANDS = {
    "scan": "Visit targets, judge them, write reports.",
    "plan": "Show what a scan would ask, without asking.",
    "collect": "Visit targets and keep the evidence.",
    "evaluate": "Judge evidence collected before.",
    "report": "Write reports of an earlier run.",
    "diff": "Compare two runs.",
    "bundle": "Seal an earlier run with its evidence, policy and reports.",
    "verify": "Check a bundle: hashes, signature, chain, evidence, reports.",
    "baseline": "Keep known failures as a small file without evidence.",
    "lint": "Check inventories, profiles, waivers and other files.",
    "init": "Write a starter inventory, waivers and controlproof.yaml.",
    "doctor": "Connect to targets, say what is missing.",
    "rules": "Check, test, list, explain and begin rules.",
    "profiles": "List and explain profiles.",
    "facts": "List and explain the facts that rules may use.",
    "claims": "Set what documents declare beside what was measured.",
    "drill": "Write down restores that were really done.",
    "policy": "Find what in a recovery policy cannot hold.",
    "schema": "Print JSON Schemas of rules, users' files and runs.",
}
"""Subcommand > what it does; its module in this room has its name, and is imported when it is called."""


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"scanner.cli.{cmd_name}").command
        command.short_help = COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a misspelt one is an error with a near word."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as problem:
            raise click.UsageError(f"there is no command '{args[0]}'{near(args[0], COMMANDS)}", ctx) from problem

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors of the family end in one sentence a line, and the exit code for them."""
        try:
            return _flushed(lambda: super(Commands, self).invoke(ctx))
        except ControlproofError as problem:
            complain(str(problem))
            sys.exit(EXIT_USAGE)
        except BrokenPipeError:
            _hush()
            sys.exit(EXIT_USAGE)
        except KeyboardInterrupt:
            complain("stopped before anything was decided")
            sys.exit(EXIT_UNDECIDED)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as bug:
            traceback.print_exc()
            complain(f"internal error: {type(bug).__name__}: {bug} (please report it with the lines above)")
            sys.exit(EXIT_UNDECIDED)


def _flushed(run: Callable[[], Any]) -> Any:
    """Run and write out what is buffered, so that a reader who has gone is noticed here."""
    try:
        return run()
    finally:
        sys.stdout.flush()


def _hush() -> None:
    """Whoever read our output has gone: send the rest to nowhere, or the interpreter would complain at its end."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"controlproof {version('controlproof')} from {Path(__file__).resolve().parent.parent}")
    ctx.exit()


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 all decided and within the gate; 1 findings at or above the gate; 2 usage, configuration "
    "or content error; 3 something could not be decided, or nothing was assessed.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and where it is installed.",
)
def main() -> None:
    """Show which controls hold on hosts, databases and clouds, and what proves it.

    \b
    controlproof scan                          this machine, with the profile that fits
    controlproof scan -i inventory.yaml        all targets of an inventory
    controlproof rules show sshd_root_login_disabled
    """
    spare_the_collector()


def spare_the_collector() -> None:
    """Let Python look for circles less often: evidence and findings come by the million, and hold none."""
    gc.set_threshold(50_000, 20, 20)
