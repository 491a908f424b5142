"""Words to people: results on stdout, everything else on stderr, colour only where it is wanted."""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import UTC, datetime

import click

EXIT_USAGE = 2


"""For errors of content, configuration and writing alike."""
EXIT_UNDECIDED = 3
"""For what was stopped or broke before anything could be decided."""


def say(text: str) -> None:
    """Print a line that may hold a target's own words on stdout, with nothing in it that a terminal obeys."""
    click.echo(harmless(text))


def complain(text: str) -> None:
    """Print an error, one line a problem, on stderr."""
    for line in text.split("\n"):
        click.echo(harmless(line), err=True)


def harmless(text: str) -> str:
    """Give one line without control characters; what was one is visible."""
    from scanner.reporting.escape import plain

    return plain(text).replace("\n", "\N{SYMBOL FOR NEWLINE}")


def colour_wanted() -> bool:
    """True on a terminal that NO_COLOR does not forbid (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Log:
    """Lines on stderr, plain or as JSON; the level is 0 for quiet, 1 normal, 2 verbose."""

    def __init__(self, level: int = 1, form: str = "text") -> None:
        self.level = level
        self.form = form
        self._lock = threading.Lock()

    def line(self, text: str, *, level: int = 1, **fields: object) -> None:
        """Print a line when the level asks for it; `fields` only show in JSON."""
        if level > self.level:
            return
        with self._lock:
            if self.form == "json":
                now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                click.echo(json.dumps({"time": now, "message": text, **fields}), err=True)
            else:
                click.echo(harmless(text), err=True)
