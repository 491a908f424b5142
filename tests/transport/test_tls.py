"""Probes of TLS: certificates as they are shown, offers of old versions, and how each protocol begins."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.transport import certificates
from scanner.transport.certificates import matches
from scanner.transport.tls import Place, certificate, old_tls
from scanner.transport.tls_begin import old_hello
from tests.databases.certificates import Authority

Script = Callable[[socket.socket], None]
SECONDS = 3.0


@contextlib.contextmanager
def serving(script: Script) -> Iterator[int]:
    """Follow a script with each client; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            with link, contextlib.suppress(OSError):
                link.settimeout(5)
                script(link)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def tls(authority: Authority, begins: Script = lambda link: None, days: int = 30, bits: int = 2048) -> Script:
    """Give a script that shakes hands with a certificate for db.example.org and 127.0.0.1."""
    pair = authority.issue("db.example.org", days=days, bits=bits)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(pair.certificate, pair.key)

    def script(link: socket.socket) -> None:
        begins(link)
        with context.wrap_socket(link, server_side=True) as secure:
            secure.recv(1)

    return script


def postgres_begins(link: socket.socket) -> None:
    assert link.recv(8) == struct.pack("!II", 8, 80877103)
    link.sendall(b"S")


def mysql_greeting(flags: int) -> bytes:
    body = b"\x0a10.11.19-MariaDB\0" + struct.pack("<I8sxHBHH", 7, b"12345678", flags, 45, 2, 0) + b"\0" * 23
    return len(body).to_bytes(3, "little") + b"\0" + body


def mysql_begins(link: socket.socket) -> None:
    link.sendall(mysql_greeting(0xFFFF))
    asked = link.recv(36)
    assert asked[:4] == b"\x20\0\0\x01"
    assert struct.unpack_from("<I", asked, 4)[0] & 0x0800


BEGINNINGS = {"": lambda link: None, "postgres": postgres_begins, "mysql": mysql_begins}


@pytest.mark.parametrize("protocol", BEGINNINGS)
def test_certificate(authority: Authority, protocol: str) -> None:
    with serving(tls(authority, BEGINNINGS[protocol])) as port:
        found = certificate(Place("127.0.0.1", port, protocol), "db.example.org", SECONDS, str(authority.certificate))
    shown = found.handshake
    assert shown is not None
    assert (found.outcome, shown.trusted, shown.name_matches, shown.why_not) == ("accepted", True, True, "")
    own = shown.certificates[0]
    assert (own.subject, own.issuer) == ("CN=db.example.org", "CN=test-ca")
    assert (own.key_type, own.key_bits, own.signature_hash, own.self_signed) == ("rsa", 2048, "sha256", False)
    assert own.names == ("db.example.org", "127.0.0.1")
    assert own.not_before < own.not_after


