"""The `https` transport against servers that are slow, broken, hostile, or somebody else."""

from __future__ import annotations

import gzip
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import (
    AuthenticationError,
    CollectionError,
    ConfigurationError,
    HostKeyError,
    UnreachableError,
)
from scanner.model.inventory import Endpoint
from scanner.transport.api import ApiLimits, Response
from scanner.transport.https import HttpsClient, open_https
from scanner.transport.https_body import BodyError, date, parse, retry_after, too_long
from scanner.transport.https_trust import digits, spelled
from scanner.transport.shell import Limits
from scanner.transport.table import open_client
from tests.databases.certificates import Authority, Pair
from tests.support.sshd import free_port
from tests.support.web import Asked, Reply, Site, site

SECRET = "9f2c7a1e-0d4b-4a55-8e21-aa55deadbeef"
TOKEN = f"audit@pbs!scan:{SECRET}"
QUICK = Limits(connect=2, auth=2, run=3)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("https"))


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    return authority.issue()


def fingerprint(pair: Pair) -> str:
    der = ssl.PEM_cert_to_DER_cert(pair.certificate.read_text())
    import hashlib

    return spelled(hashlib.sha256(der).hexdigest())


def client(
    web: Site | str,
    platform: str = "pbs",
    limits: Limits = QUICK,
    bounds: ApiLimits | None = None,
    secret: str = TOKEN,
    **options: str,
) -> HttpsClient:
    url = web if isinstance(web, str) else web.url
    user = options.pop("user", "")
    password = options.pop("password", "")
    given = {"url": url, **({"token": "env:T"} if platform in ("pbs", "pve") else {}), **options}
    endpoint = Endpoint("https", "127.0.0.1", user=user, password=password, options=tuple(sorted(given.items())))
    return open_https(platform, endpoint, lambda reference: secret, limits, bounds)


@pytest.fixture
def ask(authority: Authority, pair: Pair) -> Iterator[Callable[..., Response]]:
    """Ask a server that answers everything with one reply."""

    def once(reply: Reply | Callable[[Asked], Reply], **more: Any) -> Response:
        answerer = reply if callable(reply) else lambda asked: reply
        with site(answerer, pair) as web:
            asked = client(web, ca_file=str(authority.certificate), **more)
            try:
                return asked.get("/api2/json/version", {"a": "b c"})
            finally:
                asked.close()

    return once


def raw(*pieces: bytes, pause: float = 0.0) -> Reply:
    def send(link: socket.socket) -> None:
        for piece in pieces:
            link.sendall(piece)
            time.sleep(pause)

    return Reply(raw=send)


def test_an_answer(authority: Authority, pair: Pair) -> None:
    with site(lambda asked: Reply.json({"data": {"version": "3.2"}}), pair) as web:
        asked = client(web, ca_file=str(authority.certificate))
        found = asked.get("/api2/json/version", {"a": "b c"})
        assert found.data == {"data": {"version": "3.2"}}
        assert (found.status, found.failure, found.denied) == (200, "", False)
        assert found.server_time.endswith("Z")
        assert asked.identity.user == "audit@pbs!scan"
        assert asked.identity.key == f"SHA-256 {fingerprint(pair)}"
        asked.close()
        asked.close()
        [request] = web.asked
    assert request.parameters == {"a": "b c"}
    assert request.headers["authorization"] == f"PBSAPIToken={TOKEN}"


@pytest.mark.parametrize(
    ("platform", "secret", "user", "header"),
    [
        ("pbs", TOKEN, "", f"PBSAPIToken=audit@pbs!scan:{SECRET}"),
        ("pbs", SECRET, "audit@pbs!scan", f"PBSAPIToken=audit@pbs!scan:{SECRET}"),
        ("pve", f"audit@pve!scan={SECRET}", "", f"PVEAPIToken=audit@pve!scan={SECRET}"),
        ("pve", TOKEN, "", f"PVEAPIToken=audit@pbs!scan={SECRET}"),
        ("kubernetes", SECRET, "", f"Bearer {SECRET}"),
        ("prometheus", SECRET, "", f"Bearer {SECRET}"),
    ],
)
def test_tokens(platform: str, secret: str, user: str, header: str) -> None:
    with site(lambda asked: Reply.json({})) as web:
        asked = client(web, platform, secret=secret, user=user, token="env:T")
        asked.get("x")
        asked.close()
        assert web.asked[0].headers["authorization"] == header
        assert SECRET not in repr(asked._login)


