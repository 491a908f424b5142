"""Connections, probes, replication, archiving and own queries of PostgreSQL, asked of real servers."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest

from scanner.collection.answer import Answer
from scanner.collection.postgres.server import collect
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport.postgres import open_postgres
from scanner.transport.shell import Limits
from scanner.transport.tls import Place, certificate, old_tls
from tests.databases.postgres import VERSIONS, Cluster, cluster
from tests.support.sshd import free_port, until

pytestmark = pytest.mark.server
Clusters = Callable[[str, str], Cluster]

EACH = pytest.mark.parametrize("version", VERSIONS)
FACTS = (
    "postgres.session",
    "postgres.replication",
    "postgres.replication_slot",
    "postgres.standby",
    "postgres.archiver",
    "postgres.checksum_failure",
)


def visit(server: Cluster, *queries: Query, role: str = "scanner", **options: str) -> Answer:
    """Visit a server as an inventory's target would."""
    tls = {"sslmode": "verify-full", "ca_file": str(server.ca)} if server.ca else {"sslmode": "prefer"}
    given = tuple(sorted({**tls, **options}.items()))
    address, port = str(given and options.get("address", server.host)), int(options.get("port", server.port))
    endpoint = Endpoint("sql", address, port, role, password="env:PW", options=given)
    return collect(queries, open_postgres(endpoint, lambda _: server.passwords[role], Limits(run=30)), Limits(run=30))


def one(
    server: Cluster, fact: str, role: str = "scanner", where: Mapping[str, Any] | None = None, **more: str
) -> Evidence:
    [found] = visit(server, Query.of(fact, where), role=role, **more).evidence
    return found


@EACH
@pytest.mark.parametrize("flavour", ["weak", "hardened"])
@pytest.mark.parametrize("role", ["bare", "settings", "monitor", "scanner"])
def test_every_fact_is_answered_by_every_version(
    postgres_clusters: Clusters, version: str, flavour: str, role: str
) -> None:
    server = postgres_clusters(version, flavour)
    found = {each.query.fact: each for each in visit(server, *map(Query.of, FACTS), role=role).evidence}
    assert set(found) == set(FACTS)
    for fact, evidence in found.items():
        if fact == "postgres.session" and role in ("bare", "settings"):
            assert evidence.gap is not None
            assert evidence.gap.needs == "role pg_monitor"
        else:
            assert evidence.complete
    assert all(not isinstance(row["failures"], Gap) for row in found["postgres.checksum_failure"].rows)
    [standby] = found["postgres.standby"].rows
    assert standby["standby"] is False
    assert isinstance(standby["sslmode"], Gap) == (role == "bare")
    [archiver] = found["postgres.archiver"].rows
    assert archiver["mode"] == ("on" if flavour == "hardened" else "off")
    assert isinstance(archiver["waiting"], Gap) == (role in ("bare", "settings"))


@EACH
def test_sessions_show_their_encryption(postgres_clusters: Clusters, version: str) -> None:
    server = postgres_clusters(version, "hardened")
    with server.connect("monitor", application_name="beside us"):
        rows = {row["application"]: row for row in one(server, "postgres.session").rows}
    assert (rows["beside us"]["encrypted"], rows["beside us"]["tls_version"]) == (True, "TLSv1.3")
    assert (rows["beside us"]["over"], rows["test bench"]["over"]) == ("loopback", "socket")
    assert rows["controlproof"]["user"] == "scanner"


def test_plaintext_session_is_seen(postgres_clusters: Clusters) -> None:
    server = postgres_clusters("16", "weak")
    with server.connect("monitor", application_name="in the open"):
        rows = {row["application"]: row for row in one(server, "postgres.session").rows}
    assert rows["in the open"]["encrypted"] is False


# Probes


@EACH
def test_probes_of_a_hardened_server(postgres_clusters: Clusters, version: str) -> None:
    server = postgres_clusters(version, "hardened")
    asked = (
        Query.of("postgres.probe", {"kind": "plaintext"}),
        Query.of("postgres.probe", {"kind": "old-tls"}),
        Query.of("postgres.certificate"),
    )
    plaintext, old, shown = visit(server, *asked, probes="certificate,old-tls,plaintext").evidence
    assert (plaintext.rows[0]["outcome"], old.rows[0]["outcome"]) == ("refused", "refused")
    assert {shown.rows[0][name] for name in ("asked", "shown", "trusted", "name_matches")} == {True}
    assert shown.rows[0]["tls_version"] == "TLSv1.3"
    plaintext, old, shown = visit(server, *asked).evidence
    assert (plaintext.rows[0]["present"], old.rows[0]["present"], shown.rows[0]["asked"]) == (False, False, False)


@EACH
def test_probes_of_a_weak_server(postgres_clusters: Clusters, version: str) -> None:
    server = postgres_clusters(version, "weak")
    asked = (Query.of("postgres.probe", {"kind": "plaintext"}), Query.of("postgres.certificate"))
    plaintext, shown = visit(server, *asked, probes="certificate,plaintext").evidence
    assert plaintext.rows[0]["outcome"] == "accepted"
    assert (shown.rows[0]["asked"], shown.rows[0]["shown"]) == (True, False)


