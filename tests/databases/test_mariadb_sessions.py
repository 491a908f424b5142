"""Our sessions with real MariaDB servers: they change nothing, end in time, and trust nobody unasked."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from scanner.model.errors import AuthenticationError, CollectionError, HostKeyError
from scanner.transport.probing import ACCEPTED, CERTIFICATE, NO_TLS, OLD_TLS, PLAINTEXT, REFUSED
from scanner.transport.shell import Limits
from scanner.transport.sql import Reply, Statement
from tests.databases.certificates import Authority
from tests.databases.mariadb import Server
from tests.databases.mariadb_asked import client
from tests.support.sshd import free_port

pytestmark = pytest.mark.server
Servers = Callable[[str], Server]


def asked(
    running: Server, role: str, *sql: str, limits: Limits | None = None, limit: int = 20_000, **options: str
) -> list[Reply]:
    statements = [Statement(str(place), text, limit) for place, text in enumerate(sql)]
    return list(client(running, role, **options).ask("", statements, limits or Limits()).replies.values())


def test_not_even_a_superuser_can_change_anything(mariadb_servers: Servers) -> None:
    running = mariadb_servers("weak")
    tries = (
        "INSERT INTO sky.target VALUES (2, 0, 0, '')",
        "CREATE DATABASE ours",
        "UPDATE mysql.global_priv SET Priv = '{}'",
        "CREATE USER ours@localhost",
        "DROP TABLE sky.target",
    )
    replies = asked(running, "superuser", *tries, "SELECT COUNT(*) FROM sky.target")
    assert {reply.failure.code for reply in replies[:-1] if reply.failure} == {"1792"}
    assert all(reply.failure for reply in replies[:-1])
    assert replies[-1].rows == ((1,),)


def test_identity_and_encryption(mariadb_servers: Servers) -> None:
    answer = client(mariadb_servers("hardened"), "scanner").ask("", [], Limits())
    assert answer.identity.user == "scanner@127.0.0.1"
    assert answer.identity.key.startswith("TLSv1.3 ")
    assert answer.version // 100 == 1011
    assert client(mariadb_servers("weak"), "scanner").ask("", [], Limits()).identity.key == ""


def test_values_of_every_kind_cross(mariadb_servers: Servers) -> None:
    sql = "SELECT 1, -1.5, 1e3, NULL, 'ä☃', X'FF61', CAST('2026-01-02' AS DATE), b'1', CAST(18446744073709551615 AS UNSIGNED)"
    (reply,) = asked(mariadb_servers("weak"), "bare", sql)
    assert reply.rows == ((1, -1.5, 1000.0, None, "ä☃", "\\xffa", "2026-01-02", "\x01", 18446744073709551615),)


def test_a_slow_statement_ends_and_the_next_is_told_so(mariadb_servers: Servers) -> None:
    began = time.monotonic()
    replies = asked(mariadb_servers("weak"), "bare", "SELECT SLEEP(60)", "SELECT 1", limits=Limits(run=1.5))
    assert time.monotonic() - began < 15
    assert any(reply.failure and "time limit" in reply.failure.text for reply in replies) or replies[0].rows == ((1,),)


def test_rows_and_sizes_are_bounded(mariadb_servers: Servers) -> None:
    many = "SELECT seq FROM sky.seq_1_to_1000000"
    first, second = asked(mariadb_servers("weak"), "superuser", many, "SELECT 1", limit=100)
    assert (len(first.rows), first.cut, second.rows) == (100, "more than 100 rows", ((1,),))
    wide = "SELECT REPEAT('x', 5000) FROM sky.seq_1_to_1000"
    (lost,) = asked(mariadb_servers("weak"), "superuser", wide, limits=Limits(max_bytes=100_000))
    assert lost.failure is not None
    assert "more than the limit" in lost.failure.text


def test_a_wrong_password_is_named_as_such(mariadb_servers: Servers) -> None:
    for flavour in ("weak", "hardened"):
        other = client(mariadb_servers(flavour), "superuser")
        other.password = lambda: "not-it"
        with pytest.raises(AuthenticationError, match="check user and password"):
            other.ask("", [], Limits())


def test_a_server_of_another_authority_is_not_trusted(
    mariadb_servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("authority")
    Authority(folder)
    with pytest.raises(HostKeyError, match="certificate not trusted"):
        client(mariadb_servers("hardened"), "scanner", ca_file=str(folder / "ca.crt")).ask("", [], Limits())


def test_tls_that_is_wanted_and_not_there(mariadb_servers: Servers) -> None:
    with pytest.raises(HostKeyError, match="offers no TLS"):
        client(mariadb_servers("weak"), "scanner", sslmode="require").ask("", [], Limits())
    client(mariadb_servers("weak"), "scanner", sslmode="prefer").ask("", [], Limits())
    with pytest.raises(AuthenticationError):
        client(mariadb_servers("hardened"), "scanner", sslmode="disable").ask("", [], Limits())


def test_an_unknown_database_is_an_error(mariadb_servers: Servers) -> None:
    with pytest.raises(CollectionError, match="Unknown database"):
        client(mariadb_servers("weak"), "superuser").ask("nowhere", [], Limits())


@pytest.mark.parametrize(
    ("flavour", "kind", "outcome"),
    [
        ("weak", PLAINTEXT, ACCEPTED),
        ("weak", OLD_TLS, NO_TLS),
        ("weak", CERTIFICATE, NO_TLS),
        ("hardened", PLAINTEXT, REFUSED),
        ("hardened", OLD_TLS, REFUSED),
        ("hardened", CERTIFICATE, ACCEPTED),
    ],
)
def test_probes(mariadb_servers: Servers, flavour: str, kind: str, outcome: str) -> None:
    assert client(mariadb_servers(flavour), "scanner").probe(kind, Limits()).outcome == outcome
    over_socket = client(mariadb_servers(flavour), "scanner", over_socket=True).probe(kind, Limits())
    assert (over_socket.outcome, "socket" in over_socket.detail) == ("", True)


def test_a_probe_that_cannot_connect_says_so(mariadb_servers: Servers) -> None:
    gone = Server("weak", mariadb_servers("weak").place, mariadb_servers("weak").recipe, free_port())
    probed = client(gone, "scanner").probe(PLAINTEXT, Limits(connect=2))
    assert (probed.outcome, probed.detail) == ("", "Connection refused")
