"""The transport on a real HTTP exchange: retries, refusals, odd answers, deadlines, credentials."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from scanner.collection.aws.account import IDENTITY
from scanner.collection.aws.buckets import LIST_BUCKETS
from scanner.model.errors import ConfigurationError
from scanner.model.inventory import Endpoint
from scanner.transport.aws import BotoClient, open_aws
from scanner.transport.cloud import Call, Operation, Reply
from scanner.transport.shell import Limits

KEYS = Operation("kms", "ListKeys", "kms:ListKeys", key="Keys")
SECRET = "wJalrXUtnFEMI-never-shown"
Answer = tuple[int, str]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def answering(answer: Callable[[int], Answer]) -> Iterator[tuple[str, list[str]]]:
    """Serve answers by the number of the request; give the address and the headers seen."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append(str(self.headers))
            status, body = answer(len(seen))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_HEAD = _any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()


def client(url: str, limits: Limits | None = None, **options: str) -> BotoClient:
    given = tuple(sorted({"regions": "eu-central-1", "url": url, **options}.items()))
    endpoint = Endpoint("aws", user="AKIAIOSFODNN7EXAMPLE", password="env:KEY", options=given)
    return open_aws(endpoint, lambda _: SECRET, limits or Limits(connect=2, run=30))


def ask(asked: BotoClient, operation: Operation = KEYS) -> Reply:
    call = Call.of(operation, "eu-central-1")
    try:
        return asked.ask_all([call])[call]
    finally:
        asked.close()


def error(code: str, message: str = "no") -> str:
    return f'{{"__type": "{code}", "message": "{message}"}}'


def test_throttling_is_waited_out() -> None:
    throttled = (400, error("ThrottlingException", "Rate exceeded"))
    with answering(lambda number: throttled if number < 3 else (200, '{"Keys": [{"KeyId": "k"}]}')) as (url, seen):
        reply = ask(client(url))
    assert reply.failure is None
    assert [each["KeyId"] for each in reply.items] == ["k"]
    assert len(seen) == 3


def test_throttling_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.transport.aws.ATTEMPTS", 2)
    with answering(lambda _: (400, error("ThrottlingException", "Rate exceeded"))) as (url, _seen):
        reply = ask(client(url))
    assert reply.failure is not None
    assert not reply.failure.denied
    assert "throttled" in reply.failure.text


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"])
def test_denials_are_denials(code: str) -> None:
    with answering(lambda _: (400, error(code, "AKIAIOSFODNN7EXAMPLE is not authorized"))) as (url, _seen):
        reply = ask(client(url))
    assert reply.failure is not None
    assert reply.failure.denied
    assert "AKIA…" in reply.failure.text
    assert "EXAMPLE" not in reply.failure.text


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, error("UnsupportedOperationException"), "UnsupportedOperation"),
        (400, error("UnrecognizedClientException"), "UnrecognizedClient"),
        (200, "<html>sorry</html>", ""),
        (200, "{}", "holds no list Keys"),
        (200, '{"Keys": "many"}', ""),
        (200, '{"Keys": [], "NextMarker": "again", "Truncated": true}', ""),
        (404, "<html>nothing here</html>", ""),
    ],
)
def test_odd_answers_are_errors(status: int, body: str, words: str) -> None:
    with answering(lambda _: (status, body)) as (url, _seen):
        reply = ask(client(url))
    assert reply.failure is not None or reply.cut
    assert reply.failure is None or not reply.failure.denied
    assert words in (reply.failure.text if reply.failure else reply.cut)


def test_html_in_place_of_xml_is_an_error() -> None:
    with answering(lambda _: (200, "<html><p>sorry")) as (url, _seen):
        reply = ask(client(url), LIST_BUCKETS)
    assert reply.failure is not None
    assert not reply.failure.denied


def test_forbidden_without_a_word_is_a_denial() -> None:
    with answering(lambda _: (403, "")) as (url, _seen):
        reply = ask(client(url), LIST_BUCKETS)
    assert reply.failure is not None
    assert reply.failure.denied


def test_nobody_there() -> None:
    reply = ask(replace(client("http://127.0.0.1:9"), limits=Limits(connect=1, run=20)), KEYS)
    assert reply.failure is not None
    assert reply.failure.code == "unreachable"


def test_a_silent_server_costs_no_more_than_the_deadline() -> None:
    gate = threading.Event()

    def never(_: int) -> Answer:
        gate.wait(20)
        return 200, "{}"

    with answering(never) as (url, _seen):
        reply = ask(client(url, Limits(connect=1, run=0.5)))
        gate.set()
    assert "time limit" in reply.cut


def test_secrets_stay_out_of_requests_and_errors() -> None:
    with answering(lambda _: (400, error("InvalidSignatureException"))) as (url, seen):
        asked = client(url)
        reply = ask(asked)
    assert SECRET not in "".join(seen)
    assert SECRET not in f"{reply}{asked}"


def test_a_role_is_assumed_with_its_external_id() -> None:
    assumed = (
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAOTHER</AccessKeyId>"
        "<SecretAccessKey>s</SecretAccessKey><SessionToken>token-of-role</SessionToken>"
        "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
    with answering(lambda number: (200, assumed if number == 1 else '{"Keys": []}')) as (url, seen):
        reply = ask(client(url, assume_role="arn:aws:iam::1:role/reader", external_id="x-1"))
    assert reply.failure is None
    assert "token-of-role" in seen[1]


def test_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for options in ((), (("aws_profile", "audit"),)):
        reply = ask(open_aws(Endpoint("aws", options=options), str, Limits()), IDENTITY)
        assert reply.failure is not None
        assert reply.failure.code == "credentials"


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (Endpoint("aws", options=(("url", "http://aws.example.org"),)), "plain HTTP"),
        (Endpoint("aws", user="AKIA"), "its secret is missing"),
        (Endpoint("aws", options=(("external_id", "x"),)), "assume_role"),
    ],
)
def test_settings_that_cannot_be(endpoint: Endpoint, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        open_aws(endpoint, str, Limits())


@pytest.mark.parametrize("name", ["DeleteBucket", "PutObject", "RestoreObject", "GetSecretValue", "StartRestoreJob"])
def test_nothing_but_reading_can_be_declared(name: str) -> None:
    with pytest.raises(ValueError, match=r"read|secrets"):
        Operation("s3", name, "s3:Any")
