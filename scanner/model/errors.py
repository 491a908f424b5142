"""The family of errors, by whose hand mends them.

ControlproofError
├── ContentError         the author of a rule, profile or catalogue: one or many problems in files
├── ConfigurationError   the operator: usage, inventory, references that do not resolve
├── CollectionError      the target or the way to it; becomes evidence, never a traceback
└── ReportError          output that could not be written or read back
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanner.model.outcome import Outcome


def near(word: str, known: Iterable[str]) -> str:
    """Give ` (did you mean 'x'?)` for the closest known word, or an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one place of a file, with what to do about it."""

    path: str
    line: int
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        """Render as `place: what is wrong (what to do)`."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.what}" + (f" ({self.remedy})" if self.remedy else "")


class ControlproofError(Exception):
    """Anything that Controlproof itself raises on purpose."""


class ContentError(ControlproofError):
    """Files that do not say what they must: carries every problem found, sorted by place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConfigurationError(ControlproofError):
    """The operator asked for something that cannot be: `place: what is wrong (what to do)`."""


class ReportError(ControlproofError):
    """A run or a report could not be written, or read back."""


class CollectionError(ControlproofError):
    """A question could not be put to a target; `kind` is unknown (denied) or error (all else)."""

    def __init__(self, reason: str, *, kind: Outcome = Outcome.ERROR, needs: str | None = None) -> None:
        self.reason = reason
        self.kind = kind
        self.needs = needs
        super().__init__(reason)


class UnreachableError(CollectionError):
    """No connection to the target came about."""


class AuthenticationError(CollectionError):
    """The target did not let us in."""


class HostKeyError(CollectionError):
    """The target's key or certificate is not the one that was expected."""


class PrivilegeError(CollectionError):
    """The way to a higher privilege (sudo) is closed."""


class DeadlineError(CollectionError):
    """The target did not answer in time."""
