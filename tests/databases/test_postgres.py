"""PostgreSQL clusters of the test bench: what their roles see, what hardening did, and that nothing stays behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.databases import places, postgres
from tests.databases.postgres import VERSIONS, Cluster, cluster
from tests.support.sshd import until

pytestmark = pytest.mark.server
Clusters = Callable[[str, str], Cluster]

BOTH = pytest.mark.parametrize("flavour", ["weak", "hardened"])
EACH = pytest.mark.parametrize("version", VERSIONS)


def ask(server: Cluster, role: str, query: str, database: str = "postgres") -> list[tuple]:
    with server.connect(role, database) as session:
        return session.execute(query).fetchall()


def settings(server: Cluster, role: str) -> dict[str, str]:
    return dict(ask(server, role, "SELECT name, setting FROM pg_settings"))


@EACH
@BOTH
def test_roles_see_what_they_may(postgres_clusters: Clusters, version: str, flavour: str) -> None:
    server = postgres_clusters(version, flavour)
    assert settings(server, "bare")["server_version_num"].startswith(version)
    seen = {role: set(settings(server, role)) for role in ("bare", "settings", "monitor", "scanner")}
    hidden = seen["settings"] - seen["bare"]
    assert seen["settings"] == seen["monitor"] == seen["scanner"]
    assert {"ssl_ciphers", "ssl_min_protocol_version", "shared_preload_libraries", "log_directory"} <= hidden
    assert "ssl" in seen["bare"]
    for role in ("bare", "settings", "monitor"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(server, role, "SELECT * FROM pg_hba_file_rules")
    for database in ("postgres", "template1", "sky"):
        for view in ("pg_hba_file_rules", "pg_ident_file_mappings", "pg_file_settings"):
            assert ask(server, "scanner", f"SELECT count(*) FROM {view}", database)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(server, "scanner", "SELECT rolpassword FROM pg_authid")
    [[others]] = ask(server, "bare", "SELECT count(*) FROM pg_stat_activity WHERE state IS NOT NULL")
    assert others == 1


@EACH
@BOTH
def test_a_superuser_reads_hashes(postgres_clusters: Clusters, version: str, flavour: str) -> None:
    server = postgres_clusters(version, flavour)
    with server.superuser() as role:
        hashes = ask(server, role, "SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")
    assert {text.startswith("SCRAM-SHA-256") for (text,) in hashes} == {flavour == "hardened"}
    if flavour == "hardened":
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            server.connect("superuser")


@EACH
def test_hardened_clusters_are_closed(postgres_clusters: Clusters, version: str) -> None:
    server = postgres_clusters(version, "hardened")
    with pytest.raises(psycopg.OperationalError, match=r"rejects connection|no encryption"):
        server.connect("scanner", sslmode="disable", sslrootcert=None)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        server.connect("bare", "sky")
    assert ask(server, "scanner", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == [(True,)]
    assert (
        ask(server, "bare", "SELECT rolname FROM pg_roles WHERE rolcanlogin AND (rolsuper OR rolconnlimit < 0)") == []
    )
    assert ask(server, "bare", "SELECT last_failed_time, archived_count > 0 FROM pg_stat_archiver") == [(None, True)]
    assert ask(server, "scanner", "SELECT * FROM pg_hba_file_rules WHERE error IS NOT NULL") == []
    assert ask(server, "scanner", "SELECT * FROM pg_file_settings WHERE error IS NOT NULL") == []
    assert settings(server, "scanner")["data_checksums"] == "on"


@EACH
def test_weak_clusters_are_open(postgres_clusters: Clusters, version: str) -> None:
    server = postgres_clusters(version, "weak")
    with server.connect("bare", "sky", password=None) as session:
        assert session.execute("SELECT pii FROM target").fetchall() == [("an observer",)]
    assert server.ca is None
    found = settings(server, "bare")
    assert found["ssl"] == found["data_checksums"] == "off"


def test_pgaudit_and_set_user_are_loaded_on_15(postgres_clusters: Clusters) -> None:
    server = postgres_clusters("15", "hardened")
    found = settings(server, "scanner")
    assert found["shared_preload_libraries"].startswith("pgaudit,set_user,")
    assert found["pgaudit.log"] == "ddl, write, role, read"
    assert ask(server, "bare", "SELECT extname FROM pg_extension WHERE extname IN ('pgaudit', 'set_user')")
    server.sql("CREATE TABLE audited (id int)", database="sky")
    server.sql("DROP TABLE audited", database="sky")
    until(lambda: re.search(r"AUDIT: .*CREATE TABLE,TABLE,public.audited", server.log()), what="pgAudit's line")


def test_changes_are_loaded_when_asked_for() -> None:
    with cluster(
        "16", "weak", settings={"log_statement": "mod", "pgaudit.log": "all"}, sql=[("sky", "CREATE ROLE extra")]
    ) as server:
        assert settings(server, "bare")["log_statement"] == "mod"
        assert server.sql("SHOW pgaudit.log") == [("all",)]
        assert ask(server, "bare", "SELECT 1 FROM pg_roles WHERE rolname = 'extra'")
        server.set(log_statement="ddl", archive_mode=None)
        assert server.sql("SHOW log_statement") == [("ddl",)]
        server.write("pg_hba.conf", "local all all trust\nhost all bare 127.0.0.1/32 reject\n")
        assert server.connect("bare").close() is None
        server.reload()
        with pytest.raises(psycopg.OperationalError):
            server.connect("bare")
        server.restart()
        assert server.sql("SELECT current_setting('port')") == [(str(server.port),)]


@BOTH
def test_nothing_stays_behind(flavour: str) -> None:
    with contextlib.suppress(KeyError), cluster("16", flavour) as server:
        folder, pid = server.place.folder, server.pid
        assert folder.exists()
        raise KeyError
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_run_takes_its_servers_along(by: signal.Signals) -> None:
    postgres.need("16")
    code = (
        "from tests.databases.postgres import cluster\n"
        "with cluster('16', 'weak') as server:\n"
        "    print(server.pid, server.place.folder, flush=True)\n"
        "    input()\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert run.stdout is not None
    pid, folder = run.stdout.readline().split()
    run.send_signal(by)
    run.communicate()
    until(lambda: not Path(folder).exists() and not Path(f"/proc/{pid}").exists(), what="the end of the server")


def test_a_missing_server_is_skipped_with_its_name_and_fails_where_ci_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "installed", dict)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="PostgreSQL 17 is not on this machine"):
        postgres.need("17")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="PostgreSQL 17"):
        postgres.need("17")


def test_servers_never_run_as_root(postgres_clusters: Clusters) -> None:
    server = postgres_clusters("16", "weak")
    assert Path(f"/proc/{server.pid}").stat().st_uid == server.place.account.pw_uid
    assert places.account("no-such-account").pw_name == ("nobody" if os.geteuid() == 0 else server.owner)
