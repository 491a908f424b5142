"""A stand-in for MongoDB that speaks its wire protocol and answers from a script; no server of it is to be had here.

    with standin("hardened") as server:
        with server.client("scanner") as client:
            client.admin.command("getCmdLineOpts")
        assert server.asked("getCmdLineOpts") == 1

It knows who may do what, as the server's built-in roles have it: without a login, or without the action, a command is
refused with code 13; databases that the account has no right to are left out of listDatabases. `misbehave` makes a
command hang, cut the connection, or answer with what is no BSON. Limits: it stores nothing and has no cursors.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bson

from tests.databases.certificates import Authority
from tests.databases.mongodb_answers import ACTIONS, FLAVOURS, Document, Script
from tests.databases.mongodb_commands import Command, Refusal, Session, commands, needed
from tests.databases.mongodb_wire import Request, receive
from tests.databases.places import folder as temporary

HOST = "127.0.0.1"

HOW = ("hang", "cut", "broken", "short", "empty")
"""Ways to misbehave: no answer ever, the connection ends, no BSON, half an answer and the end, an empty document."""

_OPEN = frozenset(
    (
        "hello",
        "isMaster",
        "ismaster",
        "buildInfo",
        "buildinfo",
        "connectionStatus",
        "ping",
        "endSessions",
        "logout",
        "saslStart",
        "saslContinue",
    )
)
"""Commands that need no login."""

Answer = Document | Refusal | Command


@dataclass
class StandIn:
    """A running stand-in."""

    flavour: str
    script: Script
    folder: Path
    answers: dict[str, Answer]
    passwords: Mapping[str, str]
    tls: str
    authorization: bool
    context: ssl.SSLContext
    port: int = 0
    commands: list[tuple[str, str, Document]] = field(default_factory=list)
    """What was asked: (account, database, command), in order."""
    faults: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    _links: set[socket.socket] = field(default_factory=set)

    host = HOST

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    @property
    def ca(self) -> Path | None:
        """The certificate of the authority that signed the server's one; None without TLS."""
        return self.folder / "ca.crt" if self.tls else None

    def parameters(self, role: str | None = "scanner", **more: object) -> dict[str, Any]:
        """Give the arguments of pymongo.MongoClient for an account (None: nobody); a None takes one away."""
        found: dict[str, Any] = {"host": self.host, "port": self.port, "serverSelectionTimeoutMS": 3000}
        found |= {"connectTimeoutMS": 3000, "socketTimeoutMS": 3000, "directConnection": True}
        if role is not None:
            found |= {"username": role, "password": self.passwords.get(role, ""), "authSource": "admin"}
        if self.ca:
            found |= {"tls": True, "tlsCAFile": str(self.ca)}
        return {name: value for name, value in {**found, **more}.items() if value is not None}

    def client(self, role: str | None = "scanner", **more: object) -> Any:
        """Open a pymongo client of an account."""
        import pymongo

        return pymongo.MongoClient(**self.parameters(role, **more))

    def asked(self, name: str) -> int:
        """How often a command was asked."""
        return sum(next(iter(document)) == name for _, _, document in self.commands)

    def misbehave(self, command: str, how: str) -> None:
        """Make a command misbehave in one of the ways of `HOW`; the command `*` is every one, hello included."""
        assert how in HOW, how
        self.faults[command] = how

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        while not self.stopping.is_set():
            try:
                link, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._links.add(link)
            threading.Thread(target=self._attend, args=(link,), daemon=True).start()

    def close(self) -> None:
        """Cut every connection."""
        self.stopping.set()
        for link in list(self._links):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def _attend(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError, bson.errors.BSONError), raw:
            try:
                with self._secured(raw) as link:
                    session = Session(link)
                    while (request := receive(link)) is not None:
                        if not self._answer(session, request):
                            return
            finally:
                self._links.discard(raw)

    def _secured(self, raw: socket.socket) -> socket.socket:
        """Begin TLS where the client does or must."""
        begins = raw.recv(1, socket.MSG_PEEK) == b"\x16"
        if not self.tls or (self.tls in ("allowTLS", "preferTLS") and not begins):
            return raw
        return self.context.wrap_socket(raw, server_side=True)

    def _answer(self, session: Session, request: Request) -> bool:
        """Answer one request; False when the connection shall end."""
        self.commands.append((session.user, request.database, request.document))
        fault = self.faults.get(request.name) or self.faults.get("*")
        if fault == "hang":
            self.stopping.wait()
        if fault in ("hang", "cut"):
            return False
        if request.silent:
            return True
        document = {} if fault == "empty" else self._document(session, request)
        body = bson.encode(_filled(document, {"{address}": self.address, "{folder}": str(self.folder)}))
        if fault == "broken":
            body = body[:4] + b"\xff" * (len(body) - 5) + b"\0"
        framed = request.framed(body)
        session.link.sendall(framed[: len(framed) // 2] if fault == "short" else framed)
        return fault != "short"

    def _document(self, session: Session, request: Request) -> Document:
        try:
            self._allow(session, request)
            unknown = Refusal(59, "CommandNotFound", f"no such command: '{request.name}'")
            answer = self.answers.get(request.name, unknown)
            if isinstance(answer, Refusal):
                return answer.document
            found = answer(session, request) if callable(answer) else answer
        except Refusal as refusal:
            return refusal.document
        return {**found, "ok": 1.0}

    def _allow(self, session: Session, request: Request) -> None:
        """Refuse what the session may not do."""
        name = request.name
        if not self.authorization or name in _OPEN:
            return
        if not session.user:
            raise Refusal(13, "Unauthorized", f"Command {name} requires authentication")
        action = needed(name)
        if not action or self.may(session, action):
            return
        if name == "usersInfo" and request.document[name] in (session.user, {"user": session.user, "db": "admin"}):
            return
        raise Refusal(13, "Unauthorized", f"not authorized on {request.database} to execute command {{ {name}: 1 }}")

    def may(self, session: Session, action: str) -> bool:
        """Tell whether the session has an action."""
        return not self.authorization or action in ACTIONS.get(session.user, ())


@contextlib.contextmanager
def standin(
    flavour: str = "hardened",
    *,
    answers: Mapping[str, Answer] | None = None,
    script: Script | None = None,
    tls: str | None = None,
    authorization: bool | None = None,
    days: int = 30,
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
) -> Iterator[StandIn]:
    """Run a stand-in until the block ends.

    `answers` come on top of the flavour's (a document, a Refusal, or a function of session and request); `script`
    takes the place of it all. `tls` is a mode of net.tls.mode, or empty; `days` is how long its certificate is good,
    `oldest` the oldest version of TLS that it takes.
    """
    chosen = script or FLAVOURS[flavour]
    with temporary("mongodb") as folder, socket.create_server((HOST, 0)) as listener:
        Authority(folder).issue("localhost", days=days).joined()
        server = StandIn(
            flavour,
            chosen,
            folder,
            {},
            {str(user["user"]): f"Pw-{secrets.token_hex(12)}" for user in chosen.users},
            chosen.tls if tls is None else tls,
            chosen.authorization if authorization is None else authorization,
            _context(folder, oldest),
            listener.getsockname()[1],
        )
        server.answers |= {**commands(server), **_fixed(chosen), **(answers or {})}
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.close()
            # Closing alone does not wake who waits in accept.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _context(folder: Path, oldest: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "localhost.pem")
    with warnings.catch_warnings():
        # Versions before 1.2 are what probes look for.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = oldest
    if oldest < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _fixed(script: Script) -> Mapping[str, Answer]:
    """Give the answers that depend on nobody; listDatabases does."""
    found = {name: answer for name, answer in script.answers.items() if name != "listDatabases"}
    return {**found, "buildinfo": script.answers["buildInfo"]}


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """Put words in the place of others, in a whole document."""
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace(name, word)
        return value
    if isinstance(value, Mapping):
        return {name: _filled(one, words) for name, one in value.items()}
    return [_filled(one, words) for one in value] if isinstance(value, list | tuple) else value
