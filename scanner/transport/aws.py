"""The `aws` transport over botocore: reading calls side by side, by whatever credentials the AWS configuration gives."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from botocore import xform_name
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.session import Session

from scanner.model.errors import ConfigurationError
from scanner.model.inventory import Endpoint
from scanner.transport.aws_errors import failure_of
from scanner.transport.aws_values import plain_page
from scanner.transport.cloud import Call, Document, Reply
from scanner.transport.shell import Limits
from scanner.transport.sql import Failure

WORKERS = 8
"""Calls under way at one time."""
ATTEMPTS = 6
"""Tries of a call, the first one among them; botocore waits longer each time and slows down when throttled."""
MOST_ITEMS = 200_000
"""Items of one list beyond which it is cut."""
SECONDS = {"iam": 60, "cloudtrail": 60, "config": 60, "s3": 30}
"""Service > seconds until an answer must have begun; others take 40."""
_USUAL_SECONDS = 40
_PARTING = 2.0
"""Seconds beyond the deadline that calls under way are waited for."""
_LOOPBACK = re.compile(r"localhost|.*\.localhost|127\.\d+\.\d+\.\d+|::1")
_TIME_UP = "the time limit of the visit was reached"
_BROKEN_OFF = "the visit was broken off"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the account is reached; no secret stands here."""

    profile: str = ""
    role: str = ""
    external_id: str = ""
    url: str = ""
    ca_file: str = ""
    key_id: str = ""
    """Id of an access key, where the inventory gives one as user."""


@dataclass(slots=True)
class BotoClient:
    """Calls to one account; clients of services are made on demand and shared by threads."""

    settings: Settings
    secret: Callable[[], str] = field(repr=False)
    """Gives the secret of the access key that the inventory names."""
    options: Mapping[str, str]
    limits: Limits
    home: str = "us-east-1"
    prepare: Callable[[Session], None] | None = None
    """Called with each new session, before it is used: tests hook in here."""
    _session: Session | None = None
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _over: threading.Event = field(default_factory=threading.Event)
    _done: SimpleQueue[Reply | None] = field(default_factory=SimpleQueue)
    _deadline: float = 0.0

    def ask_all(self, calls: Sequence[Call]) -> dict[Call, Reply]:
        """Make calls side by side; give a reply for each, also for those that the deadline left out."""
        wanted = list(dict.fromkeys(calls))
        self._deadline = self._deadline or time.monotonic() + self.limits.run
        done: SimpleQueue[Reply | None] = SimpleQueue()
        self._done = done
        work: SimpleQueue[Call] = SimpleQueue()
        for call in wanted:
            work.put(call)
        for _ in range(min(WORKERS, len(wanted))):
            threading.Thread(target=self._work, args=(work, done), daemon=True, name="aws").start()
        replies: dict[Call, Reply] = {}
        while len(replies) < len(wanted) and not self._over.is_set():
            try:
                reply = done.get(timeout=max(self._left + _PARTING, 0.001))
            except Empty:
                break
            if reply is not None:
                replies[reply.call] = reply
        why = _BROKEN_OFF if self._over.is_set() else _TIME_UP
        return {call: replies.get(call) or Reply(call, cut=why) for call in wanted}

    def close(self) -> None:
        """Break off: whoever waits is told at once, threads end with the call that they are in."""
        self._over.set()
        self._done.put(None)
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    @property
    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _work(self, work: SimpleQueue[Call], done: SimpleQueue[Reply | None]) -> None:
        while True:
            try:
                call = work.get_nowait()
            except Empty:
                return
            done.put(self._ask(call))

    def _ask(self, call: Call) -> Reply:
        pages: list[Document] = []
        items, cut = 0, ""
        try:
            for raw in self._pages(call):
                page = plain_page(raw)
                found = page.get(call.operation.key) if call.operation.key else []
                if found is None and call.operation.lacking:
                    found = []
                if not isinstance(found, list):
                    wrong = Failure("unreadable", f"the answer holds no list {call.operation.key}")
                    return Reply(call, tuple(pages), wrong)
                pages.append(page)
                items += len(found)
                cut = self._full(items)
                if cut:
                    break
        except Exception as problem:
            # Drivers, parsers and credential providers raise many kinds, some of no common family.
            return Reply(call, tuple(pages), failure_of(problem, self.settings.profile))
        return Reply(call, tuple(pages), cut=cut if pages else cut or _TIME_UP)

    def _full(self, items: int) -> str:
        return f"more than {MOST_ITEMS} items" if items > MOST_ITEMS else ""

    def _pages(self, call: Call) -> Iterator[Mapping[str, Any]]:
        if self._over.is_set() or self._left <= 0:
            return
        client = self._client(call.operation.service, call.region)
        method = xform_name(call.operation.name)
        if not client.can_paginate(method):
            yield getattr(client, method)(**call.arguments)
            return
        for page in client.get_paginator(method).paginate(**call.arguments):
            yield page
            if self._over.is_set() or self._left <= 0:
                raise TimeoutError(_TIME_UP)

    def _client(self, service: str, region: str) -> Any:
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._make(self._login(), service, region)
            return self._clients[service, region]

    def _make(self, session: Session, service: str, region: str, **more: Any) -> Any:
        config = Config(
            retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
            connect_timeout=self.limits.connect,
            read_timeout=SECONDS.get(service, _USUAL_SECONDS),
            max_pool_connections=WORKERS,
            user_agent_extra="controlproof",
            **({"s3": {"addressing_style": "path"}} if self.settings.url else {}),
        )
        given = {"endpoint_url": self.settings.url or None, "verify": self.settings.ca_file or None}
        return session.create_client(service, region_name=region, config=config, **{**given, **more})

    def _login(self) -> Session:
        """Give the session whose credentials every call uses; they are fetched, and renewed, by botocore."""
        if self._session is None:
            session = Session(profile=self.settings.profile or None)
            if self.settings.key_id:
                session.set_credentials(self.settings.key_id, self.secret())
            if self.prepare:
                self.prepare(session)
            if self.settings.role:
                session = self._assumed(session)
            self._session = session
        return self._session

    def _assumed(self, source: Session) -> Session:
        def sts(service: str, **given: Any) -> Any:
            given.pop("region_name", None)
            given.pop("config", None)
            return self._make(source, service, self.home, **given)

        more = {"RoleSessionName": "controlproof"}
        if self.settings.external_id:
            more["ExternalId"] = self.settings.external_id
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=sts,
            source_credentials=source.get_credentials(),
            role_arn=self.settings.role,
            extra_args=more,
        )
        session = Session(profile=self.settings.profile or None)
        if self.prepare:
            self.prepare(session)
        session._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")  # noqa: SLF001
        return session


