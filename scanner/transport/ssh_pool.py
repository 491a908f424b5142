"""Bastions, each connected once and shared by all connections that lead through it at the same time."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field

from scanner.model.errors import ControlproofError
from scanner.transport.ssh_link import Link

HANDSHAKES = 8
"""How many connections may be set up through one bastion at once: more, and all of them are late."""

LOANS = 256
"""How many connections a bastion carries in its life; a fresh one is made for those who come later.

It so stays far below the half gibibyte after which paramiko exchanges keys anew, which busy channels disturb.
"""


@dataclass(slots=True)
class Bastion:
    """A connection in the making or made, and how many lean on it."""

    link: Future[Link] = field(default_factory=Future)
    users: int = 0
    loans: int = 0
    handshakes: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(HANDSHAKES))


class Pool:
    """Bastions by key. Every method may be called by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bastions: dict[Hashable, Bastion] = {}

    def borrow(self, key: Hashable, connect: Callable[[], Link]) -> Bastion:
        """Give the bastion of that key, connecting it when nobody has; pair it with `give_back`.

        Who comes while it is being connected waits for it, and shares its error (a ControlproofError).
        """
        with self._lock:
            bastion = self._bastions.get(key)
            mine = bastion is None or bastion.loans >= LOANS or _dead(bastion)
            if bastion is None or mine:
                bastion = self._bastions[key] = Bastion()
            bastion.users += 1
            bastion.loans += 1
        try:
            if mine:
                self._connect(bastion, connect)
            bastion.link.result()
        except ControlproofError as exc:
            self.give_back(key, bastion)
            # several threads raise it: each its own, or they would write into one traceback
            raise copy.copy(exc) from exc
        except BaseException:
            self.give_back(key, bastion)
            raise
        return bastion

    def _connect(self, bastion: Bastion, connect: Callable[[], Link]) -> None:
        try:
            bastion.link.set_result(connect())
        except BaseException as exc:
            bastion.link.set_exception(exc)
            raise

    def give_back(self, key: Hashable, bastion: Bastion) -> None:
        """Lean on it no longer; the last one out hangs up."""
        with self._lock:
            bastion.users -= 1
            last = bastion.users == 0
            if last and self._bastions.get(key) is bastion:
                del self._bastions[key]
        if last and bastion.link.done() and bastion.link.exception() is None:
            bastion.link.result().close()

    def __len__(self) -> int:
        """Count the bastions in use."""
        return len(self._bastions)


def _dead(bastion: Bastion) -> bool:
    """True when the connection failed, or stood once and does not stand any more."""
    done = bastion.link
    return done.done() and (done.exception() is not None or not done.result().alive)
