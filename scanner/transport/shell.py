"""The contract of all transports that run a shell script: what goes in, what comes back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from scanner.model.evidence import Identity


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each stage may take (seconds) and how much may come back (bytes of stdout)."""

    connect: float = 10
    """Until the connection stands and the host key is known."""
    auth: float = 20
    """Until we are let in; also how long sudo may take to let us pass."""
    run: float = 300
    """From the start of the command to its end."""
    max_bytes: int = 64 * 2**20


@dataclass(frozen=True, slots=True)
class ShellAnswer:
    """What one run of a script brought back, whole or cut."""

    stdout: bytes
    """As it came, at most `Limits.max_bytes`; also what came before a cut."""
    stderr: bytes
    """Head and tail of it, bounded."""
    status: int | None
    """Exit status; 128 + n for a local process that died of signal n; None when it is not known."""
    cut: str
    """Why reading stopped early (deadline, byte limit, connection lost); empty when the stream ended by itself."""
    identity: Identity
    started_at: str
    """When the command was started, by our clock, RFC 3339 in UTC."""
    seconds: float
    """How long the command took, connecting not included."""


class Shell(Protocol):
    """One way to one target; made by `table.open_shell`, used by one thread at a time."""

    def run(self, script: bytes, words: Sequence[str], limits: Limits) -> ShellAnswer:
        """Start `words` (such as `sh -s …`) on the target, feed it the script, and read its answer.

        Connects when there is no connection yet. Raises a CollectionError when the command could not be
        started; what stops it later is told in `ShellAnswer.cut`, beside everything that came before.
        """

    def close(self) -> None:
        """Let go of the connection; harmless when there is none."""


class Stopwatch:
    """When something began, by our clock, and how long it has taken."""

    def __init__(self) -> None:
        self.started_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the start, to the millisecond."""
        return round(time.monotonic() - self._start, 3)
