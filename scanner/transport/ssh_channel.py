"""A command on an SSH channel: the wire of the `ssh` transport."""

from __future__ import annotations

import contextlib
import threading

from paramiko import Channel, Transport

from scanner.transport.errors import because
from scanner.transport.ssh_errors import BROKEN
from scanner.transport.ssh_tunnel import close_in_order

_CHUNK = 262144


class _Bell(threading.Event):
    """Rung by paramiko's reading thread for stdout, stderr and their end alike.

    paramiko clears the event of a buffer that was emptied, though the other may be full: only the waiter may
    clear it. (Its `Channel.fileno` would need no bell, but can write into a descriptor that was closed and
    given to somebody else meanwhile.)
    """

    def clear(self) -> None:
        """Leave it to `wait_and_reset`."""

    def wait_and_reset(self, seconds: float) -> None:
        self.wait(seconds)
        super().clear()


class ChannelWire:
    """A command that runs at the other end of a channel."""

    def __init__(self, transport: Transport, line: str, seconds: float) -> None:
        """Open a channel within so many seconds and start the exec line on it; raises paramiko's errors."""
        self._transport = transport
        self._bell = _Bell()
        self._channel: Channel = close_in_order(transport.open_session(timeout=seconds))
        self._channel.settimeout(0.0)
        self._channel.in_buffer.set_event(self._bell)
        self._channel.in_stderr_buffer.set_event(self._bell)
        self._input_open = True
        try:
            self._channel.exec_command(line)
        except BROKEN:
            self.abandon()
            raise

    def wait(self, seconds: float, writing: bool) -> None:
        """Wait for output; room for input rings no bell, so it is looked for every 50 ms."""
        self._bell.wait_and_reset(min(seconds, 0.05) if writing else seconds)

    def read(self) -> tuple[bytes, bytes]:
        """Give what has come."""
        channel = self._channel
        out = channel.recv(_CHUNK) if channel.recv_ready() else b""
        err = channel.recv_stderr(_CHUNK) if channel.recv_stderr_ready() else b""
        return out, err

    def write(self, data: bytes) -> int:
        """Write what the window takes now."""
        if self._channel.closed or not self._input_open:
            raise BrokenPipeError
        if not self._channel.send_ready():
            return 0
        try:
            sent = self._channel.send(data)
        except TimeoutError:
            return 0
        except BROKEN:
            raise BrokenPipeError from None
        if not sent:
            raise BrokenPipeError
        return sent

    def close_input(self) -> None:
        """Send the end of stdin, once."""
        if self._input_open:
            self._input_open = False
            with contextlib.suppress(*BROKEN):
                self._channel.shutdown_write()

    def ended(self) -> bool:
        """True when nothing more can come and all was read."""
        channel = self._channel
        over = bool(channel.eof_received) or channel.closed
        return over and not channel.recv_ready() and not channel.recv_stderr_ready()

    def status(self, seconds: float) -> int | None:
        """Give the exit status, which may follow the end of the streams."""
        if not self.lost():
            self._channel.status_event.wait(seconds)
        return self._channel.exit_status if self._channel.exit_status >= 0 else None

    def lost(self) -> str:
        """Say why the stream did not end in order: no end was sent, or no exit status."""
        if self._channel.eof_received and self._channel.exit_status >= 0:
            return ""
        if not self._transport.is_active():
            exc = self._transport.get_exception()
            return "connection lost" + (f": {because(exc)}" if exc is not None else "")
        return "" if self._channel.eof_received else "connection lost: the server closed the channel"

    def abandon(self) -> None:
        """Close the channel; the command at the other end gets a broken pipe."""
        with contextlib.suppress(*BROKEN):
            self._channel.close()
