"""A command as a child process of ours: the wire of `local`, `command` and `openssh`."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO

from scanner.model.errors import CollectionError
from scanner.transport.errors import because, plain

_CHUNK = 262144
_GRACE = 1.0
"""Seconds between asking the process group to end and killing it."""


class ProcessWire:
    """A running child in a session of its own, so that it has no terminal and can be stopped as a group."""

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: str | None = None) -> None:
        """Start `argv`; a program that cannot be started is a CollectionError naming it."""
        try:
            self._child = subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise CollectionError(f"{plain(argv[0])}: no such program on this machine (install it)") from None
        except (OSError, ValueError) as exc:
            raise CollectionError(f"{plain(argv[0])}: could not be started: {because(exc)}") from None
        self._open: dict[str, IO[bytes]] = {}
        for name in ("stdin", "stdout", "stderr"):
            pipe: IO[bytes] = getattr(self._child, name)
            os.set_blocking(pipe.fileno(), False)
            self._open[name] = pipe

    def wait(self, seconds: float, writing: bool) -> None:
        """Wait for output (or, when `writing`, room for input), at most so many seconds."""
        with selectors.DefaultSelector() as selector:
            for name, pipe in self._open.items():
                if name != "stdin":
                    selector.register(pipe, selectors.EVENT_READ)
                elif writing:
                    selector.register(pipe, selectors.EVENT_WRITE)
            selector.select(max(seconds, 0))

    def read(self) -> tuple[bytes, bytes]:
        """Give what has come; a stream that ended is closed."""
        return self._drain("stdout"), self._drain("stderr")

    def _drain(self, name: str) -> bytes:
        pipe = self._open.get(name)
        if pipe is None:
            return b""
        data = pipe.read(_CHUNK)
        if data == b"":
            self._shut(name)
        return data or b""

    def write(self, data: bytes) -> int:
        """Write what the pipe takes now."""
        pipe = self._open.get("stdin")
        if pipe is None:
            raise BrokenPipeError
        return pipe.write(data) or 0

    def close_input(self) -> None:
        """End the child's stdin."""
        self._shut("stdin")

    def _shut(self, name: str) -> None:
        pipe = self._open.pop(name, None)
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()

    def ended(self) -> bool:
        """True when stdout and stderr have ended."""
        return not self._open.keys() & {"stdout", "stderr"}

    def status(self, seconds: float) -> int | None:
        """Give the exit status; 128 + n when signal n ended the child, None when it still runs."""
        try:
            code = self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return code if code >= 0 else 128 - code

    def lost(self) -> str:
        """There is no connection to lose."""
        return ""

    def hang_up(self) -> None:
        """Ask the whole group to end, from whatever thread; who reads here sees the pipes end."""
        if self._child.poll() is None:
            # a child that raised its privilege (sudo) is not ours to signal; it notices the closed pipes
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGTERM)

    def abandon(self) -> None:
        """Close all pipes; end the group politely, then by force; never wait for a child that may not be killed."""
        for name in tuple(self._open):
            self._shut(name)
        if self._child.poll() is not None:
            return
        for number, grace in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
            # a child that raised its privilege (sudo) is not ours to signal
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(grace)
        if self._child.poll() is None:
            threading.Thread(target=self._child.wait, daemon=True, name="reap").start()