def test_unknown_authority_is_looked_at_all_the_same(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", "another-ca")
    with serving(tls(authority)) as port:
        found = certificate(Place("127.0.0.1", port), "db.example.org", SECONDS, str(other.certificate))
    shown = found.handshake
    assert shown is not None
    assert (shown.trusted, shown.name_matches, bool(shown.why_not)) == (False, True, True)


def test_wrong_name(authority: Authority) -> None:
    with serving(tls(authority)) as port:
        found = certificate(Place("127.0.0.1", port), "other.example.org", SECONDS, str(authority.certificate))
    assert found.handshake is not None
    assert (found.handshake.trusted, found.handshake.name_matches) == (True, False)


def test_expired(authority: Authority) -> None:
    with serving(tls(authority, days=-1)) as port:
        found = certificate(Place("127.0.0.1", port), "db.example.org", SECONDS, str(authority.certificate))
    assert found.handshake is not None
    assert (found.handshake.trusted, found.handshake.why_not) == (False, "certificate has expired")


def test_weak_key_is_seen(authority: Authority) -> None:
    with serving(tls(authority, bits=1024)) as port:
        found = certificate(Place("127.0.0.1", port), "db.example.org", SECONDS, str(authority.certificate))
    assert found.handshake is not None
    assert found.handshake.certificates[0].key_bits == 1024


def test_file_without_authorities(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("nothing")
    found = certificate(Place("127.0.0.1", 1), "db", SECONDS, str(tmp_path / "none"))
    assert (found.outcome, "no authorities" in found.detail) == ("", True)


@pytest.mark.parametrize(
    ("protocol", "words", "outcome"),
    [
        ("postgres", b"N", "no-tls"),
        ("postgres", b"E\0\0", ""),
        ("postgres", b"", ""),
        ("mysql", mysql_greeting(0xF7FF), "no-tls"),
        ("mysql", b"\x1d\0\0\0\xff\x6a\x04Host is not allowed to go", ""),
        ("mysql", b"\xff\xff\xff\0", ""),
        ("mysql", b"\x01\0\0\0\x0a", ""),
        ("", b"HTTP/1.1 400 Bad Request\r\n\r\n", ""),
        ("", b"\x15\x03\x01\0\x02\x02\x46", "refused"),
        ("", b"\x15\x03\x01\0\x02\x02\x47", "refused"),
        ("", b"\x15\x03\x01\0\x02\x02\x28", ""),
        ("", b"\x15\x03\x01\0\x02\x02\x50", ""),
        ("", b"\x16\x03\x01\0\x50\x02\0\0\x4c\x03\x01", "accepted"),
        ("", b"\x16\x03\x02\0\x50\x02\0\0\x4c\x03\x02", "accepted"),
        ("", b"\x16\x03\x00\0\x50\x02\0\0\x4c\x03\x00", "accepted"),
        ("", b"\x16\x03\x03\0\x50\x02\0\0\x4c\x03\x03", ""),
        ("", b"\x16\x03\x02", ""),
    ],
)
def test_old_versions(protocol: str, words: bytes, outcome: str) -> None:
    def script(link: socket.socket) -> None:
        link.sendall(words)
        link.recv(1000)

    with serving(script) as port:
        found = old_tls(Place("127.0.0.1", port, protocol), 0.5)
    assert found.outcome == outcome
    assert found.detail


def test_modern_server_refuses_our_hello(authority: Authority) -> None:
    with serving(tls(authority)) as port:
        assert old_tls(Place("127.0.0.1", port), SECONDS).outcome == "refused"


def test_nobody_listens() -> None:
    place = Place("127.0.0.1", 1, "postgres")
    assert (old_tls(place, SECONDS).outcome, certificate(place, "db", SECONDS).outcome) == ("", "")


def test_hello_offers_nothing_newer_than_tls_11() -> None:
    hello = old_hello()
    assert hello[:3] == b"\x16\x03\x01"
    assert len(hello) == 5 + int.from_bytes(hello[3:5], "big")
    assert hello[9:11] == b"\x03\x02"
    assert b"\0\x2b" not in hello[100:], "no supported_versions, which would offer TLS 1.3"


@pytest.mark.parametrize(
    ("names", "expected", "wanted"),
    [
        (["db.example.org"], "DB.example.org.", True),
        (["db.example.org"], "db2.example.org", False),
        (["*.example.org"], "db.example.org", True),
        (["*.example.org"], "a.db.example.org", False),
        (["*.example.org"], "example.org", False),
        (["*.org"], "example.org", False),
        (["*"], "db", False),
        (["127.0.0.1"], "127.0.0.1", True),
        (["0:0:0:0:0:0:0:1"], "::1", True),
        (["*.0.0.1"], "127.0.0.1", False),
        ([], "db", False),
    ],
)
def test_names(names: list[str], expected: str, wanted: bool) -> None:
    assert matches(names, expected) is wanted


@given(st.binary(max_size=300))
def test_any_bytes_are_read(der: bytes) -> None:
    assert len(certificates.read(der).sha256) == 64
