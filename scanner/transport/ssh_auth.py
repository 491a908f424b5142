"""Being let in: keys and passwords, several steps where the server wants them, each secret once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from paramiko import AuthenticationException, BadAuthenticationType, Transport

from scanner.model.errors import AuthenticationError, DeadlineError
from scanner.transport.errors import plain
from scanner.transport.ssh_keys import Candidate, KeyRing, Passphrase
from scanner.transport.ssh_settings import Hop

PUBLICKEY = "publickey"
_PASSWORDS = ("password", "keyboard-interactive")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the inventory gives besides keys; resolved when it is needed."""

    password: Callable[[], str] | None = field(default=None, repr=False)
    passphrase: Passphrase = field(default=None, repr=False)
    named_key: bool = False
    """True when the inventory names a key: keys are then tried before the password."""


@contextmanager
def watchdog(transport: Transport, seconds: float) -> Iterator[None]:
    """Close the transport when the block takes longer: several of paramiko's calls have no time-out of their own."""
    timer = threading.Timer(seconds, transport.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def authenticate(transport: Transport, hop: Hop, credentials: Credentials, seconds: float) -> None:
    """Get in within so many seconds.

    Raises AuthenticationError, naming what was tried, when the server refuses all we have, DeadlineError when
    it takes too long, and lets paramiko's errors about the connection through.
    """
    with closing(KeyRing(hop, credentials.passphrase, seconds)) as ring, watchdog(transport, seconds + 1):
        _Attempt(transport, hop, credentials, ring, time.monotonic() + seconds).run()


class _Attempt:
    """One authentication: which methods the server still allows, and what was tried."""

    def __init__(
        self, transport: Transport, hop: Hop, credentials: Credentials, ring: KeyRing, deadline: float
    ) -> None:
        self._transport = transport
        self._hop = hop
        self._credentials = credentials
        self._ring = ring
        self._deadline = deadline
        self._keys = ring.candidates()
        self._allowed: Sequence[str] | None = None
        self._password_left = credentials.password is not None
        self._tried: list[str] = []

    def run(self) -> None:
        """Try method after method until the server is content or we have nothing left."""
        while not self._transport.is_authenticated():
            step = self._next()
            if step is None:
                if self._allowed is None and not self._tried and self._probe():
                    continue
                raise self._refused()
            self._take(*step)

    def _next(self) -> tuple[str, Callable[[], Sequence[str]]] | None:
        first_password = not self._credentials.named_key
        order = (self._password_step, self._key_step) if first_password else (self._key_step, self._password_step)
        return next((step for step in (make() for make in order) if step is not None), None)

    def _may(self, *methods: str) -> bool:
        return self._allowed is None or any(method in self._allowed for method in methods)

    def _password_step(self) -> tuple[str, Callable[[], Sequence[str]]] | None:
        if not self._password_left or self._credentials.password is None or not self._may(*_PASSWORDS):
            return None
        self._password_left = False
        password = self._credentials.password()
        return "password", lambda: self._give_password(password)

    def _key_step(self) -> tuple[str, Callable[[], Sequence[str]]] | None:
        if not self._may(PUBLICKEY):
            return None
        candidate: Candidate | None = next(self._keys, None)
        if candidate is None:
            return None
        return candidate.label, lambda: self._transport.auth_publickey(self._hop.user, candidate.key)

    def _take(self, label: str, call: Callable[[], Sequence[str]]) -> None:
        try:
            self._allowed = self._timed(call) or self._allowed
        except BadAuthenticationType as exc:
            self._allowed = exc.allowed_types
            if label == "password":
                # the server may take it as the second step, after a key
                self._password_left = PUBLICKEY in exc.allowed_types and not self._may(*_PASSWORDS)
                return
        except AuthenticationException as exc:
            self._check_still_there(exc)
        self._tried.append(label)

    def _timed(self, call: Callable[[], Sequence[str]]) -> Sequence[str]:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self._late()
        self._transport.auth_timeout = left
        return call()

    def _give_password(self, password: str) -> Sequence[str]:
        try:
            return self._transport.auth_password(self._hop.user, password, fallback=False)
        except BadAuthenticationType as exc:
            if "keyboard-interactive" not in exc.allowed_types:
                raise
        asked: list[str] = []

        def answer(title: str, instructions: str, prompts: Sequence[tuple[str, bool]]) -> list[str]:
            del title, instructions
            hidden = [text for text, echo in prompts if not echo]
            if asked or len(prompts) != 1 or not hidden:
                return [""] * len(prompts)
            asked.extend(hidden)
            return [password]

        return self._transport.auth_interactive(self._hop.user, answer)

    def _probe(self) -> bool:
        """Ask with method `none` what the server allows; True when that let us in."""
        try:
            self._timed(lambda: self._transport.auth_none(self._hop.user))
        except BadAuthenticationType as exc:
            self._allowed = exc.allowed_types
        except AuthenticationException as exc:
            self._check_still_there(exc)
        return self._transport.is_authenticated()

    def _check_still_there(self, exc: AuthenticationException) -> None:
        if self._deadline <= time.monotonic() or "timeout" in str(exc).lower():
            raise self._late() from None
        if not self._transport.is_active():
            raise AuthenticationError(
                f"{self._hop.place}: the server hung up while {plain(self._hop.user, 64)} was authenticating, after "
                f"{self._what_was_tried()} (too many keys? name one in `identity`, or see the server's log)"
            ) from None

    def _late(self) -> DeadlineError:
        return DeadlineError(f"{self._hop.place}: authentication took longer than its time-out")

    def _what_was_tried(self) -> str:
        return ", ".join(self._tried) or "nothing was tried"

    def _refused(self) -> AuthenticationError:
        told = [f"tried {self._what_was_tried()}"] if self._tried else ["there was no key and no password to try"]
        told += self._ring.notes
        if self._allowed:
            told.append(f"the server accepts {plain(', '.join(self._allowed), 120)}")
        return AuthenticationError(
            f"{self._hop.place}: {plain(self._hop.user, 64)} was not let in: {'; '.join(told)} "
            "(certificates on tokens, Kerberos: use `transport: openssh`)"
        )
