"""`controlproof verify`: check a bundle, or a run, again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scanner.cli.console import say


@click.command(
    name="verify",
    epilog="Exit codes: 0 everything holds; 1 refused, with a sentence for each reason; 2 usage error.",
)
@click.argument("bundle", type=click.Path(path_type=Path), metavar="BUNDLE|RUN")
@click.option(
    "--allowed-signers",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Who may sign, with which key, as ssh-keygen reads it; without it any key will do.",
)
@click.option("--signer", default="", metavar="IDENTITY", help="Who must have signed; without it anybody of the file.")
@click.option(
    "--previous",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="BUNDLE",
    help="Bundle before this one; repeats, the oldest first.",
)
@click.option("--as-of", default="", metavar="TIME", help="The key must have been valid then (RFC 3339), not now.")
def command(bundle: Path, allowed_signers: Path | None, signer: str, previous: tuple[Path, ...], as_of: str) -> None:
    """Check a bundle (a folder or a .zip), and make its reports again from its run to compare them.

    \b
    controlproof verify evidence-2026-11.zip --allowed-signers allowed_signers --signer ci@example.org
    controlproof verify week3.zip --previous week1.zip --previous week2.zip
    """
    from scanner.operations.request import moment_of
    from scanner.operations.verify import demand, verify

    wanted = demand(allowed_signers, signer, moment_of(as_of, "--as-of") if as_of else "")
    found = verify(bundle, wanted, previous)
    for problem in found.problems:
        say(f"refused: {problem}")
    for note in found.notes if found.good else ():
        say(f"  {note}")
    say(f"{'VERIFIED' if found.good else 'REFUSED'}: {bundle}")
    sys.exit(0 if found.good else 1)