def test_probe_of_plaintext_sends_no_password(postgres_clusters: Clusters, monkeypatch: pytest.MonkeyPatch) -> None:
    server = postgres_clusters("16", "weak")
    monkeypatch.setenv("PGPASSWORD", server.passwords["scanner"])
    found = one(server, "postgres.probe", where={"kind": "plaintext"}, probes="plaintext")
    assert found.rows[0]["detail"] == "the server went on to ask for a password"


def test_probes_through_a_socket_cannot_tell(postgres_clusters: Clusters) -> None:
    server = postgres_clusters("16", "hardened")
    where = {"kind": "plaintext"}
    more = {"address": str(server.sockets), "probes": "plaintext", "sslmode": "prefer", "ca_file": ""}
    outcome = one(server, "postgres.probe", where=where, **more).rows[0]["outcome"]
    assert isinstance(outcome, Gap)
    assert "socket" in outcome.reason


def test_old_tls_that_the_settings_allow_is_not_called_refused() -> None:
    with cluster(
        "16", "hardened", settings={"ssl_min_protocol_version": "TLSv1", "ssl_ciphers": "ALL:@SECLEVEL=0"}
    ) as one_:
        outcome = one(one_, "postgres.probe", where={"kind": "old-tls"}, probes="old-tls").rows[0]["outcome"]
        assert outcome == "accepted" or isinstance(outcome, Gap)


def test_certificate_of_an_unknown_authority(postgres_clusters: Clusters) -> None:
    server = postgres_clusters("16", "hardened")
    found = one(server, "postgres.certificate", sslmode="require", ca_file="", probes="certificate")
    [row] = found.rows
    assert (row["shown"], row["trusted"], row["subject"]) == (True, False, "CN=localhost")
    assert row["problem"] is not ABSENT


# Replication and archiving


@contextlib.contextmanager
def receiver(server: Cluster, **more: object) -> Iterator[None]:
    """Stay connected as a standby would, before it streams."""
    with psycopg.connect(
        host=server.host, port=server.port, user="replicator", replication="true", autocommit=True, **more
    ) as session:
        session.execute("IDENTIFY_SYSTEM")
        yield


HBA = """
local all all trust
host replication replicator 127.0.0.1/32 trust
host all all 127.0.0.1/32 trust
"""


@EACH
def test_replication(version: str) -> None:
    made = [("postgres", "CREATE ROLE replicator LOGIN REPLICATION")]
    with cluster(version, "weak", sql=made) as server:
        server.write("pg_hba.conf", HBA)
        server.reload()
        with receiver(server):
            [row] = one(server, "postgres.replication").rows
            assert (row["user"], row["encrypted"], row["over"]) == ("replicator", False, "loopback")
            [row] = one(server, "postgres.replication", role="bare").rows
            assert isinstance(row["encrypted"], Gap)
            senders = [row for row in one(server, "postgres.session").rows if row["kind"] == "walsender"]
            assert [row["user"] for row in senders] == ["replicator"]
        server.sql("SELECT pg_create_physical_replication_slot('gone', true)")
        server.sql("SELECT pg_create_physical_replication_slot('unused')")
        server.sql("CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 3000)")
        slots = {row["name"]: row for row in one(server, "postgres.replication_slot", role="bare").rows}
        assert (slots["gone"]["active"], slots["gone"]["kind"]) == (False, "physical")
        retained = slots["gone"]["retained"]
        assert isinstance(retained, int)
        assert retained > 1_000_000
        assert slots["unused"]["retained"] is ABSENT


def test_standby_that_verifies_its_primary() -> None:
    """A real standby of PostgreSQL 15, whose packages have pg_basebackup."""
    with cluster("15", "hardened") as server:
        folder, port = server.place.folder / "standby", free_port()
        own = f"host=localhost hostaddr=127.0.0.1 port={server.port} user=replicator sslmode=verify-full"
        tls = server.place.folder / "tls"
        whole = f"{own} sslrootcert={server.ca} sslcert={tls}/replicator.crt sslkey={tls}/replicator.key"
        moved = f"{server.place.folder}/temp={server.place.folder}/standby-temp"
        make = (server.programs / "pg_basebackup", "-D", folder, "-d", whole, "-R", "-X", "stream", "-c", "fast")
        server.place.run(*make, "-T", moved)
        settings = f"port = {port}\narchive_mode = off\nlogging_collector = off\n"
        settings += f"primary_conninfo = '{whole} password=''it sslmode=disable'''\n"
        with (folder / "postgresql.auto.conf").open("a") as file:
            file.write(settings)
        control = (server.programs / "pg_ctl", "-D", folder, "-w", "-l", server.place.folder / "standby.log")
        server.place.run(*control, "start")
        try:
            until(lambda: len(one(server, "postgres.replication").rows) == 1, what="the standby")
            [row] = one(server, "postgres.replication").rows
            assert (row["encrypted"], row["state"], row["client_subject"]) == (True, "streaming", "/CN=replicator")
            found = one(server, "postgres.standby", port=str(port))
            [row] = found.rows
            assert (row["standby"], row["connection"], row["receiving"]) == (True, True, True)
            assert (row["sslmode"], row["sslmode_in_use"]) == ("verify-full", "verify-full")
            [row] = one(server, "postgres.standby", role="bare", port=str(port)).rows
            assert {type(row[name]) for name in ("sslmode", "receiving", "sslmode_in_use")} == {Gap}
            [row] = one(server, "postgres.archiver", port=str(port)).rows
            assert row["mode"] == "off"
        finally:
            server.place.run(server.programs / "pg_ctl", "-D", folder, "-m", "immediate", "stop")