def test_basic() -> None:
    with site(lambda asked: Reply.json({})) as web:
        asked = client(web, "prometheus", secret="geheim-wort", user="ops", password="env:P")
        asked.get("x")
        asked.close()
        assert web.asked[0].headers["authorization"] == "Basic b3BzOmdlaGVpbS13b3J0"
        asked = client(web, "alertmanager")
        asked.get("x")
        asked.close()
        assert "authorization" not in web.asked[1].headers


@pytest.mark.parametrize(("platform", "secret"), [("pbs", "line\nbreak"), ("pve", "a b"), ("kubernetes", "ü" * 20)])
def test_a_secret_that_no_header_may_hold_is_not_quoted(platform: str, secret: str) -> None:
    asked = client("https://127.0.0.1:1", platform, secret=secret, user="a@pbs!b", token="env:T")
    with pytest.raises(ConfigurationError) as problem:
        asked.get("x")
    assert secret not in str(problem.value)


def test_a_secret_is_not_sent_in_the_clear() -> None:
    asked = client("http://192.0.2.1:9090", "prometheus", token="env:T")
    with pytest.raises(ConfigurationError, match="without TLS"):
        asked.get("x")


def test_veeam_logs_in_and_out() -> None:
    tokens = iter(["first-bearer", "second-bearer"])

    def answer(asked: Asked) -> Reply:
        assert asked.headers["x-api-version"] == "1.1-rev0"
        if asked.path == "/api/oauth2/token":
            assert asked.body == b"grant_type=password&username=ops&password=p+w%26d-long"
            return Reply.json({"access_token": next(tokens), "expires_in": 900})
        if asked.headers.get("authorization") == "Bearer first-bearer":
            return Reply.json({"message": "expired"}, 401)
        return Reply.json({"data": []})

    with site(answer) as web:
        asked = client(web, "veeam", secret="p w&d-long", user="ops", password="env:P")
        assert asked.get("api/v1/jobs/states").data == {"data": []}
        asked.close()
        assert [each.path for each in web.asked][-1] == "/api/oauth2/logout"


def test_veeam_refuses() -> None:
    with site(lambda asked: Reply.json({"message": "wrong p w&d-long"}, 401)) as web:
        asked = client(web, "veeam", secret="p w&d-long", user="ops", password="env:P")
        with pytest.raises(AuthenticationError, match="did not let ops in") as problem:
            asked.get("x")
        asked.close()
    assert "w&d" not in str(problem.value)


def test_another_certificate(tmp_path: Path, pair: Pair) -> None:
    with site(lambda asked: Reply.json({}), pair) as web:
        for options in ({}, {"ca_file": str(Authority(tmp_path).certificate)}, {"fingerprint": "AB:" * 31 + "AB"}):
            asked = client(web, **options)
            with pytest.raises(HostKeyError, match="not trusted"):
                asked.get("x")
            asked.close()
        assert web.asked == [], "no request was sent, so no token either"


def test_the_pinned_certificate(pair: Pair, tmp_path: Path) -> None:
    with site(lambda asked: Reply.json({}), pair) as web:
        for written in (fingerprint(pair), fingerprint(pair).replace(":", "").lower()):
            asked = client(web, fingerprint=written)
            assert asked.get("x").failure == ""
            asked.close()
        both = client(web, fingerprint=fingerprint(pair), ca_file=str(Authority(tmp_path).certificate))
        with pytest.raises(HostKeyError):
            both.get("x")
        both.close()


def test_expired(authority: Authority) -> None:
    old = authority.issue("expired", days=-2)
    with site(lambda asked: Reply.json({}), old) as web:
        asked = client(web, ca_file=str(authority.certificate))
        with pytest.raises(HostKeyError, match="expired"):
            asked.get("x")
        asked.close()


