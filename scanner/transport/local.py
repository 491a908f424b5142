"""The `local` transport: the script runs on this machine, as whoever runs the scan."""

from __future__ import annotations

import os
import platform
import pwd
from collections.abc import Callable, Sequence

from scanner.model.evidence import Identity
from scanner.model.inventory import Endpoint
from scanner.transport.become import Become
from scanner.transport.process import ProcessWire
from scanner.transport.pump import Wire
from scanner.transport.shell import Limits, ShellAnswer, Stopwatch
from scanner.transport.words import require_plain

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs of the target are looked for; the caller's own PATH is nobody's business."""


class LocalShell:
    """A shell on this machine, started with a scrubbed environment."""

    def __init__(self, endpoint: Endpoint, secret: Callable[[str], str]) -> None:
        self._user, self._home = _account(os.geteuid())
        self._become = Become.of(endpoint, secret, self._user)
        self._wire: ProcessWire | None = None

    def run(self, script: bytes, words: Sequence[str], limits: Limits) -> ShellAnswer:
        """Run the script here; see `Shell.run`."""
        require_plain(words, "local")
        identity = Identity(platform.node(), self._user, self._become.privilege)
        watch = Stopwatch()
        return self._become.converse(self._start, script, words, limits).answer(identity, watch)

    def _start(self, argv: Sequence[str]) -> Wire:
        environment = {
            "PATH": PATH,
            "LC_ALL": "C",
            "HOME": self._home,
            "USER": self._user,
            "LOGNAME": self._user,
        }
        self._wire = ProcessWire(argv, env=environment, cwd="/")
        return self._wire

    def close(self) -> None:
        """End what still runs: after an interrupt nobody waits for its answer."""
        if self._wire is not None:
            self._wire.hang_up()


def _account(uid: int) -> tuple[str, str]:
    """Give name and home directory; a container may run under an id that has no account."""
    try:
        account = pwd.getpwuid(uid)
    except KeyError:
        return f"uid {uid}", "/"
    return account.pw_name, account.pw_dir


def open_local(endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> LocalShell:
    """Make a shell on this machine; it has no limits but those of each run."""
    del limits
    return LocalShell(endpoint, secret)
