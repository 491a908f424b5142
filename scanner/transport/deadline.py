"""A clock beside a conversation: whoever is late is cut off, however busily he talks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def deadline(seconds: float, cut: Callable[[], None]) -> Iterator[threading.Event]:
    """Call `cut` from another thread when the block takes longer; the event that is given tells whether it did."""
    over = threading.Event()

    def end() -> None:
        over.set()
        cut()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