def test_another_name(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path)
    with site(lambda asked: Reply.json({}), other.issue("elsewhere", addresses=())) as web:
        asked = client(web, ca_file=str(other.certificate))
        with pytest.raises(HostKeyError, match=r"IP address mismatch|not valid for"):
            asked.get("x")
        asked.close()


def test_a_client_certificate(authority: Authority, pair: Pair) -> None:
    ours = authority.issue("scanner")
    ca = str(authority.certificate)
    with site(lambda asked: Reply.json({}), pair, client_ca=ca) as web:
        own = {"client_cert": str(ours.certificate), "client_key": str(ours.key)}
        asked = client(web, "kubernetes", ca_file=ca, **own)
        assert asked.get("x").failure == ""
        asked.close()
        asked = client(web, "kubernetes", ca_file=ca)
        try:
            assert asked.get("x").failure
        except CollectionError as problem:
            assert "no TLS" in str(problem)
        asked.close()


def test_no_tls_there(pair: Pair) -> None:
    with site(lambda asked: Reply.json({})) as web:
        asked = client(web.url.replace("http", "https"), fingerprint=fingerprint(pair))
        with pytest.raises(CollectionError, match="no TLS came about"):
            asked.get("x")
        asked.close()


def test_nobody_there() -> None:
    asked = client(f"https://127.0.0.1:{free_port()}")
    with pytest.raises(UnreachableError, match="refused"):
        asked.get("x")
    asked.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(ask: Callable[..., Response], status: int) -> None:
    found = ask(Reply(status, headers={"Location": "https://evil.example/"}))
    assert "not followed" in found.failure


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(body=b'{"data": [1, 2'), "its JSON is broken"),
        (Reply(body=b'{"data": NaN}'), "its JSON is broken"),
        (Reply(body=b'{"data": ' + b"9" * 5000 + b"}"), "its JSON is broken"),
        (Reply(body=b"[" * 200 + b"]" * 200), "nested too deeply"),
        (Reply(body=b"[" * 500_000), "nested too deeply|broken"),
        (Reply(body=b'"\xff"'), "not UTF-8"),
        (Reply(body=b"<html>log in</html>", headers={"Content-Type": "text/html"}), "no JSON but text/html"),
        (Reply(body=b""), "empty"),
        (Reply(body=gzip.compress(b"0" * 10**7), headers={"Content-Encoding": "gzip"}), "compressed"),
        (Reply(body=b'{"data": "' + SECRET.encode() + b'"}'), "a secret of ours"),
        (Reply(body=b"1" * 5000), "larger than 1000 bytes"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "broke off"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "broke off"),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "broke off"),
        (raw(b""), "broke off"),
        (raw(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 100_000), "broke off"),
    ],
)
def test_odd_answers_are_failures(ask: Callable[..., Response], reply: Reply, words: str) -> None:
    found = ask(reply, bounds=ApiLimits(shell=QUICK, body=1000 if reply.body == b"1" * 5000 else 2**20))
    import re

    assert re.search(words, found.failure), found.failure
    assert found.data is None or found.failure == ""


@pytest.mark.parametrize(
    ("reply", "denied", "missing", "words"),
    [
        (Reply.json({"data": None}, 403, "Permission check failed (/, Sys.Audit)"), True, False, "Sys.Audit"),
        (Reply(401, b"authentication failed", phrase="Unauthorized"), True, False, "authentication failed"),
        (Reply.json({"message": "no such path"}, 404), False, True, "no such path"),
        (Reply(500, b"<html>\x1b[31moops</html>", {"Content-Type": "text/html"}), False, False, "HTTP 500"),
        (Reply(400, f"bad token {SECRET}".encode(), {"Content-Type": "text/plain"}), False, False, "HTTP 400"),
    ],
)
def test_refusals(ask: Callable[..., Response], reply: Reply, denied: bool, missing: bool, words: str) -> None:
    found = ask(reply)
    assert (found.denied, found.missing) == (denied, missing) or "secret" in found.failure
    assert SECRET not in f"{found.failure}{found.text}{found.data}"
    assert words in found.failure or "secret" in found.failure
    assert "\x1b" not in found.failure


