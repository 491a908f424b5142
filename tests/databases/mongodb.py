"""A scripted stand-in for MongoDB: the wire protocol, real SCRAM-SHA-256 and TLS, and replies out of a script.

    with server(SCRIPTS["weak"]) as mongod:
        client = mongod.client("scanner")

MongoDB itself was never run here: no package of it is at hand. What it would answer stands in `mongodb_scripts.py`,
modelled on its documentation.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import bson

HOST = "127.0.0.1"
OPEN = frozenset({"hello", "ismaster", "isMaster", "buildInfo", "connectionStatus", "ping", "endSessions"})
"""Commands that take no privilege."""

_QUERY, _REPLY, _MESSAGE = 2004, 1, 2013
_ROUNDS = 15_000


@dataclass(frozen=True)
class User:
    """Somebody who may log in: to which commands, and with which roles in the words of connectionStatus."""

    password: str
    commands: frozenset[str] = frozenset()
    roles: tuple[dict[str, str], ...] = ()
    privileges: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Script:
    """What a server is: its replies, who may log in, and whether it lets in anybody."""

    replies: Mapping[str, Any]
    """Command > document, or a function of the command's document."""
    users: Mapping[str, User] = field(default_factory=dict)
    authorization: bool = True
    tls: str = "disabled"
    """`disabled`, `allowTLS`, `preferTLS` or `requireTLS`."""


@dataclass
class Server:
    """A running stand-in."""

    script: Script
    port: int
    faults: dict[str, str] = field(default_factory=dict)
    """Command > `hang`, `cut`, `hangup`, `garbage` or `flood`, for tests of servers that do not keep the rules."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """Every command that came, in order, those of the driver's own included."""
    connections: int = 0
    logins: int = 0
    host = HOST

    def names(self) -> list[str]:
        """Give the commands that came, without those by which the driver keeps its connection."""
        own = {"hello", "ismaster", "saslStart", "saslContinue", "endSessions"}
        return [next(iter(each)) for each in self.asked if next(iter(each)) not in own]


