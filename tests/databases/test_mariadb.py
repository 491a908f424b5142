"""MariaDB servers of the test bench: what their roles see, what hardening did, and that nothing stays behind."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pymysql
import pytest

from tests.databases import mariadb
from tests.databases.mariadb import Server, rows, server
from tests.support.sshd import until

pytestmark = pytest.mark.server
Servers = Callable[[str], Server]

BOTH = pytest.mark.parametrize("flavour", ["weak", "hardened"])


def ask(running: Server, role: str, query: str, **more: object) -> list[tuple]:
    with contextlib.closing(running.connect(role, **more)) as session:
        return rows(session, query)


@BOTH
def test_roles_see_what_they_may(mariadb_servers: Servers, flavour: str) -> None:
    running = mariadb_servers(flavour)
    for more in ({}, {"unix_socket": str(running.socket)}):
        for role in ("bare", "monitor"):
            with pytest.raises(pymysql.Error, match="SELECT command denied"):
                ask(running, role, "SELECT * FROM mysql.global_priv", **more)
        accounts = ask(running, "scanner", "SELECT User, Host FROM mysql.user", **more)
        assert ("superuser", "localhost") in accounts
        assert [accounts] == [ask(running, "superuser", "SELECT User, Host FROM mysql.user", **more)]
        with pytest.raises(pymysql.Error, match="denied"):
            ask(running, "scanner", "SELECT * FROM sky.target", **more)
    assert ask(running, "monitor", "SHOW REPLICA STATUS") == []
    with pytest.raises(pymysql.Error, match="denied"):
        ask(running, "bare", "SHOW REPLICA STATUS")
    assert ("sky",) in ask(running, "monitor", "SHOW DATABASES")
    assert ("sky",) not in ask(running, "bare", "SHOW DATABASES")


def test_a_hardened_server_is_closed(mariadb_servers: Servers) -> None:
    running = mariadb_servers("hardened")
    plain = {name: None for name in running.parameters() if name.startswith("ssl_")}
    with pytest.raises(pymysql.Error, match="Access denied"):
        running.connect("scanner", **plain, ssl_disabled=True)
    with pytest.raises(pymysql.Error, match="Access denied"):
        running.connect("scanner", ssl_cert=None, ssl_key=None)
    plugins = dict(
        ask(
            running,
            "bare",
            "SELECT plugin_name, load_option FROM information_schema.plugins WHERE plugin_library <> ''",
        )
    )
    assert plugins["SERVER_AUDIT"] == plugins["simple_password_check"] == "FORCE_PLUS_PERMANENT"
    open_spaces = "SELECT name FROM information_schema.innodb_tablespaces_encryption WHERE encryption_scheme = 0"
    # Encryption of what was there before the first start goes on in the background.
    until(lambda: ask(running, "scanner", open_spaces) == [], 60, "the encryption of every tablespace")
    assert ask(running, "bare", "SELECT @@log_bin, @@require_secure_transport, @@have_ssl") == [(1, 1, "YES")]
    assert "CONNECT" in (running.place.folder / "log" / "audit.log").read_text()
    with pytest.raises(pymysql.Error, match="does not satisfy"):
        running.sql("CREATE USER guest@localhost IDENTIFIED BY 'short'")


def test_a_weak_server_is_open(mariadb_servers: Servers) -> None:
    running = mariadb_servers("weak")
    assert ask(running, "intern", "SELECT @@have_ssl, @@local_infile, @@sql_mode, @@log_bin") == [
        ("DISABLED", 1, "", 0)
    ]
    assert ("", "%") in ask(running, "scanner", "SELECT User, Host FROM mysql.user")
    assert ask(running, "app", "SELECT pii FROM sky.target") == [("an observer",)]


def test_options_come_on_top_and_survive_a_restart() -> None:
    with server("weak", options={"log_warnings": "1"}, sql=["CREATE USER extra@'%'"]) as running:
        assert running.sql("SELECT @@log_warnings") == [(1,)]
        port = running.port
        running.restart(local_infile="OFF", max_connections="33")
        assert running.port == port
        assert running.sql("SELECT @@log_warnings, @@local_infile, @@max_connections, @@sql_mode") == [(1, 0, 33, "")]
        assert ask(running, "extra", "SELECT 1") == [(1,)]
        folder, pid = running.place.folder, running.pid
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()


def test_a_missing_server_is_skipped_with_its_name_and_fails_where_ci_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mariadb, "installed", lambda: False)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="MariaDB is not on this machine"):
        mariadb.need()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="MariaDB"):
        mariadb.need()
