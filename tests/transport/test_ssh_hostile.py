"""Servers that speak SSH well and mean no good."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from scanner.model.errors import CollectionError, DeadlineError
from scanner.model.inventory import Endpoint
from scanner.transport import ssh
from scanner.transport.shell import Limits
from tests.support import sshd as bench
from tests.transport.conftest import QUICK, ask

Exec = Callable[[paramiko.Channel, threading.Event], bool]


class Server(paramiko.ServerInterface):
    """Lets everybody in; what it does with a command is told from outside."""

    def __init__(self, on_exec: Exec, over: threading.Event, lets_in: int = paramiko.AUTH_SUCCESSFUL) -> None:
        self._on_exec, self._over, self._lets_in = on_exec, over, lets_in

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        if self._lets_in < 0:
            self._over.wait(10)
        return self._lets_in

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return self._on_exec(channel, self._over)


@contextlib.contextmanager
def serving(folder: Path, on_exec: Exec, lets_in: int = paramiko.AUTH_SUCCESSFUL) -> Iterator[Endpoint]:
    key = bench.make_key(folder / "host")
    user = bench.make_key(folder / "user")
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def accept() -> None:
            connection, _ = listener.accept()
            transport = paramiko.Transport(connection)
            transport.set_log_channel("controlproof.paramiko")
            transport.add_server_key(paramiko.Ed25519Key.from_private_key_file(str(key)))
            transport.start_server(server=Server(on_exec, over, lets_in))
            over.wait(20)
            transport.close()
            transport.join(10)

        thread = threading.Thread(target=accept)
        thread.start()
        known = folder / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {bench.public(key)}\n")
        try:
            yield Endpoint(
                "ssh",
                "127.0.0.1",
                port,
                "ann",
                identity=str(user),
                options=(("known_hosts", str(known)), ("ssh_config", "none")),
            )
        finally:
            over.set()
            thread.join(20)


@pytest.fixture(autouse=True)
def _tools() -> None:
    bench.need("ssh-keygen")


def test_a_command_that_is_never_started_is_given_up(tmp_path: Path) -> None:
    def hang(channel: paramiko.Channel, over: threading.Event) -> bool:
        over.wait(10)
        return False

    with serving(tmp_path, hang) as way, pytest.raises(DeadlineError, match="did not start the command within"):
        ask(way, limits=replace(QUICK, auth=0.7))


@pytest.mark.parametrize(
    "raised", [paramiko.SSHException("Timeout opening channel."), EOFError(), OSError(9, "closed")]
)
@pytest.mark.parametrize("late", [True, False])
def test_whatever_a_hung_up_channel_raises_the_deadline_is_told_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, late: bool
) -> None:
    def start(*_: object) -> None:
        time.sleep(0.4 if late else 0)
        raise raised

    monkeypatch.setattr(ssh, "ChannelWire", start)
    with serving(tmp_path, lambda *_: True) as way, pytest.raises(CollectionError) as told:
        ask(way, limits=replace(QUICK, auth=0.3 if late else 30))
    assert isinstance(told.value, DeadlineError) is late


def test_an_authentication_that_never_ends_is_given_up(tmp_path: Path) -> None:
    slow = serving(tmp_path, lambda *_: False, lets_in=-1)

    with slow as way, pytest.raises(DeadlineError, match="authentication took longer"):
        ask(way, limits=Limits(auth=0.7))


def test_a_command_that_is_refused_is_told(tmp_path: Path) -> None:
    with serving(tmp_path, lambda *_: False) as way, pytest.raises(CollectionError, match="Channel closed"):
        ask(way)


def test_a_server_that_takes_no_input_and_says_nothing_meets_the_deadline(tmp_path: Path) -> None:
    with serving(tmp_path, lambda *_: True) as way:
        answer = ask(way, b"x" * 3_000_000, replace(QUICK, run=0.7))

    assert answer.cut.startswith("deadline")


def test_an_end_without_status_is_an_end(tmp_path: Path) -> None:
    def speak(channel: paramiko.Channel, over: threading.Event) -> bool:
        def later() -> None:
            channel.sendall(b"\xff\x1b[2Jhalf")
            channel.close()

        threading.Timer(0.1, later).start()
        return True

    with serving(tmp_path, speak) as way:
        answer = ask(way)

    assert (answer.stdout, answer.status) == (b"\xff\x1b[2Jhalf", None)


def test_an_odd_exit_status_is_no_trouble(tmp_path: Path) -> None:
    def speak(channel: paramiko.Channel, over: threading.Event) -> bool:
        def later() -> None:
            channel.send_exit_status(4294967295)
            channel.sendall(b"late")
            channel.close()

        threading.Timer(0.1, later).start()
        return True

    with serving(tmp_path, speak) as way:
        answer = ask(way)

    assert answer.stdout == b"late"
