"""The `openssh` transport: the user's own ssh program, for certificates, tokens, Kerberos and ProxyCommand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from scanner.model.errors import ConfigurationError
from scanner.model.evidence import Identity
from scanner.model.inventory import Endpoint
from scanner.transport import ssh_config
from scanner.transport.become import Become
from scanner.transport.errors import plain
from scanner.transport.openssh_log import Log, quiet
from scanner.transport.process import ProcessWire
from scanner.transport.pump import Ends, Wire
from scanner.transport.shell import Limits, ShellAnswer, Stopwatch
from scanner.transport.ssh_settings import accepts_new
from scanner.transport.words import exec_line, require_plain

_FIXED = (
    "BatchMode yes",
    "ClearAllForwardings yes",
    "ControlMaster no",
    "ControlPath none",
    "ForwardAgent no",
    "ForwardX11 no",
    "PermitLocalCommand no",
    "RemoteCommand none",
    "RequestTTY no",
)
"""What the user's ssh_config may not change: no questions, nothing forwarded to a hostile target."""

_LATER = ("ServerAliveInterval 15", "ServerAliveCountMax 4")
"""What it may change."""


class OpensshShell:
    """A shell behind the `ssh` program: one process, and so one connection, per command.

    ssh has a time-out for connecting alone; authentication counts towards `Limits.run`.
    """

    def __init__(self, endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> None:
        """Settle the command line; raises ConfigurationError for what ssh cannot be given."""
        if not endpoint.address:
            raise ConfigurationError("transport openssh: the target has no address (add `address:`)")
        if endpoint.password or endpoint.passphrase:
            raise ConfigurationError(
                f"{plain(endpoint.address, 80)}: openssh takes neither password nor passphrase from us "
                "(use an agent, or `transport: ssh`)"
            )
        self._endpoint = endpoint
        self._limits = limits
        self._wire: ProcessWire | None = None
        self._config = _config(endpoint, limits)
        self._become = Become.of(endpoint, secret, endpoint.user)
        self._place = plain(endpoint.address, 80) + (f":{endpoint.port}" if endpoint.port else "")

    def run(self, script: bytes, words: Sequence[str], limits: Limits) -> ShellAnswer:
        """Run the script through ssh; see `Shell.run`.

        Raises UnreachableError, HostKeyError, AuthenticationError, PrivilegeError.
        """
        require_plain(words, self._place)
        with tempfile.TemporaryDirectory(prefix="controlproof-") as folder:
            config, log = Path(folder) / "config", Path(folder) / "log"
            config.write_text(self._config, "utf-8")

            def start(argv: Sequence[str]) -> Wire:
                log.unlink(missing_ok=True)
                self._wire = _SshWire(self._argv(config, log, argv), log, self._place)
                return self._wire

            watch = Stopwatch()
            pumped = self._become.converse(start, script, words, limits)
            seen = Log.read(log)
        user = seen.user or self._endpoint.user
        privilege = self._become.privilege if self._endpoint.become else user
        identity = Identity(seen.address or self._place, user, privilege, seen.key, seen.accepted)
        return replace(pumped, stderr=quiet(pumped.stderr)).answer(identity, watch)

    def _argv(self, config: Path, log: Path, argv: Sequence[str]) -> list[str]:
        endpoint = self._endpoint
        line = ["ssh", "-T", "-v", "-E", str(log), "-F", str(config)]
        if endpoint.identity:
            line += ["-i", str(Path(endpoint.identity).expanduser())]
        if endpoint.port:
            line += ["-p", str(endpoint.port)]
        if endpoint.user:
            line += ["-l", endpoint.user]
        if endpoint.jump:
            line += ["-J", ",".join(endpoint.jump)]
        return [*line, "--", endpoint.address, exec_line(argv)]

    def close(self) -> None:
        """End what still runs: after an interrupt nobody waits for its answer."""
        if self._wire is not None:
            self._wire.hang_up()


class _SshWire(ProcessWire):
    """An ssh process; when it ends with 255 its log tells whether the target or the way to it was the cause."""

    def __init__(self, argv: Sequence[str], log: Path, place: str) -> None:
        super().__init__(argv)
        self._log = log
        self._place = place
        self._lost = ""
        self._stderr = Ends()

    def read(self) -> tuple[bytes, bytes]:
        """Give what has come; some of ssh's last words, and all of a jump host's, are on stderr and not in the log."""
        out, err = super().read()
        self._stderr.add(err)
        return out, err

    def status(self, seconds: float) -> int | None:
        """Give the remote exit status; raises a CollectionError when no connection came about."""
        status = super().status(seconds)
        if status != 255:
            return status
        seen = Log.read(self._log)
        stderr = bytes(self._stderr).decode("utf-8", "replace")
        seen.raise_refusal(self._place, stderr)
        self._lost = seen.lost(stderr)
        return None if self._lost else status

    def lost(self) -> str:
        """Say how ssh lost the connection, if it did."""
        return self._lost


def _config(endpoint: Endpoint, limits: Limits) -> str:
    """Write an ssh_config that comes before the user's own, for this host and for every hop (ssh -J passes -F on)."""
    own = endpoint.option("ssh_config")
    if own and own.lower() != "none" and not Path(own).expanduser().is_file():
        raise ConfigurationError(f"ssh_config: {own} is not a file")
    theirs = [own] if own else ["~/.ssh/config", ssh_config.SYSTEM]
    lines = [*_FIXED, f"StrictHostKeyChecking {'accept-new' if accepts_new(endpoint) else 'yes'}"]
    lines.append(f"ConnectTimeout {max(1, round(limits.connect))}")
    if endpoint.option("known_hosts"):
        lines.append(f"UserKnownHostsFile {_quoted(endpoint.option('known_hosts'))}")
    for path in theirs if own.lower() != "none" else []:
        # an Include of the user's file may end inside one of its blocks, so each line stands for all hosts again
        lines += [f"Include {_quoted(path)}", "Host *"]
    return "\n".join(["Host *", *lines, *_LATER]) + "\n"


def _quoted(path: str) -> str:
    full = str(Path(path).expanduser())
    if any(char in full for char in '"\n\\'):
        raise ConfigurationError(f"{plain(full, 120)}: ssh_config has no way to write this path")
    return f'"{full}"'


def open_openssh(endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> OpensshShell:
    """Make a shell behind the ssh program; `limits.connect` becomes its ConnectTimeout."""
    return OpensshShell(endpoint, secret, limits)
