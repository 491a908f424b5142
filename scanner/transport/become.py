"""Raising privilege: the argv prefix (sudo, doas), and the conversation in which sudo gets its password."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import PurePosixPath

from scanner.model.errors import ConfigurationError
from scanner.model.inventory import Endpoint
from scanner.transport.errors import tail
from scanner.transport.pump import Plain, Pumped, Wire, pump
from scanner.transport.refusals import denied, password_may_help, refusal
from scanner.transport.shell import Limits
from scanner.transport.words import require_plain

Start = Callable[[Sequence[str]], Wire]
"""Starts an argv on the target and gives its wire."""


@dataclass(frozen=True, slots=True)
class Become:
    """How privilege is raised on a target; an empty prefix raises nothing."""

    prefix: tuple[str, ...]
    password: Callable[[], str] | None = field(repr=False)
    user: str
    """As whom we arrive; for messages."""

    @classmethod
    def of(cls, endpoint: Endpoint, secret: Callable[[str], str], user: str) -> Become:
        """Take it from the endpoint; `secret` resolves the password's reference when it is needed.

        Raises ConfigurationError for words that are not plain, and for a password without sudo.
        """
        require_plain(endpoint.become, "become")
        if not endpoint.become_password:
            return cls(endpoint.become, None, user)
        if not endpoint.become or PurePosixPath(endpoint.become[0]).name != "sudo":
            raise ConfigurationError("become_password: only sudo takes a password here (add `become: [sudo]`)")
        reference = endpoint.become_password
        return cls(endpoint.become, lambda: secret(reference), user)

    @property
    def program(self) -> str:
        """Name of the program that raises privilege."""
        return PurePosixPath(self.prefix[0]).name if self.prefix else ""

    @property
    def privilege(self) -> str:
        """As whom the script runs: root, the account that the prefix names, or the plain user."""
        if not self.prefix:
            return self.user
        words = [*self.prefix[1:], ""]
        for word, following in pairwise(words):
            if word in ("-u", "--user"):
                return following
            if word.startswith("--user="):
                return word.removeprefix("--user=")
        return "root"

    def converse(self, start: Start, script: bytes, words: Sequence[str], limits: Limits) -> Pumped:
        """Run the script behind the prefix: one command, or a probe and one command where a password is given.

        Raises PrivilegeError (unknown, with what is missing) when privilege cannot be raised, and whatever
        `start` raises. The password is sent once at most, and only to sudo's own prompt.
        """
        if self.password is None or self._goes_without_password(start, limits):
            pumped = pump(start([*self.prefix, *words]), Plain(script), limits)
        else:
            dialogue = PasswordDialogue(self._password(), script, limits)
            pumped = pump(start(dialogue.argv(self.prefix, words)), dialogue, limits)
            pumped = replace(pumped, stderr=pumped.stderr.replace(dialogue.prompt, b""))
        if self.prefix and not pumped.cut:
            refused = refusal(pumped.status, pumped.stdout, pumped.stderr, self.program, self.user)
            if refused is not None:
                raise refused
        return pumped

    def _password(self) -> str:
        assert self.password is not None
        password = self.password()
        if any(char in password for char in "\n\r\0"):
            raise ConfigurationError("become_password: the password has more than one line (sudo reads one)")
        return password

    def _goes_without_password(self, start: Start, limits: Limits) -> bool:
        """Ask `sudo -n true`: True when it passes, False when the password is worth a try."""
        brief = replace(limits, run=limits.auth, max_bytes=65536)
        quiet = (word for word in self.prefix[1:] if word not in ("-n", "--non-interactive"))
        probe = pump(start([self.prefix[0], "-n", *quiet, "true"]), Plain(b""), brief)
        if probe.status == 0 and not probe.cut:
            return True
        if not password_may_help(probe.stderr):
            refused = refusal(probe.status, probe.stdout, probe.stderr, self.program, self.user)
            if refused is not None:
                raise refused
        return False


class PasswordDialogue:
    """Give sudo its password when it asks, and the script only once a shell is there to read it.

    `sudo -k -S` ignores and keeps no cached credentials. What it starts is a fixed reader: it prints a ready
    mark, swallows lines up to the begin mark (a password that sudo did not take cannot reach the shell), and
    becomes `sh -s`. The script is sent after the ready mark, so it never serves as a guess at the password.
    After a wrong password sudo asks again, which we answer by hanging up: sudo notes one incorrect attempt,
    pam_faillock may count the second asking as well.
    """

    def __init__(self, password: str, script: bytes, limits: Limits) -> None:
        token = secrets.token_hex(8)
        self.prompt = f"controlproof-asks-{token}:".encode()
        self._ready = f"controlproof-ready-{token}"
        self._begin = f"controlproof-begin-{token}"
        self._password = password.encode()
        self._script = script
        self._patience = limits.auth
        self._told = False
        self._held = b""
        self._stderr = b""
        self.outbox = bytearray()
        self.complete = False

    def argv(self, prefix: Sequence[str], words: Sequence[str]) -> list[str]:
        """Give the argv that asks for the password and starts the reader; `words` as checked plain words."""
        reader = (
            f'echo {self._ready}; while IFS= read -r l; do case "$l" in {self._begin}) exec {" ".join(words)};; esac; '
            "done; exit 97"
        )
        kept = [word for word in prefix[1:] if word not in ("-n", "--non-interactive")]
        return [prefix[0], "-k", "-S", "-p", self.prompt.decode(), *kept, "sh", "-c", reader]

    def hear(self, out: bytes, err: bytes) -> bytes:
        """Answer the prompt once; send the script at the ready mark; keep stdout but for the mark itself."""
        if self.complete:
            return out
        mark = self._ready.encode() + b"\n"
        earlier, found, later = (self._held + out).partition(mark)
        if found:
            self._held = b""
            self.outbox += self._begin.encode() + b"\n" + self._script
            self.complete = True
            return earlier + later
        self._held = _begun(earlier, mark)
        if err:
            self._asked(err)
        return earlier.removesuffix(self._held)

    def _asked(self, err: bytes) -> None:
        self._stderr = (self._stderr + err)[-65536:]
        if not self._stderr.endswith(self.prompt):
            return
        if self._told:
            raise denied("sudo refused the password; it was tried once", "the right password in become_password")
        self._told = True
        self._stderr = b""
        self.outbox += self._password + b"\n"

    def overdue(self, seconds: float) -> None:
        """Give up when sudo asks something else than the password, or nothing happens."""
        if not self.complete and seconds > self._patience:
            said = tail(self._stderr.replace(self.prompt, b""))
            raise denied(
                f"sudo did not let us pass within {self._patience:g} s" + (f": {said}" if said else ""),
                "sudo that asks for nothing but a password",
            )


def _begun(data: bytes, mark: bytes) -> bytes:
    """Give the longest end of `data` with which the mark may have begun."""
    lengths = range(min(len(mark) - 1, len(data)), 0, -1)
    return next((data[-length:] for length in lengths if mark.startswith(data[-length:])), b"")
