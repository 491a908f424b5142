"""MySQL's transport against servers that lie, hang, flood, and ask for what is not theirs."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.model.errors import (
    AuthenticationError,
    CollectionError,
    ConfigurationError,
    DeadlineError,
    HostKeyError,
    UnreachableError,
)
from scanner.model.inventory import Endpoint
from scanner.transport.mysql import MysqlClient, open_mysql
from scanner.transport.shell import Limits
from scanner.transport.sql import Reply, Statement
from tests.support.sshd import free_port
from tests.transport.mysql_server import EOF, FILE, OK, SSL, SWITCH, Talk, error, scripted

PASSWORD = "a-secret-of-ours"
ASKED = Statement("asked", "SELECT a FROM b")
NEXT = Statement("next", "SELECT 1")
QUICK = Limits(connect=2, auth=1, run=3, max_bytes=100_000)


def client(port: int, **options: str) -> MysqlClient:
    told = {"sslmode": "disable", **options}
    endpoint = Endpoint("sql", "127.0.0.1", port, "scan", password="env:X", options=tuple(sorted(told.items())))
    return open_mysql(endpoint, lambda _: PASSWORD, QUICK)


def replies(last: Callable[[Talk, bytes], None], limits: Limits = QUICK, *statements: Statement) -> dict[str, Reply]:
    def script(talk: Talk) -> None:
        talk.admit()
        talk.obey(last)

    with scripted(script) as server:
        answer = client(server.port).ask("", statements or (ASKED, NEXT), limits)
    return dict(answer.replies)


def refused(script: Callable[[Talk], None], kind: type[CollectionError], **options: str) -> tuple[str, bytes]:
    """Give why no session came about, and all that the server heard."""
    with scripted(script) as server, pytest.raises(CollectionError) as told:
        client(server.port, **options).ask("", [ASKED], QUICK)
    assert type(told.value) is kind
    return str(told.value), server.heard


def test_a_session_is_read_only_and_tells_who_we_are() -> None:
    def script(talk: Talk) -> None:
        talk.admit()
        talk.obey()

    with scripted(script) as server:
        answer = client(server.port).ask("", [NEXT], QUICK)
    assert (answer.version, answer.identity.user, answer.identity.key) == (101119, "scan@here", "")
    assert answer.replies["next"].rows == (("x",),)
    said = [part for talk in server.talks for part in talk.heard]
    assert any(b"SET SESSION TRANSACTION READ ONLY" in part for part in said)
    assert any(b"max_statement_time = 3" in part for part in said)
    assert said[-1] == b"\x01"


def test_without_a_read_only_session_nothing_is_asked() -> None:
    def script(talk: Talk) -> None:
        talk.admit()
        while True:
            said = talk.hear()
            talk.say(error(1064, "what is READ ONLY?") if b"READ ONLY" in said else OK)

    words, heard = refused(script, CollectionError)
    assert "no read-only session: what is READ ONLY?" in words
    assert b"FROM b" not in heard


def test_a_server_that_asks_for_our_file_does_not_get_it() -> None:
    def script(talk: Talk) -> None:
        talk.admit()

        def last(talk: Talk, said: bytes) -> None:
            talk.say(FILE)
            talk.heard.append(b"<after>" + talk.link.recv(65536))
            raise EOFError

        talk.obey(last)

    with scripted(script) as server:
        found = client(server.port).ask("", [ASKED, NEXT], QUICK).replies
    assert b"root:" not in server.heard
    assert server.heard.endswith(b"<after>"), "the connection was closed without a word"
    assert found["asked"].failure is not None
    assert "asked for a file of ours" in found["asked"].failure.text
    assert found["next"].failure is not None


@pytest.mark.parametrize("when", ["at the greeting", "at the login", "at SET NAMES"])
def test_a_file_is_not_given_at_any_other_time_either(when: str) -> None:
    def script(talk: Talk) -> None:
        if when == "at the greeting":
            talk.say(FILE)
        else:
            talk.greet()
            talk.hear()
            talk.say(FILE if when == "at the login" else OK)
            talk.hear()
            talk.say(FILE)
        while True:
            talk.hear()
            talk.say(FILE)

    with scripted(script) as server, pytest.raises(CollectionError):
        client(server.port).ask("", [ASKED], QUICK)
    assert b"root:" not in server.heard


def test_we_do_not_say_that_we_would_give_files() -> None:
    def script(talk: Talk) -> None:
        talk.admit()
        talk.obey()

    with scripted(script) as server:
        client(server.port).ask("", [NEXT], QUICK)
    (flags,) = struct.unpack("<I", server.talks[0].heard[0][:4])
    local_files, several_statements = 128, 65536
    assert not flags & local_files
    assert not flags & several_statements


@pytest.mark.parametrize("plugin", ["mysql_clear_password", "dialog", "sha256_password", "mysql_old_password"])
@pytest.mark.parametrize("at_once", [True, False])
def test_no_server_that_nobody_vouches_for_learns_the_password(plugin: str, at_once: bool) -> None:
    def script(talk: Talk) -> None:
        talk.greet(plugin if at_once else "mysql_native_password")
        talk.hear()
        talk.say(
            SWITCH + plugin.encode() + b"\0" + (b"\x04Password: " if plugin == "dialog" else b"saltsaltsaltsaltsalt\0")
        )
        talk.hear()
        talk.say(OK)

    words, heard = refused(script, AuthenticationError)
    assert "the server wants the" in words
    assert PASSWORD.encode() not in heard


def test_the_full_half_of_sha2_is_refused_in_plaintext() -> None:
    def script(talk: Talk) -> None:
        talk.greet("caching_sha2_password", version="8.0.36")
        talk.hear()
        talk.say(SWITCH + b"caching_sha2_password\0saltsaltsaltsaltsalt\0")
        talk.hear()
        talk.say(b"\x01\x04")
        talk.hear()

    words, heard = refused(script, AuthenticationError)
    assert "wants the password itself" in words
    assert PASSWORD.encode() not in heard
    assert not heard.endswith(b"\x02"), "nor was a key asked for"


def test_the_fast_half_of_sha2_is_taken() -> None:
    def script(talk: Talk) -> None:
        talk.greet("caching_sha2_password", version="8.0.36")
        talk.hear()
        talk.say(SWITCH + b"caching_sha2_password\0saltsaltsaltsaltsalt\0")
        assert len(talk.hear()) == 32
        talk.say(b"\x01\x03")
        talk.say(OK)
        talk.obey()

    with scripted(script) as server:
        answer = client(server.port).ask("", [NEXT], QUICK)
    assert (answer.version, answer.replies["next"].rows) == (80036, (("x",),))
    assert b"max_execution_time = 3000" in server.heard


def test_a_packet_beyond_the_limit_is_not_read() -> None:
    def last(talk: Talk, said: bytes) -> None:
        talk.link.sendall(b"\xff\xff\xff\x01" + bytes(200_000))

    found = replies(last)
    assert found["asked"].failure is not None
    assert "more than the limit of an answer's size" in found["asked"].failure.text
    assert found["next"].failure is not None


def test_a_greeting_beyond_the_limit_is_not_read() -> None:
    words, _ = refused(lambda talk: talk.link.sendall(b"\xff\xff\xff\x00" + bytes(2_000_000)), CollectionError)
    assert "more than the limit" in words


def test_rows_beyond_the_limit_are_a_cut_and_the_rest_goes_on() -> None:
    found = replies(
        lambda talk, said: talk.answer(*[b"r"] * 30), QUICK, Statement("asked", "SELECT a FROM b", 10), NEXT
    )
    assert (len(found["asked"].rows), found["asked"].cut) == (10, "more than 10 rows")
    assert found["next"].rows == (("x",),)


@pytest.mark.parametrize("payload", [b"", b"\x05", b"\xfc", b"\x01\x02\x03", b"\xfe" * 9, bytes(50)])
def test_answers_that_make_no_sense_are_failures(payload: bytes) -> None:
    found = replies(lambda talk, said: talk.say(payload))
    assert found["asked"].failure is not None or not found["asked"].rows


def test_a_row_of_another_width_is_a_failure() -> None:
    def last(talk: Talk, said: bytes) -> None:
        talk.say(b"\x02")
        for name in (b"a", b"b"):
            parts = (b"def", b"", b"", b"", name, b"")
            column = b"".join(bytes([len(part)]) + part for part in parts)
            talk.say(column + b"\x0c" + struct.pack("<HIBHB", 45, 1024, 253, 0, 0) + b"\0\0")
        talk.say(EOF)
        talk.say(b"\x01x")
        talk.say(EOF)

    found = replies(last)
    assert found["asked"].failure is not None
    assert "not as many values" in found["asked"].failure.text


def test_denials_are_told_from_errors() -> None:
    found = replies(lambda talk, said: talk.say(error(1142, "SELECT command denied")))
    assert found["asked"].failure is not None
    assert (found["asked"].failure.code, found["asked"].failure.denied) == ("1142", True)
    assert found["next"].rows == (("x",),), "the next statement was asked"
    found = replies(lambda talk, said: talk.say(error(1146, "no such table")))
    assert found["asked"].failure is not None
    assert not found["asked"].failure.denied


def test_a_server_that_hangs_is_left() -> None:
    began = time.monotonic()
    found = replies(lambda talk, said: time.sleep(3), Limits(connect=2, auth=1, run=1, max_bytes=1000))
    assert time.monotonic() - began < 20
    assert {reply.failure.text for reply in found.values() if reply.failure} == {
        "the time limit of the session was reached"
    }


def test_a_server_that_drips_is_left() -> None:
    def drip(talk: Talk) -> None:
        talk.link.sendall(b"\xff\x00\x00\x00")
        for _ in range(60):
            talk.link.sendall(b"\x01")
            time.sleep(0.1)

    began = time.monotonic()
    with scripted(drip) as server, pytest.raises(DeadlineError, match="no answer in time"):
        client(server.port).ask("", [ASKED], Limits(connect=0.5, auth=0.5, run=2))
    assert time.monotonic() - began < 15


def test_close_breaks_a_session_off() -> None:
    inside = threading.Event()

    def script(talk: Talk) -> None:
        talk.admit()

        def last(talk: Talk, said: bytes) -> None:
            inside.set()
            talk.link.recv(1)
            raise EOFError

        talk.obey(last)

    with scripted(script) as server:
        held = client(server.port)
        threading.Thread(target=lambda: (inside.wait(5), held.close()), daemon=True).start()
        found = held.ask("", [ASKED, NEXT], Limits(run=15)).replies
    assert all(reply.failure for reply in found.values())


@pytest.mark.parametrize(
    ("number", "text", "kind", "words"),
    [
        (1045, "Access denied for user 'scan'", AuthenticationError, "check user and password"),
        (1130, "Host is not allowed", AuthenticationError, "no account is for this address"),
        (4151, "Access denied, this account is locked", AuthenticationError, "the account is locked"),
        (3159, "Connections using insecure transport", AuthenticationError, "the server demands TLS"),
        (1040, "Too many connections", CollectionError, "too many connections"),
        (1226, "User has exceeded", CollectionError, "too many connections"),
        (1049, "Unknown database 'sky'", CollectionError, "Unknown database 'sky' (1049)"),
        (1044, "Access denied to database 'sky'", CollectionError, "Access denied to database"),
    ],
)
def test_refusals_say_what_to_do(number: int, text: str, kind: type[CollectionError], words: str) -> None:
    def script(talk: Talk) -> None:
        talk.greet()
        talk.hear()
        talk.say(error(number, text))

    assert words in refused(script, kind)[0]


def test_a_server_without_tls_gets_no_login_when_tls_is_wanted() -> None:
    words, heard = refused(lambda talk: (talk.greet(), talk.hear()), HostKeyError, sslmode="require")
    assert "offers no TLS" in words
    assert heard == b""


def test_a_handshake_that_fails_is_named() -> None:
    def script(talk: Talk) -> None:
        talk.greet(flags=SSL)
        talk.hear()
        talk.link.sendall(b"this is not TLS at all")

    assert "TLS failed" in refused(script, HostKeyError, sslmode="require")[0]


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match="Connection refused"):
        client(free_port()).ask("", [NEXT], QUICK)
    with pytest.raises(UnreachableError, match="No such file"):
        open_mysql(Endpoint("sql", "/nowhere/mysqld.sock"), lambda _: "", QUICK).ask("", [NEXT], QUICK)


def test_what_is_no_database_is_said_to_be_none() -> None:
    words, _ = refused(lambda talk: talk.link.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), CollectionError)
    assert "its greeting cannot be read" in words


def test_files_of_tls_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="its TLS files cannot be used"):
        client(3306, sslmode="verify-full", ca_file=str(tmp_path / "none.crt")).ask("", [NEXT], QUICK)


@pytest.mark.parametrize(
    ("address", "options", "mode"),
    [
        ("db.example.org", {}, "verify-full"),
        ("127.evil.example", {}, "verify-full"),
        ("10.0.0.5", {}, "verify-full"),
        ("127.0.0.1", {}, "prefer"),
        ("::1", {}, "prefer"),
        ("localhost", {}, "prefer"),
        ("/run/mysqld/mysqld.sock", {}, "disable"),
        ("10.0.0.5", {"sslmode": "require"}, "require"),
        ("10.0.0.5", {"sslmode": "require", "ca_file": "/etc/ca.crt"}, "verify-ca"),
        ("10.0.0.5", {"sslmode": "disable"}, "disable"),
    ],
)
def test_tls_is_verified_over_a_network(address: str, options: dict[str, str], mode: str) -> None:
    made = open_mysql(Endpoint("sql", address, options=tuple(options.items())), lambda _: "", QUICK)
    assert made.settings.mode == mode


def test_a_mode_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'verify-full'"):
        open_mysql(Endpoint("sql", "x", options=(("sslmode", "verify-ful"),)), lambda _: "", QUICK)
