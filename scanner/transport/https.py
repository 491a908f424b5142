"""The `https` transport: reads JSON of an HTTP API, bounded in time, size and depth, and trusts no certificate unasked."""

from __future__ import annotations

import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx

from scanner.model.errors import AuthenticationError, CollectionError, ConfigurationError
from scanner.model.evidence import Identity
from scanner.model.inventory import Endpoint
from scanner.transport.api import ApiLimits, Response
from scanner.transport.errors import plain
from scanner.transport.https_body import TEXT, BodyError, date, parse, refusal, retry_after, too_long
from scanner.transport.https_errors import cut, out_of_reach
from scanner.transport.https_login import SCHEMES, Login, Scheme, login
from scanner.transport.https_trust import Trust, Trusted, is_loopback, spelled, trust
from scanner.transport.kubeconfig import Kubeconfig, read_kubeconfig
from scanner.transport.shell import Limits

_AGAIN = frozenset({429, 502, 503, 504})
_ATTEMPTS = 3
_READ = 60.0
"""Longest silence of a server in the middle of an answer, in seconds."""
_SHORTEST_SECRET = 8
"""Shorter secrets are not looked for in answers: they would be found in every other word."""


@dataclass(frozen=True, slots=True)
class _Raw:
    """An answer as it came."""

    status: int = 0
    phrase: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""


