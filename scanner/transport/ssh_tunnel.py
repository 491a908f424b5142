"""Channels that close in good order, and the one that carries another SSH connection."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from paramiko import Channel, Message
from paramiko.common import MSG_CHANNEL_CLOSE

from scanner.transport.ssh_errors import BROKEN


class Gate:
    """Stands in for a channel's transport and lets nothing follow the channel's CLOSE.

    paramiko decides under a lock whether a channel is open, and sends outside of it; another thread may send
    CLOSE in between. OpenSSH answers data on a closed channel by dropping the whole connection: on a bastion,
    everybody's.
    """

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._shut = False

    def __getattr__(self, name: str) -> Any:
        """Give everything else of the transport itself."""
        return getattr(self._transport, name)

    def _send_user_message(self, message: Message) -> None:
        with self._lock:
            if self._shut:
                return
            self._shut = message.asbytes()[0] == MSG_CHANNEL_CLOSE
            self._transport._send_user_message(message)  # noqa: SLF001


def close_in_order(channel: Channel) -> Channel:
    """Put a gate before the channel's transport; give the channel."""
    channel.transport = Gate(channel.transport)  # type: ignore[assignment]
    return channel


class Tunnel:
    """The socket of a connection that runs through a channel of another one: what paramiko asks of a socket."""

    def __init__(self, channel: Channel) -> None:
        self._channel = close_in_order(channel)

    def send(self, data: bytes) -> int:
        """Send what the window takes; raises OSError and EOFError when the channel is closed."""
        return self._channel.send(data)

    def recv(self, size: int) -> bytes:
        """Receive; empty at the end, TimeoutError when nothing came in time."""
        return self._channel.recv(size)

    def settimeout(self, seconds: float | None) -> None:
        """Bound how long `send` and `recv` wait."""
        self._channel.settimeout(seconds)

    def close(self) -> None:
        """Close; a bastion that is gone is no trouble (paramiko's thread would die of it with a traceback)."""
        with contextlib.suppress(*BROKEN):
            self._channel.close()

    @property
    def _closed(self) -> bool:
        return self._channel.closed
