"""The `command` transport: an argv prefix of the operator leads into the target (docker exec, kubectl exec, pct exec)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scanner.model.errors import ConfigurationError
from scanner.model.evidence import Identity
from scanner.model.inventory import Endpoint
from scanner.transport.become import Become
from scanner.transport.errors import plain
from scanner.transport.process import ProcessWire
from scanner.transport.pump import Wire
from scanner.transport.shell import Limits, ShellAnswer, Stopwatch
from scanner.transport.words import require_plain


class CommandShell:
    """A shell behind an argv prefix; the prefix is the operator's own program and keeps their environment."""

    def __init__(self, endpoint: Endpoint, secret: Callable[[str], str]) -> None:
        """Take the endpoint's `command` as prefix; without one a ConfigurationError."""
        if not endpoint.command:
            raise ConfigurationError("transport command: no command is given (add `command: [docker, exec, -i, NAME]`)")
        self._prefix = endpoint.command
        self._become = Become.of(endpoint, secret, endpoint.user)
        self._wire: ProcessWire | None = None
        self._identity = Identity(plain(" ".join(endpoint.command)), endpoint.user, self._become.privilege)

    def run(self, script: bytes, words: Sequence[str], limits: Limits) -> ShellAnswer:
        """Run the script behind the prefix; see `Shell.run`."""
        require_plain(words, self._identity.address)
        watch = Stopwatch()
        return self._become.converse(self._start, script, words, limits).answer(self._identity, watch)

    def _start(self, argv: Sequence[str]) -> Wire:
        self._wire = ProcessWire([*self._prefix, *argv])
        return self._wire

    def close(self) -> None:
        """End what still runs: after an interrupt nobody waits for its answer."""
        if self._wire is not None:
            self._wire.hang_up()


def open_command(endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> CommandShell:
    """Make a shell behind the endpoint's command; it has no limits but those of each run."""
    del limits
    return CommandShell(endpoint, secret)
