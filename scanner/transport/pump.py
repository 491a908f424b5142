"""The one loop that feeds a running command and reads it, bounded in time and bytes, whatever carries it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from scanner.model.evidence import Identity
from scanner.transport.shell import Limits, ShellAnswer, Stopwatch

_STEP = 65536


class Wire(Protocol):
    """A command that runs somewhere; nothing but `wait` and `status` ever blocks."""

    def wait(self, seconds: float, writing: bool) -> None:
        """Wait until something can be read (or, when `writing`, written), at most so long."""

    def read(self) -> tuple[bytes, bytes]:
        """Give what has come on stdout and stderr; empty when nothing has."""

    def write(self, data: bytes) -> int:
        """Write what can be written now and give its length; BrokenPipeError when nobody reads any more."""

    def close_input(self) -> None:
        """End the command's stdin."""

    def ended(self) -> bool:
        """True when both streams have ended and everything was read."""

    def status(self, seconds: float) -> int | None:
        """Give the exit status, waiting for it at most so long; None when there is none."""

    def lost(self) -> str:
        """Say why the connection is gone; empty when it is not."""

    def abandon(self) -> None:
        """Stop the command as far as one can and free everything; harmless when repeated."""


class Dialogue(Protocol):
    """What is said to the command, and what of its answer is kept."""

    outbox: bytearray
    """Bytes to be written; the pump takes them away from the front."""
    complete: bool
    """True when nothing will follow what is in the outbox."""

    def hear(self, out: bytes, err: bytes) -> bytes:
        """Take in what came; give what of stdout belongs to the answer. May raise a CollectionError."""

    def overdue(self, seconds: float) -> None:
        """Raise a CollectionError when, so many seconds after the start, the dialogue should be further."""


@dataclass(frozen=True, slots=True)
class Pumped:
    """What the pump brought up; the fields are those of ShellAnswer."""

    stdout: bytes
    stderr: bytes
    status: int | None
    cut: str

    def answer(self, identity: Identity, watch: Stopwatch) -> ShellAnswer:
        """Make it the answer of a shell, with whom we met and when."""
        return ShellAnswer(self.stdout, self.stderr, self.status, self.cut, identity, watch.started_at, watch.seconds)


class Plain:
    """The ordinary dialogue: here is the script, that is all."""

    def __init__(self, script: bytes) -> None:
        self.outbox = bytearray(script)
        self.complete = True

    def hear(self, out: bytes, err: bytes) -> bytes:
        """Keep all of stdout."""
        return out

    def overdue(self, seconds: float) -> None:
        """Nothing but the deadline of the run bounds a plain script."""


class Ends:
    """A byte stream of which head and tail are kept, so that a flood on stderr costs nothing."""

    def __init__(self, size: int = 32768) -> None:
        self._size = size
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = False

    def add(self, data: bytes) -> None:
        """Append; what is neither among the first nor the last `size` bytes is forgotten."""
        room = self._size - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > self._size:
            self._dropped = True
            del self._tail[: -self._size]

    def __bytes__(self) -> bytes:
        """Give what was kept, with a mark where something is missing."""
        return bytes(self._head + (b"\n[...]\n" if self._dropped else b"") + self._tail)


def pump(wire: Wire, dialogue: Dialogue, limits: Limits, clock: Callable[[], float] = time.monotonic) -> Pumped:
    """Hold the dialogue over the wire until the command ends or a limit is reached.

    What came before a limit is kept. Raises what the dialogue raises; the wire is always abandoned.
    """
    start = clock()
    out, err = bytearray(), Ends()
    try:
        while True:
            fresh_out, fresh_err = wire.read()
            err.add(fresh_err)
            out += dialogue.hear(fresh_out, fresh_err)
            elapsed = clock() - start
            cut = _limit_reached(out, elapsed, limits)
            if cut:
                return Pumped(bytes(out[: limits.max_bytes]), bytes(err), None, cut)
            if not fresh_out and not fresh_err and wire.ended():
                break
            dialogue.overdue(elapsed)
            writing = _write(wire, dialogue)
            if not fresh_out and not fresh_err:
                wire.wait(min(limits.run - elapsed, 1.0), writing)
        status = wire.status(max(limits.run - (clock() - start), 0.1))
        return Pumped(bytes(out), bytes(err), status, wire.lost())
    finally:
        wire.abandon()


def _limit_reached(out: bytearray, elapsed: float, limits: Limits) -> str:
    if len(out) > limits.max_bytes:
        return f"byte limit: more than {limits.max_bytes} bytes came back"
    if elapsed >= limits.run:
        return f"deadline: the command had not ended after {limits.run:g} s"
    return ""


def _write(wire: Wire, dialogue: Dialogue) -> bool:
    """Write what can be written now; True while something is left to write."""
    box = dialogue.outbox
    try:
        while box:
            sent = wire.write(bytes(box[:_STEP]))
            if not sent:
                return True
            del box[:sent]
    except BrokenPipeError:
        box.clear()
    if dialogue.complete:
        wire.close_input()
    return False
