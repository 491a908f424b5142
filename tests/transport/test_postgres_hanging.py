"""PostgreSQL sessions with servers that say nothing, too little or nonsense: every stage ends within its limits."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from scanner.model.errors import CollectionError
from scanner.model.inventory import Endpoint
from scanner.transport.postgres import PostgresClient, open_postgres
from scanner.transport.shell import Limits
from scanner.transport.sql import Statement

ONE = Statement("one", "SELECT 1 AS one")
SHORT = Limits(connect=2, run=2)
Script = Callable[[socket.socket], None]


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


WELCOME = b"".join(
    (
        message(b"R", struct.pack("!I", 0)),
        message(b"S", b"server_version\x0016.3\x00"),
        message(b"S", b"client_encoding\x00UTF8\x00"),
        message(b"S", b"standard_conforming_strings\x00on\x00"),
        message(b"K", struct.pack("!II", 1, 1)),
        message(b"Z", b"I"),
    )
)
SET = message(b"C", b"SET\x00") + message(b"Z", b"I")


@contextlib.contextmanager
def scripted(script: Script) -> Iterator[int]:
    """Run a server that follows a script with each client; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                link, _ = listener.accept()
                with link:
                    link.settimeout(15)
                    script(link)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def startup(link: socket.socket) -> None:
    size = struct.unpack("!I", link.recv(4))[0]
    link.recv(size - 4)


def query(link: socket.socket) -> bytes:
    """Read what the client sends next: at least one whole message."""
    kind = link.recv(1)
    if not kind:
        raise OSError
    size = struct.unpack("!I", link.recv(4))[0]
    body = b""
    while len(body) < size - 4:
        body += link.recv(size - 4 - len(body))
    return kind + body


def silent(link: socket.socket) -> None:
    link.recv(1_000_000)
    time.sleep(8)


def silent_after_startup(link: socket.socket) -> None:
    startup(link)
    link.sendall(message(b"R", struct.pack("!I", 3)))
    time.sleep(8)


def drips(link: socket.socket) -> None:
    startup(link)
    for byte in WELCOME * 20:
        link.sendall(bytes([byte]))
        time.sleep(0.5)


def silent_when_tamed(link: socket.socket) -> None:
    startup(link)
    link.sendall(WELCOME)
    time.sleep(8)


def silent_when_asked(link: socket.socket) -> None:
    startup(link)
    link.sendall(WELCOME)
    while True:
        if b"SELECT 1" in query(link):
            time.sleep(8)
            return
        link.sendall(SET)


def endless(link: socket.socket) -> None:
    """Answer with rows that never end, one every tenth of a second."""
    startup(link)
    link.sendall(WELCOME)
    while b"SELECT 1" not in query(link):
        link.sendall(SET)
    link.sendall(message(b"T", struct.pack("!H", 1) + b"one\x00" + struct.pack("!IHIhih", 0, 0, 23, 4, -1, 0)))
    while True:
        link.sendall(message(b"D", struct.pack("!HI", 1, 1) + b"1"))
        time.sleep(0.1)


def nonsense(link: socket.socket) -> None:
    startup(link)
    link.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    time.sleep(1)


def closes(link: socket.socket) -> None:
    startup(link)


def closes_when_asked(link: socket.socket) -> None:
    startup(link)
    link.sendall(WELCOME)
    while b"SELECT 1" not in query(link):
        link.sendall(SET)


def client(port: int) -> PostgresClient:
    endpoint = Endpoint("sql", "127.0.0.1", port, "scanner", password="env:PW", options=(("sslmode", "disable"),))
    return open_postgres(endpoint, lambda _: "a-secret-word", SHORT)


@pytest.mark.parametrize("script", [silent, silent_after_startup, drips, silent_when_tamed, nonsense, closes])
def test_no_session_in_time(script: Script) -> None:
    with scripted(script) as port:
        began = time.monotonic()
        with pytest.raises(CollectionError) as refused:
            client(port).ask("", [ONE], SHORT)
        assert time.monotonic() - began < 6
        assert "a-secret-word" not in f"{refused.value}"


@pytest.mark.parametrize("script", [silent_when_asked, endless, closes_when_asked])
def test_no_answer_in_time(script: Script) -> None:
    with scripted(script) as port:
        began = time.monotonic()
        reply = client(port).ask("", [ONE], SHORT).replies["one"]
        assert time.monotonic() - began < 6
        assert reply.failure is not None


def test_close_from_another_thread_ends_the_beginning_too() -> None:
    with scripted(silent_when_tamed) as port:
        asked = client(port)
        ended = threading.Event()

        def ask() -> None:
            with contextlib.suppress(CollectionError):
                asked.ask("", [ONE], Limits(connect=30, run=30))
            ended.set()

        threading.Thread(target=ask, daemon=True).start()
        time.sleep(1)
        asked.close()
        assert ended.wait(3)
