"""The `ssh` transport: one connection and one command per visit, over paramiko."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from scanner.model.errors import DeadlineError
from scanner.model.evidence import Identity
from scanner.model.inventory import Endpoint
from scanner.transport.become import Become
from scanner.transport.pump import Wire
from scanner.transport.shell import Limits, ShellAnswer, Stopwatch
from scanner.transport.ssh_auth import Credentials, watchdog
from scanner.transport.ssh_channel import ChannelWire
from scanner.transport.ssh_errors import BROKEN, foreign
from scanner.transport.ssh_link import Link, dial, shake_hands
from scanner.transport.ssh_pool import Bastion, Pool
from scanner.transport.ssh_settings import Hop, route
from scanner.transport.words import exec_line, require_plain

_LATE = 5.0
"""Seconds after the deadline at which a connection that does not even let itself be written to is closed."""

_bastions = Pool()


class SshShell:
    """A shell on an SSH server; connects at the first run and keeps the connection until `close`."""

    def __init__(self, endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> None:
        """Settle the way to the endpoint; raises ConfigurationError for what cannot be."""
        self._route = route(endpoint)
        self._limits = limits
        self._become = Become.of(endpoint, secret, self._route[-1].user)
        passphrase = _later(secret, endpoint.passphrase)
        self._credentials = Credentials(_later(secret, endpoint.password), passphrase, bool(endpoint.identity))
        self._on_the_way = Credentials(None, passphrase, bool(endpoint.identity))
        self._link: Link | None = None

    def run(self, script: bytes, words: Sequence[str], limits: Limits) -> ShellAnswer:
        """Run the script on the server; see `Shell.run`.

        Raises UnreachableError, HostKeyError, AuthenticationError, DeadlineError, PrivilegeError.
        """
        target = self._route[-1]
        require_plain(words, target.place)
        link = self._connected()
        watch = Stopwatch()

        def start(argv: Sequence[str]) -> Wire:
            return self._start(link, argv)

        patience = limits.run + _LATE + (limits.auth if self._become.password else 0)
        with foreign(target.place), watchdog(link.transport, patience):
            pumped = self._become.converse(start, script, words, limits)
        return pumped.answer(self._identity(link), watch)

    def _start(self, link: Link, argv: Sequence[str]) -> Wire:
        seconds = self._limits.auth
        began = time.monotonic()
        try:
            with watchdog(link.transport, seconds):
                return ChannelWire(link.transport, exec_line(argv), seconds)
        except BROKEN:
            if time.monotonic() - began < seconds:
                raise
            raise DeadlineError(
                f"{link.hop.place}: the server did not start the command within {seconds:g} s"
            ) from None

    def close(self) -> None:
        """Hang up."""
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _connected(self) -> Link:
        if self._link is None or not self._link.alive:
            self.close()
            for secret in (self._credentials.password, self._credentials.passphrase):
                if secret is not None:
                    # asked for here, so that a slow `command:` does not use up the time for authentication
                    secret()
            self._link = self._connect(self._route, self._credentials)
        return self._link

    def _connect(self, hops: tuple[Hop, ...], credentials: Credentials) -> Link:
        way, last = hops[:-1], hops[-1]
        if not way:
            carrier = dial(last, self._limits.connect)
            return shake_hands(last, carrier, credentials, self._limits, lambda: None)
        bastion = _bastions.borrow(way, lambda: self._connect(way, self._on_the_way))
        with bastion.handshakes:
            return self._through(bastion, way, last, credentials)

    def _through(self, bastion: Bastion, way: tuple[Hop, ...], last: Hop, credentials: Credentials) -> Link:
        def give_back() -> None:
            _bastions.give_back(way, bastion)

        try:
            with foreign(last.place):
                carrier = bastion.link.result().tunnel(last, self._limits.connect)
        except BaseException:
            give_back()
            raise
        return shake_hands(last, carrier, credentials, self._limits, give_back)

    def _identity(self, link: Link) -> Identity:
        target = self._route[-1]
        return Identity(target.address, target.user, self._become.privilege, link.key, link.accepted_new_key)


def _later(secret: Callable[[str], str], reference: str) -> Callable[[], str] | None:
    return (lambda: secret(reference)) if reference else None


def open_ssh(endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> SshShell:
    """Make a shell on an SSH server; `limits` bound connecting and authentication."""
    return SshShell(endpoint, secret, limits)
