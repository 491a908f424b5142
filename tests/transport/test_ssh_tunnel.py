from __future__ import annotations

import threading
from typing import cast

import paramiko
import pytest
from paramiko.common import cMSG_CHANNEL_CLOSE, cMSG_CHANNEL_DATA, cMSG_CHANNEL_EOF

from scanner.transport.ssh_tunnel import Gate, Tunnel


class Recorder:
    """A transport that notes the kinds of messages in the order of sending."""

    name = "recorder"

    def __init__(self) -> None:
        self.sent: list[int] = []

    def _send_user_message(self, message: paramiko.Message) -> None:
        self.sent.append(message.asbytes()[0])


def message(kind: bytes) -> paramiko.Message:
    made = paramiko.Message()
    made.add_byte(kind)
    made.add_int(7)
    return made


def test_nothing_follows_the_close_of_a_channel() -> None:
    recorder = Recorder()
    gate = Gate(recorder)

    for kind in (cMSG_CHANNEL_DATA, cMSG_CHANNEL_EOF, cMSG_CHANNEL_CLOSE, cMSG_CHANNEL_DATA, cMSG_CHANNEL_CLOSE):
        gate._send_user_message(message(kind))

    assert recorder.sent == [94, 96, 97]
    assert gate.name == "recorder"


def test_close_is_last_whoever_sends() -> None:
    recorder = Recorder()
    gate = Gate(recorder)
    start = threading.Barrier(9)

    def send(kind: bytes) -> None:
        start.wait(10)
        for _ in range(50):
            gate._send_user_message(message(kind))

    kinds = [cMSG_CHANNEL_DATA] * 8 + [cMSG_CHANNEL_CLOSE]
    threads = [threading.Thread(target=send, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert recorder.sent[-1] == 97
    assert recorder.sent.count(97) == 1


@pytest.mark.parametrize("error", [EOFError(), OSError("gone"), paramiko.SSHException("gone")])
def test_a_tunnel_closes_quietly_when_the_bastion_is_gone(error: Exception) -> None:
    class Broken:
        transport = Recorder()
        closed = True

        def close(self) -> None:
            raise error

    tunnel = Tunnel(cast("paramiko.Channel", Broken()))

    tunnel.close()
    assert tunnel._closed