def test_archiving_that_fails_while_settings_look_right() -> None:
    with cluster("16", "hardened") as server:
        [row] = one(server, "postgres.archiver").rows
        assert (row["failing"], row["failed"], row["waiting"]) == (False, 0, 0)
        server.set(archive_command="/bin/false")
        server.sql("CREATE TABLE filler (a int)")
        server.sql("SELECT pg_switch_wal()")
        until(lambda: server.sql("SELECT failed_count > 0 FROM pg_stat_archiver") == [(True,)], what="the failure")
        [row] = one(server, "postgres.archiver").rows
        assert (row["mode"], row["configured"], row["failing"], row["waiting"]) == ("on", True, True, 1)
        assert row["last_archived"] is not ABSENT
        server.set(archive_command="/bin/sleep 600")
        server.sql("SELECT pg_stat_reset_shared('archiver')")
        [row] = one(server, "postgres.archiver").rows
        assert (row["last_archived"], row["waiting"]) == (ABSENT, 1)


# Own queries


def test_own_queries_in_their_databases(postgres_clusters: Clusters) -> None:
    server = postgres_clusters("16", "weak")
    answer = visit(
        server,
        Query.of("postgres.query", {"sql": "SELECT count(*) FROM public.target", "database": "sky"}),
        Query.of("postgres.query", {"sql": "SELECT pg_reload_conf()"}),
        Query.of("postgres.query", {"sql": "SELECT rolpassword FROM pg_authid"}),
        Query.of("postgres.query", {"sql": "SELECT n FROM generate_series(1, 5000) AS n"}),
        Query.of("postgres.query", {"sql": "SELECT 1", "database": "nowhere"}),
    )
    found = {each.query.parameters["sql"]: each for each in answer.evidence}
    assert found["SELECT count(*) FROM public.target"].rows[0]["number"] == 1
    gap = found["SELECT pg_reload_conf()"].gap
    assert gap is not None
    assert "pg_reload_conf" in gap.reason
    gap = found["SELECT rolpassword FROM pg_authid"].gap
    assert gap is not None
    assert gap.kind is Outcome.UNKNOWN
    many = found["SELECT n FROM generate_series(1, 5000) AS n"]
    assert (len(many.rows), many.complete) == (1000, False)
    gap = found["SELECT 1"].gap
    assert gap is not None
    assert "nowhere" in gap.reason


def test_database_that_is_closed_to_us_is_named(postgres_clusters: Clusters) -> None:
    server = postgres_clusters("16", "hardened")
    found = one(server, "postgres.query", "bare", {"sql": "SELECT 1", "database": "sky"})
    assert found.gap is not None
    assert (found.gap.kind, found.gap.needs) == (Outcome.UNKNOWN, "CONNECT on database sky")


def test_one_connection_per_database(postgres_clusters: Clusters) -> None:
    server = postgres_clusters("16", "weak")

    def sessions() -> dict[str, int]:
        server.sql("SELECT pg_stat_force_next_flush()")
        return dict(server.sql("SELECT datname, sessions FROM pg_stat_database WHERE datname IN ('postgres', 'sky')"))

    before = sessions()
    queries = [Query.of(fact) for fact in FACTS]
    queries += [Query.of("postgres.query", {"sql": f"SELECT {n}", "database": "sky"}) for n in range(5)]
    visit(server, *queries)
    until(lambda: sessions()["sky"] > before["sky"], what="the count of sessions")
    after = sessions()
    assert {name: after[name] - before[name] for name in after} == {"postgres": 1, "sky": 1}


def test_a_probe_ends_in_time() -> None:
    """A server that says nothing, at any stage of a probe."""
    for greeting in (b"", b"S", b"S\x16\x03\x03", b"HTTP/1.1"):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            place = Place("127.0.0.1", listener.getsockname()[1], "postgres")
            for probe in (lambda at=place: old_tls(at, 1), lambda at=place: certificate(at, "db", 1)):
                began = time.monotonic()

                def serve(words: bytes = greeting, door: socket.socket = listener) -> None:
                    with contextlib.suppress(OSError):
                        link, _ = door.accept()
                        with link:
                            link.sendall(words)
                            time.sleep(2)

                thread = threading.Thread(target=serve, daemon=True)
                thread.start()
                found = probe()
                assert (found.outcome, bool(found.detail)) == ("", True)
                assert time.monotonic() - began < 4
                thread.join()
