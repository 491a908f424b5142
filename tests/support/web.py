"""Small web servers on loopback, with or without TLS, that answer as a test says."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.databases.certificates import Pair


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What is sent back; `raw` takes the socket and sends whatever it likes instead."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    phrase: str = ""
    raw: Callable[[socket.socket], None] | None = None

    @classmethod
    def json(cls, data: Any, status: int = 200, phrase: str = "") -> Reply:
        """Make a reply of JSON."""
        return cls(status, json.dumps(data).encode(), phrase=phrase)


Answerer = Callable[[Asked], Reply]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answerer: Answerer
    asked: list[Asked]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: clients that hang up are what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *args: Any) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(
            self.command,
            unquote(parts.path),
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers,
            self.rfile.read(size),
        )
        self.server.asked.append(asked)
        reply = self.server.answerer(asked)
        if reply.raw is not None:
            with suppress(OSError):
                reply.raw(self.connection)
            self.close_connection = True
            return
        self.send_response(reply.status, reply.phrase or None)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = _answer  # noqa: N815


@dataclass
class Site:
    """A running server."""

    port: int
    asked: list[Asked]
    """Everything that was asked so far."""
    secure: bool

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"


@contextmanager
def site(answerer: Answerer, pair: Pair | None = None, client_ca: str = "") -> Iterator[Site]:
    """Serve on a free port of the loopback; with a certificate over TLS, with `client_ca` only for its clients."""
    server = _Server(("127.0.0.1", 0), _Handler, bind_and_activate=True)
    server.answerer, server.asked = answerer, []
    if pair is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Site(server.server_address[1], server.asked, pair is not None)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