def test_a_slow_drip_ends_with_the_visit(authority: Authority, pair: Pair) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    for reply in (raw(head, *[b" "] * 400, pause=0.05), raw(*[b"H"] * 400, pause=0.05)):
        with site(lambda asked, reply=reply: reply, pair) as web:
            asked = client(web, limits=Limits(connect=2, auth=2, run=0.6), ca_file=str(authority.certificate))
            began = time.monotonic()
            found = asked.get("x")
            assert "time limit" in found.failure
            assert "time limit" in asked.get("y").failure
            assert time.monotonic() - began < 3
            asked.close()


def test_busy_servers_are_asked_again(ask: Callable[..., Response]) -> None:
    replies = iter([Reply(503), Reply(429, headers={"Retry-After": "0"}), Reply.json({"data": 1})])
    assert ask(lambda asked: next(replies)).data == {"data": 1}
    assert ask(Reply(429, headers={"Retry-After": "86400"})).status == 429
    count = [0]

    def failing(asked: Asked) -> Reply:
        count[0] += 1
        return Reply(500)

    assert ask(failing).status == 500
    assert count == [1]


def test_requests_are_bounded(ask: Callable[..., Response]) -> None:
    assert "more than 0 requests" in ask(Reply.json({}), bounds=ApiLimits(shell=QUICK, requests=0)).failure


def test_close_breaks_off(authority: Authority, pair: Pair) -> None:
    import threading

    with site(lambda asked: raw(b"HTTP/1.1 200 OK\r\n", pause=3), pair) as web:
        asked = client(web, ca_file=str(authority.certificate), limits=Limits(run=30))
        threading.Timer(0.3, asked.close).start()
        began = time.monotonic()
        assert "broken off" in asked.get("x").failure
        assert time.monotonic() - began < 2


def test_settings_that_cannot_be(tmp_path: Path) -> None:
    for options, words in (
        ({"ca_file": str(tmp_path / "none")}, "no certificates"),
        ({"client_cert": str(tmp_path / "none")}, "cannot be used"),
        ({"url": "ftp://x/"}, "no address"),
        ({"url": "https://x:99999/"}, "port"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            client(options.pop("url", "https://127.0.0.1:1"), **options)
    with pytest.raises(ConfigurationError, match="does not tell whose"):
        client("https://127.0.0.1:1", secret="just-a-secret").get("x")


def test_the_table_opens_it() -> None:
    for platform in ("pbs", "pve", "veeam", "kubernetes", "prometheus", "alertmanager"):
        endpoint = Endpoint("https", "backup.example", options=(("token", "env:T"),))
        opened = open_client(platform, endpoint, lambda reference: TOKEN, QUICK)
        assert isinstance(opened, HttpsClient)
        assert opened.identity.address.startswith("backup.example:")
        opened.close()


def test_addresses() -> None:
    opened = open_https("pbs", Endpoint("https", "fe80::1"), lambda reference: "", QUICK)
    assert opened.identity.address == "[fe80::1]:8007"


@given(st.binary(max_size=200))
def test_any_body_parses_or_is_refused(body: bytes) -> None:
    try:
        parse(body)
    except BodyError as problem:
        assert str(problem).startswith("its JSON")


@given(st.text(max_size=80))
def test_any_header_is_read(text: str) -> None:
    assert date(text) == "" or date(text).endswith("Z")
    seconds = retry_after(text)
    assert seconds is None or 0 <= seconds <= 30
    too_long(text)


def test_fingerprints() -> None:
    one = "ab" * 32
    assert digits(spelled(one)) == one
    assert digits("SHA256:q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=") == one
    for odd in ("", "AB", "SHA256:x", "zz" * 32, "SHA256:ü"):
        with pytest.raises(ConfigurationError):
            digits(odd)


def test_proxies_are_for_other_machines(authority: Authority, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    with site(lambda request: Reply(501)) as proxy, site(lambda request: Reply.json({}), pair) as web:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        ours = client(web, ca_file=str(authority.certificate))
        assert ours.get("x").failure == ""
        ours.close()
        assert proxy.asked == []
        theirs = client("https://pbs.invalid:8007")
        with pytest.raises(UnreachableError, match="proxy"):
            theirs.get("x")
        theirs.close()