class HttpsClient:
    """One way to one API; see `scanner.transport.api.Api`."""

    def __init__(
        self,
        base: str,
        scheme: Scheme,
        context: Trust,
        login: Callable[[], Login],
        settings: Mapping[str, str],
        limits: ApiLimits,
        server_name: str = "",
    ) -> None:
        self.settings = settings
        self._base = base.rstrip("/")
        parts = urlsplit(self._base)
        self._place = parts.netloc.rpartition("@")[2]
        self._secure = parts.scheme == "https"
        self._scheme, self._context, self._limits = scheme, context, limits
        self._make_login, self._login = login, Login()
        self._extensions: dict[str, Any] = {"trace": self._trace}
        if server_name:
            self._extensions["sni_hostname"] = server_name
        self._client: httpx.Client | None = None
        self._local = is_loopback(parts.hostname or "")
        self._link: socket.socket | None = None
        self._over = threading.Event()
        self._closed = threading.Event()
        self._timer: threading.Timer | None = None
        self._end = 0.0
        self._asked = 0
        self._room = 4 * limits.body
        self._bearer = ""

    @property
    def identity(self) -> Identity:
        """Whom we met and as whom; the certificate's fingerprint once a connection stood."""
        key = f"SHA-256 {spelled(self._context.met)}" if self._context.met else ""
        return Identity(address=self._place, user=self._login.user, key=key)

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Response:
        """Ask for one path below the base address; see `Api.get`."""
        self._begin()
        raw = self._persist("GET", path, parameters)
        if raw.status == 401 and self._scheme.grant and not raw.failure:
            self._grant()
            raw = self._persist("GET", path, parameters)
        return self._read(raw)

    def close(self) -> None:
        """Break off what is under way, and log out where there was a login."""
        if self._closed.is_set():
            return
        if self._bearer and not self._over.is_set() and self._client is not None and self._link is not None:
            with suppress(CollectionError):
                self._once("POST", self._scheme.logout, None, {}, 3.0)
        self._closed.set()
        self._shut()
        if self._timer is not None:
            self._timer.cancel()
        if self._client is not None:
            self._client.close()

    def _begin(self) -> None:
        """Open the client and start the clock of the visit, once."""
        if self._client is not None:
            return
        self._login = self._make_login()
        if self._login.secrets and not self._secure and not self._local:
            raise ConfigurationError(f"{self._place}: a secret is not sent without TLS (write url: https://…)")
        self._end = time.monotonic() + self._limits.shell.run
        self._timer = threading.Timer(self._limits.shell.run, self._late)
        self._timer.daemon = True
        self._timer.start()
        self._client = httpx.Client(
            verify=self._context,
            trust_env=not self._local,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "controlproof",
                **dict(self._scheme.headers),
                **self._login.headers,
            },
        )
        if self._login.form:
            self._grant()

    def _grant(self) -> None:
        """Trade user and password for a bearer token; raises AuthenticationError when the server does not."""
        self._bearer = ""
        raw = self._persist("POST", self._scheme.grant, None, self._login.form)
        found = self._read(raw)
        token = found.data.get("access_token") if isinstance(found.data, dict) else None
        if found.failure or not isinstance(token, str) or not token.isascii() or not token.isprintable():
            why = found.failure or "it gave no token"
            raise AuthenticationError(f"{self._place}: it did not let {plain(self._login.user, 100)} in: {why}")
        self._bearer = token

    def _persist(
        self, method: str, path: str, parameters: Mapping[str, str] | None, form: Mapping[str, str] | None = None
    ) -> _Raw:
        """Ask, and ask again where a server is only busy."""
        for attempt in range(_ATTEMPTS):
            raw = self._once(method, path, parameters, form)
            after = raw.headers.get("retry-after", "")
            if raw.status not in _AGAIN or attempt + 1 == _ATTEMPTS or too_long(after):
                return raw
            told = retry_after(after) if after else None
            wait = told if told is not None else 0.5 * 2**attempt * (1 + random.random())  # noqa: S311 - spreads load
            if wait > self._end - time.monotonic() or self._closed.wait(wait):
                return raw
        return raw

    def _once(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None,
        form: Mapping[str, str] | None = None,
        most: float = _READ,
    ) -> _Raw:
        left = self._end - time.monotonic()
        if self._over.is_set() or left <= 0 or self._client is None:
            return _Raw(failure="the time limit of the visit was reached")
        if self._closed.is_set():
            return _Raw(failure="the visit was broken off")
        if self._asked >= self._limits.requests:
            return _Raw(failure=f"more than {self._limits.requests} requests would be needed")
        self._asked += 1
        silence = max(0.1, min(most, left))
        timeout = httpx.Timeout(silence, connect=max(0.1, min(self._limits.shell.connect, left)))
        headers = {"Authorization": f"Bearer {self._bearer}"} if self._bearer else {}
        try:
            with self._client.stream(
                method,
                f"{self._base}/{path.lstrip('/')}",
                params=dict(parameters) if parameters else None,
                data=dict(form) if form else None,
                headers=headers,
                timeout=timeout,
                extensions=self._extensions,
            ) as response:
                return self._take(response)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RuntimeError) as problem:
            if self._over.is_set():
                return _Raw(failure="the time limit of the visit was reached")
            if self._closed.is_set():
                return _Raw(failure="the visit was broken off")
            lost = out_of_reach(problem, self._place, pinned=bool(self._context.expected))
            if lost is not None:
                raise lost from None
            return _Raw(failure=cut(problem))

    def _take(self, response: httpx.Response) -> _Raw:
        """Read a body piece by piece, so that no answer fills the memory or lasts for ever."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        status, phrase = response.status_code, response.reason_phrase
        if 300 <= status < 400:
            return _Raw(status, phrase, headers, failure=f"HTTP {status}: it leads elsewhere, which is not followed")
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            return _Raw(status, phrase, headers, failure="its answer is compressed, though that was not asked for")
        most = min(self._limits.body, self._room)
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_raw():
            size += len(piece)
            if size > most:
                return _Raw(status, phrase, headers, failure=f"its answer is larger than {most} bytes")
            if time.monotonic() > self._end or self._over.is_set():
                return _Raw(status, phrase, headers, failure="the time limit of the visit was reached")
            pieces.append(piece)
        self._room -= size
        return _Raw(status, phrase, headers, b"".join(pieces))

    def _read(self, raw: _Raw) -> Response:
        told = date(raw.headers.get("date", ""))
        if raw.failure:
            return Response(raw.status, failure=raw.failure, server_time=told)
        if any(each.encode() in raw.body for each in self._secrets()):
            return Response(raw.status, failure="its answer holds a secret of ours", server_time=told)
        kind = raw.headers.get("content-type", "").partition(";")[0].strip().lower()
        data, failure, text = None, "", ""
        if raw.body.strip():
            try:
                data = parse(raw.body)
            except BodyError as problem:
                text = raw.body[: 4 * TEXT].decode("utf-8", "replace")[:TEXT]
                failure = "" if kind == "text/plain" else str(problem)
                if failure and kind and "json" not in kind:
                    failure = f"its answer is no JSON but {plain(kind, 60)}"
        elif 200 <= raw.status < 300:
            failure = "its answer is empty"
        if not 200 <= raw.status < 300:
            failure = refusal(raw.status, raw.phrase, data, text)
            denied, missing = raw.status in (401, 403), raw.status == 404
            return Response(raw.status, data, text, self._masked(failure), denied, missing, told)
        return Response(raw.status, data, text, failure, server_time=told)

    def _secrets(self) -> Iterator[str]:
        yield from (each for each in self._login.secrets if len(each) >= _SHORTEST_SECRET)

    def _masked(self, text: str) -> str:
        """Keep secrets out of what a server says, also where they came in another spelling of the line."""
        for each in self._login.secrets:
            text = text.replace(each, "[secret]") if each else text
        return text

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Keep the socket at hand, so that the end of the visit can wake whoever reads it."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            link = info["return_value"].get_extra_info("socket")
            self._link = link if isinstance(link, socket.socket) else None
            if self._over.is_set() or self._closed.is_set():
                self._shut()

    def _late(self) -> None:
        self._over.set()
        self._shut()

    def _shut(self) -> None:
        """End the connection under the feet of whoever waits for it; TLS is not asked."""
        link = self._link
        if link is not None:
            with suppress(OSError, ValueError):
                socket.socket.shutdown(link, socket.SHUT_RDWR)


def _base(endpoint: Endpoint, scheme: Scheme, kubeconfig: Kubeconfig | None) -> str:
    url = endpoint.option("url") or (kubeconfig.server if kubeconfig else "")
    if url:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ConfigurationError("url: this is no address of an API (write https://host:port/)")
        return url
    host = f"[{endpoint.address}]" if ":" in endpoint.address.strip("[]") else endpoint.address
    return f"https://{host.replace('[[', '[').replace(']]', ']')}:{endpoint.port or scheme.port}"


def open_https(
    platform: str, endpoint: Endpoint, secret: Callable[[str], str], limits: Limits, bounds: ApiLimits | None = None
) -> HttpsClient:
    """Make a client of the API that the endpoint names; nothing is connected, and no secret read yet.

    Proxies of the environment (`HTTPS_PROXY`, `NO_PROXY`) hold for all but this machine. Raises ConfigurationError
    for settings that cannot be.
    """
    scheme = SCHEMES[platform]
    kubeconfig = None
    if endpoint.option("kubeconfig"):
        kubeconfig = read_kubeconfig(endpoint.option("kubeconfig"), endpoint.option("context"))
    trusted = Trusted(
        ca_file=endpoint.option("ca_file"),
        ca_text=kubeconfig.ca_text if kubeconfig and not endpoint.option("ca_file") else "",
        fingerprint=endpoint.option("fingerprint"),
        client_cert=endpoint.option("client_cert"),
        client_key=endpoint.option("client_key"),
        client_text=kubeconfig.client_text if kubeconfig and not endpoint.option("client_cert") else "",
    )
    base = _base(endpoint, scheme, kubeconfig)
    try:
        port = urlsplit(base).port
    except ValueError:
        raise ConfigurationError("url: the port cannot be (write https://host:port/)") from None
    del port
    found = kubeconfig.token if kubeconfig else ""
    given = bounds or ApiLimits(shell=limits)
    return HttpsClient(
        base,
        scheme,
        _context(trusted),
        partial(login, scheme, endpoint, secret, found),
        dict(endpoint.options),
        given,
        kubeconfig.server_name if kubeconfig else "",
    )


def _context(trusted: Trusted) -> Trust:
    try:
        return trust(trusted)
    except ssl.SSLError as problem:
        raise ConfigurationError(f"TLS cannot be set up: {plain(problem.reason or '', 100)}") from None


open_pbs = partial(open_https, "pbs")
open_pve = partial(open_https, "pve")
open_veeam = partial(open_https, "veeam")
open_kubernetes = partial(open_https, "kubernetes")
open_prometheus = partial(open_https, "prometheus")
open_alertmanager = partial(open_https, "alertmanager")
open_grafana = partial(open_https, "grafana")
