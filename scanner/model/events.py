"""The protocol by which long work tells how far it is; only the command line prints."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener; every call may come from any worker thread."""

    def begin(self, total: int) -> None:
        """Work on `total` targets begins."""

    def started(self, target: str) -> None:
        """A visit to the target begins."""

    def finished(self, target: str, summary: str) -> None:
        """The target is done; `summary` is one line such as `31 pass, 4 fail` or why it was not reached."""

    def note(self, text: str) -> None:
        """Something worth a line in the log."""


class Silence:
    """A listener that says nothing."""

    def begin(self, total: int) -> None:
        """Ignore."""

    def started(self, target: str) -> None:
        """Ignore."""

    def finished(self, target: str, summary: str) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""
