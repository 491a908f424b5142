"""The `mongo` transport over pymongo: one connection, one login, commands that only read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Any

import pymongo
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo.monitoring import (
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
)

from scanner.model.errors import CollectionError, ConfigurationError, DeadlineError
from scanner.model.evidence import Identity
from scanner.model.inventory import Endpoint
from scanner.transport.mongo_commands import Command, MongoAnswer, MongoReply
from scanner.transport.mongo_errors import failure_of, refused
from scanner.transport.mongo_probe import probe
from scanner.transport.mongo_values import Plainer
from scanner.transport.probing import Probed
from scanner.transport.shell import Limits, Stopwatch
from scanner.transport.sql import Failure

PORT = 27017
_LARGEST = 64 * 2**20
"""Bytes of a message beyond which a server is not trusted to be MongoDB; it announces 48,000,000."""
_LOCAL = ("localhost", "127.", "::1", "/")
_PARTING = 2.0
"""Seconds that hanging up may take."""
_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, unicode_decode_error_handler="replace", datetime_conversion=DatetimeConversion.DATETIME_AUTO
)


@dataclass(frozen=True, slots=True)
class _News:
    """What the thread that talks to the server tells the one that waits for it."""

    kind: str
    """`open` after the login, `reply`, `end`, `lost` or `heartbeat` when we are kept out, `closed` from outside."""
    name: str = ""
    reply: MongoReply = field(default_factory=MongoReply)
    problem: Exception | None = None


@dataclass(slots=True)
class PymongoClient:
    """Connections to one server."""

    settings: Mapping[str, Any]
    """Keywords of pymongo.MongoClient, the password not among them."""
    place: str
    """Host and port, for messages."""
    password: Callable[[], str]
    options: Mapping[str, str] = field(default_factory=dict)
    _news: SimpleQueue[_News] = field(default_factory=SimpleQueue)
    _over: threading.Event = field(default_factory=threading.Event)

    def ask(self, commands: Sequence[Command], limits: Limits) -> MongoAnswer:
        """Log in, send the commands in order, hang up; raises CollectionError when no login came about.

        The driver talks in a thread of its own: whatever a server does to it, we are back in time. Besides the
        connection that asks, the driver holds one that only says hello.
        """
        for command in commands:
            if command.forbidden:
                raise ValueError(f"{command.name}: {command.forbidden}")
        watch = Stopwatch()
        self._over.clear()
        self._news = SimpleQueue()
        secret = self.password()
        talk = _Talk(self.settings, secret, tuple(commands), limits, self._news, self._over)
        threading.Thread(target=talk.run, daemon=True, name="mongodb").start()
        replies = {"hello": self._opened(talk, limits)}
        lost = self._collect(replies, len(commands), limits)
        for command in commands:
            replies.setdefault(command.name, MongoReply(failure=Failure("", lost or "it was not answered")))
        encrypted = bool(self.settings.get("tls"))
        identity = Identity(
            address=self.place, user=str(self.settings.get("username", "")), key="TLS" if encrypted else ""
        )
        return MongoAnswer(replies, identity, encrypted, watch.started_at, watch.seconds)

    def probe(self, kind: str, limits: Limits) -> Probed:
        """Try a connection of a kind that a hardened server refuses, or look at its certificate; never raises."""
        return probe(kind, self.settings, limits)

    def close(self) -> None:
        """Break off the connection under way: whoever waits for it is told at once."""
        self._over.set()
        self._news.put(_News("closed"))

    def _opened(self, talk: _Talk, limits: Limits) -> MongoReply:
        """Wait for the login; give what the server said of itself then."""
        seconds = limits.connect + limits.auth
        try:
            news = self._news.get(timeout=seconds)
        except Empty:
            talk.hang_up()
            raise DeadlineError(f"{self.place}: no login within {seconds:.0f} s") from None
        if news.kind == "open":
            return news.reply
        talk.hang_up()
        if news.problem is None:
            raise CollectionError(f"{self.place}: the visit was broken off")
        raise refused(news.problem, self.place, encrypted=bool(self.settings.get("tls"))) from None

    def _collect(self, replies: dict[str, MongoReply], wanted: int, limits: Limits) -> str:
        """Gather replies until all are there; give why some are not."""
        watch = Stopwatch()
        taken = 0
        while True:
            left = limits.run - watch.seconds if taken < wanted else _PARTING
            try:
                news = self._news.get(timeout=max(left, 0.001))
            except Empty:
                self._over.set()
                return "the time limit of the session was reached"
            if news.kind == "closed":
                return "the visit was broken off"
            if news.kind in ("end", "lost"):
                return "the connection was lost"
            if news.kind == "heartbeat":
                continue
            replies[news.name] = news.reply
            taken += 1


class _FirstFailure(ServerHeartbeatListener):
    """Tells at once what keeps us out, where the driver would go on trying."""

    def __init__(self, news: SimpleQueue[_News]) -> None:
        self.news = news

    def started(self, event: ServerHeartbeatStartedEvent) -> None:
        """Nothing is to be told yet."""

    def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
        """The login tells the rest."""

    def failed(self, event: ServerHeartbeatFailedEvent) -> None:
        """Pass on why the driver cannot reach the server."""
        self.news.put(_News("heartbeat", problem=event.reply))


@dataclass(slots=True)
class _Talk:
    """One conversation with a server, in a thread of its own."""

    settings: Mapping[str, Any]
    secret: str
    commands: tuple[Command, ...]
    limits: Limits
    news: SimpleQueue[_News]
    over: threading.Event
    _client: pymongo.MongoClient[dict[str, Any]] | None = None

    def hang_up(self) -> None:
        """End a conversation in which nobody logged in."""
        self.over.set()
        client = self._client
        if client is not None:
            with suppress(Exception), pymongo.timeout(_PARTING):
                client.close()

    def run(self) -> None:
        """Talk; whatever goes wrong becomes news."""
        try:
            self._talk()
        except Exception as problem:
            self.news.put(_News("lost", problem=problem))
        finally:
            self.news.put(_News("end"))

    def _talk(self) -> None:
        login = {"password": self.secret} if self.secret else {}
        limits = self.limits
        milliseconds = {
            "serverSelectionTimeoutMS": max(1, round(limits.connect * 1000)),
            "connectTimeoutMS": max(1, round(limits.connect * 1000)),
            "socketTimeoutMS": max(1, round(limits.run * 1000)),
        }
        listeners = {"event_listeners": [_FirstFailure(self.news)]}
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            **{**self.settings, **login, **milliseconds, **listeners}
        )
        self._client = client
        try:
            with pymongo.timeout(limits.connect + limits.auth):
                hello = self._send(client, Command("hello", {"hello": 1}), limits.max_bytes)[0]
            largest = hello.document.get("maxMessageSizeBytes")
            if isinstance(largest, int) and largest > _LARGEST:
                raise CollectionError(f"the server announces messages of {largest} bytes, which MongoDB does not")
            self.news.put(_News("open", reply=hello))
            with pymongo.timeout(limits.run):
                self._ask_all(client)
        finally:
            with suppress(Exception), pymongo.timeout(_PARTING):
                client.close()

    def _ask_all(self, client: pymongo.MongoClient[dict[str, Any]]) -> None:
        budget = self.limits.max_bytes
        for command in self.commands:
            if self.over.is_set():
                return
            try:
                reply, used = self._send(client, command, budget)
            except Exception as problem:
                # Driver and decoder raise many kinds on servers that do not keep the rules.
                reply, used = MongoReply(failure=failure_of(problem)), 0
            budget -= used
            self.news.put(_News("reply", command.name, reply))

    @staticmethod
    def _send(client: pymongo.MongoClient[dict[str, Any]], command: Command, budget: int) -> tuple[MongoReply, int]:
        found = client[command.database].command(dict(command.document), codec_options=_CODEC)
        plainer = Plainer(budget)
        return MongoReply(plainer.document(found), cut=plainer.cut), budget - plainer.left


def open_mongo(endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> PymongoClient:
    """Make a client of the server that the endpoint names; nothing is connected.

    Raises ConfigurationError for settings that cannot be.
    """
    del limits
    host = endpoint.address or "localhost"
    port = endpoint.port or PORT
    settings: dict[str, Any] = {
        "host": f"[{host}]" if ":" in host and not host.startswith("[") else host,
        "port": port,
        "directConnection": True,
        "maxPoolSize": 1,
        "appname": "controlproof",
        "retryReads": False,
        "retryWrites": False,
        "serverMonitoringMode": "poll",
        "heartbeatFrequencyMS": 60_000,
        **_encryption(endpoint, host),
        **_login(endpoint),
    }
    if endpoint.option("replica_set"):
        settings["replicaSet"] = endpoint.option("replica_set")
    place = host if host.startswith("/") else f"{host}:{port}"
    reference = endpoint.password
    return PymongoClient(
        MappingProxyType(settings), place, lambda: secret(reference) if reference else "", dict(endpoint.options)
    )


def _login(endpoint: Endpoint) -> dict[str, Any]:
    """Give who logs in: a user by SCRAM, or the owner of the client certificate where `auth_source` is `$external`."""
    source = endpoint.option("auth_source")
    if source == "$external" and endpoint.option("client_cert") and not endpoint.password:
        return {"authMechanism": "MONGODB-X509", **({"username": endpoint.user} if endpoint.user else {})}
    if not endpoint.user:
        return {}
    return {"username": endpoint.user, "authSource": source or "admin"}


def _encryption(endpoint: Endpoint, host: str) -> dict[str, Any]:
    """Demand a verified server over a network, unless the inventory says otherwise."""
    files = {"tlsCAFile": endpoint.option("ca_file"), "tlsCertificateKeyFile": endpoint.option("client_cert")}
    given = {name: path for name, path in files.items() if path}
    mode = endpoint.option("sslmode") or ("disable" if host.startswith(_LOCAL) and not given else "verify-full")
    if mode == "prefer":
        raise ConfigurationError(
            "sslmode prefer: MongoDB's driver either encrypts or does not (say disable, require or verify-full)"
        )
    if mode == "disable":
        return {"tls": False}
    loose = {"require": {"tlsAllowInvalidCertificates": True}, "verify-ca": {"tlsAllowInvalidHostnames": True}}
    return {"tls": True, **given, **loose.get(mode, {})}