@contextlib.contextmanager
def server(script: Script, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a stand-in on a free loopback port; a script with TLS takes a context that holds its certificate."""
    listener = socket.create_server((HOST, 0))
    running = Server(script, listener.getsockname()[1])
    live: set[socket.socket] = set()
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, ValueError, struct.error):
            secured = _secured(connection, script.tls, context)
            if secured is not None:
                live.add(secured)
                with secured:
                    _Conversation(running, secured, ended).run()
        live.discard(connection)
        connection.close()

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            running.connections += 1
            live.add(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        ended.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in list(live):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _secured(connection: socket.socket, mode: str, context: ssl.SSLContext | None) -> socket.socket | None:
    """Give the connection as the mode has it: encrypted when it begins with a TLS handshake; None to hang up."""
    first = connection.recv(1, socket.MSG_PEEK)
    if first == b"\x16":
        return context.wrap_socket(connection, server_side=True) if context and mode != "disabled" else None
    return None if mode == "requireTLS" or not first else connection


class _Conversation:
    """One connection: reads commands, answers by the script, keeps who is logged in."""

    def __init__(self, running: Server, connection: socket.socket, ended: threading.Event) -> None:
        self.running, self.script = running, running.script
        self.connection, self.ended = connection, ended
        self.login: str = ""
        self.scram: _Scram | None = None

    def run(self) -> None:
        while not self.ended.is_set():
            header = self._read(16)
            if header is None:
                return
            length, number, _, operation = struct.unpack("<iiii", header)
            rest = self._read(length - 16)
            if rest is None:
                return
            if operation == _QUERY:
                name_end = rest.index(b"\0", 4)
                command = bson.decode(rest[name_end + 9 :])
            elif operation == _MESSAGE:
                command = bson.decode(rest[5:])
            else:
                return
            if not self._answer(command, number, operation):
                return

    def _read(self, size: int) -> bytes | None:
        parts = b""
        while len(parts) < size:
            part = self.connection.recv(size - len(parts))
            if not part:
                return None
            parts += part
        return parts

    def _answer(self, command: dict[str, Any], number: int, operation: int) -> bool:
        name = next(iter(command))
        self.running.asked.append(command)
        fault = self.running.faults.get(name, "")
        if fault == "hang":
            self.ended.wait(60)
            return False
        if fault == "hangup":
            return False
        body = bson.encode(self._reply(name, command))
        if fault == "garbage":
            body = body[:8] + b"\xff" * (len(body) - 9) + b"\0"
        if fault == "flood":
            body = bson.encode({"ok": 1, "rows": [{"n": n, "text": "x" * 100} for n in range(30_000)]})
        body = (struct.pack("<iqii", 8, 0, 0, 1) if operation == _QUERY else struct.pack("<IB", 0, 0)) + body
        code = _REPLY if operation == _QUERY else _MESSAGE
        message = struct.pack("<iiii", 16 + len(body), number + 1, number, code) + body
        if fault == "cut":
            self.connection.sendall(message[: len(message) // 2])
            return False
        self.connection.sendall(message)
        return True

    def _reply(self, name: str, command: dict[str, Any]) -> dict[str, Any]:
        if name in ("hello", "ismaster", "isMaster"):
            return self._hello(command)
        if name == "saslStart":
            self.scram = _Scram(self.script.users)
            return self.scram.start(command)
        if name == "saslContinue" and self.scram:
            reply = self.scram.go_on(command)
            if self.scram.user and not self.login:
                self.login = self.scram.user
                self.running.logins += 1
            return reply
        if name == "connectionStatus":
            return self._status(command)
        if name in ("ping", "endSessions"):
            return {"ok": 1}
        if self.script.authorization and name not in OPEN and not self._may(name):
            return denied(name, command.get("$db", "admin"), logged_in=bool(self.login))
        found = self.script.replies.get(name)
        if found is None:
            return {"ok": 0, "errmsg": f"no such command: '{name}'", "code": 59, "codeName": "CommandNotFound"}
        document = found(command) if callable(found) else dict(found)
        return document if "ok" in document else {**document, "ok": 1.0}

    def _may(self, name: str) -> bool:
        return bool(self.login) and name in self.script.users[self.login].commands

    def _hello(self, command: dict[str, Any]) -> dict[str, Any]:
        reply = {
            "helloOk": True,
            "isWritablePrimary": True,
            "ismaster": True,
            "maxBsonObjectSize": 16777216,
            "maxMessageSizeBytes": 48000000,
            "maxWriteBatchSize": 100000,
            "localTime": bson.datetime.datetime.now(bson.datetime.UTC),
            "logicalSessionTimeoutMinutes": 30,
            "connectionId": 1,
            "minWireVersion": 0,
            "maxWireVersion": 21,
            "readOnly": False,
            **self.script.replies.get("hello", {}),
        }
        if "saslSupportedMechs" in command:
            reply["saslSupportedMechs"] = ["SCRAM-SHA-256"]
        return {**reply, "ok": 1.0}

    def _status(self, command: dict[str, Any]) -> dict[str, Any]:
        user = self.script.users.get(self.login)
        info: dict[str, Any] = {
            "authenticatedUsers": [{"user": self.login, "db": "admin"}] if user else [],
            "authenticatedUserRoles": list(user.roles) if user else [],
        }
        if command.get("showPrivileges"):
            info["authenticatedUserPrivileges"] = list(user.privileges) if user else []
        return {"authInfo": info, "ok": 1.0}


class _Scram:
    """The server's side of SCRAM-SHA-256 (RFC 7677), as saslStart and saslContinue carry it."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self.users = users
        self.user = ""

    def start(self, command: dict[str, Any]) -> dict[str, Any]:
        if command.get("mechanism") != "SCRAM-SHA-256":
            return {"ok": 0, "errmsg": "Received authentication for mechanism which is not enabled", "code": 334}
        first = bytes(command["payload"]).decode()
        self.first = first.split(",", 2)[2]
        asked = dict(part.split("=", 1) for part in self.first.split(","))
        self.name = asked["n"].replace("=2C", ",").replace("=3D", "=")
        self.salt = os.urandom(28)
        self.nonce = asked["r"] + base64.b64encode(os.urandom(18)).decode()
        self.challenge = f"r={self.nonce},s={base64.b64encode(self.salt).decode()},i={_ROUNDS}"
        return {"conversationId": 1, "done": False, "payload": self.challenge.encode(), "ok": 1}

    def go_on(self, command: dict[str, Any]) -> dict[str, Any]:
        last = bytes(command["payload"]).decode()
        if not last:
            return {"conversationId": 1, "done": True, "payload": b"", "ok": 1}
        said, proof = last.rsplit(",p=", 1)
        known = self.users.get(self.name)
        salted = hashlib.pbkdf2_hmac("sha256", (known.password if known else "\0").encode(), self.salt, _ROUNDS)
        key = _hmac(salted, b"Client Key")
        whole = f"{self.first},{self.challenge},{said}".encode()
        mask = _hmac(hashlib.sha256(key).digest(), whole)
        wanted = bytes(a ^ b for a, b in zip(key, mask, strict=True))
        if known is None or not hmac.compare_digest(wanted, base64.b64decode(proof)):
            return {"ok": 0, "errmsg": "Authentication failed.", "code": 18, "codeName": "AuthenticationFailed"}
        self.user = self.name
        signature = base64.b64encode(_hmac(_hmac(salted, b"Server Key"), whole)).decode()
        return {"conversationId": 1, "done": True, "payload": f"v={signature}".encode(), "ok": 1}


def denied(name: str, database: str = "admin", *, logged_in: bool = True) -> dict[str, Any]:
    """Give what MongoDB says to a command that the login may not send."""
    text = f"not authorized on {database} to execute command {{ {name}: 1 }}"
    said = text if logged_in else f"Command {name} requires authentication"
    return {"ok": 0, "errmsg": said, "code": 13, "codeName": "Unauthorized"}


def failing(code: int, text: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Give a reply that is an error."""
    return lambda _command: {"ok": 0, "errmsg": text, "code": code}


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()


def settle(seconds: float = 0.05) -> None:
    """Let threads of the stand-in come to rest."""
    time.sleep(seconds)
