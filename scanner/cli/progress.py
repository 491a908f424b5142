"""Progress of long work: a bar on a terminal, plain lines in CI, JSON lines on request."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scanner.cli.console import Log, harmless
from scanner.model.events import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Lines:
    """One line when a target is done."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.total = 0
        self.done = 0

    def begin(self, total: int) -> None:
        """Say how many targets there are."""
        self.total = total
        if total > 1:
            self.log.line(f"{total} targets", event="begin", total=total)

    def started(self, target: str) -> None:
        """Say so when verbose."""
        self.log.line(f"{target}: started", level=2, event="started", target=target)

    def finished(self, target: str, summary: str) -> None:
        """Print the target's line."""
        self.done += 1
        self.log.line(
            f"[{self.done}/{self.total}] {target}: {summary}", event="finished", target=target, summary=summary
        )

    def note(self, text: str) -> None:
        """Print the note."""
        self.log.line(text, event="note")


class Bars:
    """A bar of rich with the names of the targets at work."""

    def __init__(self, bar: Bar, log: Log) -> None:
        self.bar = bar
        self.log = log
        self.task: TaskID | None = None
        self.working: dict[str, None] = {}

    def begin(self, total: int) -> None:
        """Show the bar."""
        self.task = self.bar.add_task("", total=total)

    def started(self, target: str) -> None:
        """Name the target beside the bar."""
        self.working[target] = None
        self._show()

    def finished(self, target: str, summary: str) -> None:
        """Advance the bar."""
        self.working.pop(target, None)
        if self.log.level > 1:
            self.bar.console.print(harmless(f"{target}: {summary}"), markup=False, highlight=False)
        self._show(advance=1)

    def note(self, text: str) -> None:
        """Print the note above the bar."""
        self.bar.console.print(harmless(text), markup=False, highlight=False)

    def _show(self, advance: int = 0) -> None:
        if self.task is not None:
            names = ", ".join(list(self.working)[:3]).replace("[", r"\[")
            self.bar.update(self.task, description=names, advance=advance)


@contextmanager
def progress(log: Log) -> Iterator[Progress]:
    """Give the listener that fits where stderr goes."""
    if log.level < 1 or log.form == "json" or not sys.stderr.isatty():
        yield Lines(log)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Bars(bar, log)