def open_aws(endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> BotoClient:
    """Make a client of the account that the endpoint names; nothing is connected.

    Raises ConfigurationError for settings that cannot be.
    """
    url = endpoint.option("url")
    parts = urlsplit(url)
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(parts.hostname or ""):
        raise ConfigurationError(
            f"url {parts.scheme}://{parts.hostname}: answers over plain HTTP prove nothing (https)"
        )
    if endpoint.user and not endpoint.password:
        raise ConfigurationError("user is the id of an access key: its secret is missing (password: with a reference)")
    role = endpoint.option("assume_role")
    if endpoint.option("external_id") and not role:
        raise ConfigurationError("external_id goes with assume_role, which is not given (add the role's ARN)")
    settings = Settings(
        profile=endpoint.option("aws_profile"),
        role=role,
        external_id=endpoint.option("external_id"),
        url=url,
        ca_file=endpoint.option("ca_file"),
        key_id=endpoint.user,
    )
    reference = endpoint.password
    return BotoClient(
        settings, lambda: secret(reference) if reference else "", dict(endpoint.options), limits, _home(endpoint)
    )


def _home(endpoint: Endpoint) -> str:
    """Give the region for calls without one of their own: the first of the inventory, else the configuration's."""
    listed = [name.strip() for name in endpoint.option("regions").split(",") if name.strip()]
    if listed:
        return listed[0]
    try:
        return str(Session(profile=endpoint.option("aws_profile") or None).get_config_variable("region") or "us-east-1")
    except Exception:
        # What is wrong with the configuration is told by the first call, in the words of a failure.
        return "us-east-1"
