"""PostgreSQL sessions against real servers: every way in, every way to be refused, and nothing but reading."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg import pq

from scanner.model.errors import AuthenticationError, CollectionError, HostKeyError, UnreachableError
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport.postgres import PostgresClient, open_postgres
from scanner.transport.shell import Limits
from scanner.transport.sql import Reply, Statement
from tests.databases.certificates import Authority
from tests.databases.postgres import Cluster, cluster
from tests.support.sshd import free_port, until

pytestmark = pytest.mark.server
Clusters = Callable[[str, str], Cluster]

QUICK = Limits(connect=5, run=20)
ONE = Statement("one", "SELECT 1 AS one")
SPECIAL = "p'a\"s\\s w=o%rd;&@:/?#[]$ü"


def client(server: Cluster, role: str = "scanner", **options: str) -> PostgresClient:
    """Give a client over TCP; `address`, `port` and `password` may be other ones, further options as in an inventory."""
    address, port = options.pop("address", server.host), int(options.pop("port", server.port))
    password = options.pop("password", server.passwords.get(role, ""))
    if server.ca and "sslmode" not in options and not address.startswith("/"):
        options = {"ca_file": str(server.ca), **options}
    elif not server.ca:
        options = {"sslmode": "prefer", **options}
    endpoint = Endpoint("sql", address, port, role, password="env:PW", options=tuple(sorted(options.items())))
    return open_postgres(endpoint, lambda _: password, QUICK)


def ask(asked: PostgresClient, *sql: str, limits: Limits = QUICK, database: str = "") -> list[Reply]:
    statements = [Statement(f"s{number}", each) for number, each in enumerate(sql)]
    answer = asked.ask(database, statements, limits)
    return [answer.replies[each.name] for each in statements]


@pytest.fixture
def weak(postgres_clusters: Clusters) -> Cluster:
    return postgres_clusters("16", "weak")


@pytest.fixture
def hard(postgres_clusters: Clusters) -> Cluster:
    return postgres_clusters("16", "hardened")


# Ways in


def test_over_tcp(weak: Cluster) -> None:
    answer = client(weak).ask("", [ONE], QUICK)
    assert answer.replies["one"].rows == ((1,),)
    assert answer.version // 10000 == 16
    assert (answer.identity.address, answer.identity.user) == (f"127.0.0.1:{weak.port}", "scanner")
    assert answer.identity.key == ""


def test_over_a_socket(hard: Cluster) -> None:
    answer = client(hard, address=str(hard.sockets)).ask("", [ONE], QUICK)
    assert answer.replies["one"].rows == ((1,),)
    assert answer.identity.address == str(hard.sockets)


def test_by_a_service_file(hard: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "services"
    text = f"[sky]\nhost=localhost\nhostaddr=127.0.0.1\nport={hard.port}\ndbname=sky\nuser=scanner\n"
    file.write_text(f"{text}sslmode=verify-full\nsslrootcert={hard.ca}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    endpoint = Endpoint("sql", password="env:PW", options=(("service", "sky"),))
    asked = open_postgres(endpoint, lambda _: hard.passwords["scanner"], QUICK)
    [reply] = ask(asked, "SELECT current_database()::text, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    assert reply.rows == (("sky", True),)


def test_by_the_environment(hard: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"PGHOST": "127.0.0.1", "PGPORT": str(hard.port), "PGUSER": "scanner", "PGSSLMODE": "verify-full"}
    for name, value in {**wanted, "PGSSLROOTCERT": str(hard.ca), "PGPASSWORD": hard.passwords["scanner"]}.items():
        monkeypatch.setenv(name, value)
    asked = open_postgres(Endpoint("sql"), lambda _: "", QUICK)
    assert asked.ask("", [ONE], QUICK).identity.key.startswith("TLSv1.3 ")


def test_password_of_any_characters(hard: Cluster) -> None:
    hard.sql("CREATE ROLE odd LOGIN")
    hard.sql(psycopg.sql.SQL("ALTER ROLE odd PASSWORD {}").format(SPECIAL))
    hard_hba = (hard.data / "pg_hba.conf").read_text()
    try:
        hard.write("pg_hba.conf", f"hostssl all odd 127.0.0.1/32 scram-sha-256\n{hard_hba}")
        hard.reload()
        [reply] = ask(client(hard, "odd", password=SPECIAL), "SELECT current_user::text")
        assert reply.rows == (("odd",),)
        with pytest.raises(AuthenticationError) as refused:
            ask(client(hard, "odd", password=f"{SPECIAL}x"), "SELECT 1")
        assert SPECIAL not in str(refused.value)
    finally:
        hard.write("pg_hba.conf", hard_hba)
        hard.reload()
        hard.sql("DROP ROLE odd")


# TLS


def test_name_and_authority_are_verified(hard: Cluster) -> None:
    for address in ("127.0.0.1", "localhost"):
        key = (
            client(hard, address=address, sslmode="verify-full", ca_file=str(hard.ca))
            .ask("", [ONE], QUICK)
            .identity.key
        )
        assert key.startswith("TLSv1.3 ")


def test_certificate_for_another_name_is_refused(hard: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")
    with pytest.raises(HostKeyError) as refused:
        ask(client(hard, address="db.example.org"), "SELECT 1")
    assert "does not match host name" in str(refused.value)
    ask(client(hard, address="db.example.org", sslmode="verify-ca", ca_file=str(hard.ca)), "SELECT 1")
    with pytest.raises(HostKeyError, match="give ca_file"):
        ask(client(hard, address="db.example.org", sslmode="verify-ca"), "SELECT 1")


def test_unknown_authority_is_refused(hard: Cluster, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", "another-ca")
    with pytest.raises(HostKeyError):
        ask(client(hard, sslmode="verify-full", ca_file=str(other.certificate)), "SELECT 1")


def test_missing_file_of_authorities_is_refused(hard: Cluster, tmp_path: Path) -> None:
    with pytest.raises(HostKeyError):
        ask(client(hard, sslmode="verify-full", ca_file=str(tmp_path / "none.crt")), "SELECT 1")


def test_server_without_tls_is_refused_where_tls_is_demanded(weak: Cluster) -> None:
    for mode in ("require", "verify-ca", "verify-full"):
        with pytest.raises(HostKeyError, match="sslmode: disable"):
            ask(client(weak, sslmode=mode, ca_file="/etc/ssl/certs/ca-certificates.crt"), "SELECT 1")


@pytest.mark.parametrize(
    ("address", "given", "wanted"),
    [
        ("db.example.org", {}, {"sslmode": "verify-full"}),
        ("192.0.2.7", {"sslmode": "require"}, {"sslmode": "require", "require_auth": "!password"}),
        ("127.0.0.1", {}, {}),
        ("localhost", {}, {}),
        ("/run/postgresql", {}, {}),
        ("", {}, {}),
        ("db.example.org", {"sslmode": "disable"}, {"sslmode": "disable", "require_auth": "!password"}),
        ("127.0.0.1.example.org", {}, {"sslmode": "verify-full"}),
        ("localhost.example.org", {}, {"sslmode": "verify-full"}),
        ("@abstract", {}, {}),
        ("localhost,db.example.org", {}, {"sslmode": "verify-full"}),
        ("localhost,::1,127.9.9.9", {}, {}),
    ],
)
def test_default_over_a_network_is_a_verified_server(
    address: str, given: Mapping[str, str], wanted: Mapping[str, str]
) -> None:
    made = open_postgres(Endpoint("sql", address, options=tuple(given.items())), lambda _: "", QUICK)
    assert pq.version() >= 160000
    found = {name: made.settings[name] for name in ("sslmode", "require_auth") if name in made.settings}
    assert found == wanted


# Refusals


def test_wrong_password(hard: Cluster) -> None:
    with pytest.raises(AuthenticationError) as refused:
        ask(client(hard, password="not-the-one-0815"), "SELECT 1")
    assert "not-the-one-0815" not in f"{refused.value}{refused.value!r}"


def test_no_such_database(weak: Cluster) -> None:
    with pytest.raises(CollectionError, match='database "nowhere" does not exist') as refused:
        ask(client(weak, database="nowhere"), "SELECT 1")
    assert refused.value.kind is Outcome.ERROR


def test_database_without_connect(hard: Cluster) -> None:
    with pytest.raises(CollectionError) as refused:
        ask(client(hard, "bare", database="sky"), "SELECT 1")
    assert (refused.value.kind, refused.value.needs) == (Outcome.UNKNOWN, "CONNECT on database sky")


def test_no_rule_lets_us_in(hard: Cluster) -> None:
    with pytest.raises(AuthenticationError, match=r"pg_hba\.conf"):
        ask(client(hard, "nobody"), "SELECT 1")
    with pytest.raises(AuthenticationError, match=r"pg_hba\.conf"):
        ask(client(hard, sslmode="disable"), "SELECT 1")


def test_role_without_login(weak: Cluster) -> None:
    weak.sql("CREATE ROLE closed NOLOGIN PASSWORD 'Pw-closed'")
    try:
        with pytest.raises(AuthenticationError, match="not permitted to log in"):
            ask(client(weak, "closed", password="Pw-closed"), "SELECT 1")
    finally:
        weak.sql("DROP ROLE closed")


def test_unknown_role(weak: Cluster) -> None:
    with pytest.raises(AuthenticationError):
        ask(client(weak, "never-made"), "SELECT 1")


def test_too_many_connections(weak: Cluster) -> None:
    weak.sql("CREATE ROLE single LOGIN CONNECTION LIMIT 1 PASSWORD 'Pw-single'")
    try:
        with (
            weak.connect("single", password="Pw-single"),
            pytest.raises(CollectionError, match="too many connections") as refused,
        ):
            ask(client(weak, "single", password="Pw-single"), "SELECT 1")
        assert not isinstance(refused.value, AuthenticationError)
    finally:
        until(lambda: weak.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'single'") == [], what="its end")
        weak.sql("DROP ROLE single")


def test_nobody_listens() -> None:
    endpoint = Endpoint("sql", "127.0.0.1", free_port(), "scanner")
    with pytest.raises(UnreachableError):
        open_postgres(endpoint, lambda _: "", QUICK).ask("", [ONE], QUICK)


def test_name_that_does_not_resolve() -> None:
    endpoint = Endpoint("sql", "db.invalid", 5432, "scanner", options=(("sslmode", "disable"),))
    with pytest.raises(UnreachableError):
        open_postgres(endpoint, lambda _: "", QUICK).ask("", [ONE], QUICK)


def test_no_secret_in_what_is_shown(hard: Cluster) -> None:
    asked = client(hard)
    assert hard.passwords["scanner"] not in repr(asked)
    ask(asked, "SELECT 1")
    assert hard.passwords["scanner"] not in repr(asked)


# What a session may do


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE public.x (a int)",
        "INSERT INTO public.target VALUES (9)",
        "UPDATE public.target SET ra = 0",
        "DELETE FROM public.target",
        "TRUNCATE public.target",
        "CREATE TEMP TABLE x (a int)",
        "SELECT 1 AS a INTO public.x",
        "WITH gone AS (DELETE FROM public.target RETURNING 1) SELECT * FROM gone",
        "SELECT * FROM public.target FOR UPDATE",
        "SELECT nextval('public.numbers')",
        "COMMENT ON TABLE public.target IS 'x'",
        "ALTER ROLE superuser PASSWORD 'x'",
        "GRANT ALL ON public.target TO PUBLIC",
        "COPY public.target FROM STDIN",
        "SELECT lo_create(0)",
        "DO $$ BEGIN DELETE FROM public.target; END $$",
    ],
)
def test_superuser_can_change_nothing(weak: Cluster, sql: str) -> None:
    if not weak.sql("SELECT 1 FROM pg_class WHERE relname = 'numbers'", database="sky"):
        weak.sql("CREATE SEQUENCE public.numbers", database="sky")
    [reply] = ask(client(weak, "superuser", database="sky"), sql)
    assert reply.failure is not None
    assert reply.failure.code in ("25006", "57014", "") or "COPY" in sql
    assert weak.sql("SELECT count(*) FROM public.target", database="sky") == [(1,)]


def test_one_statement_alone_and_the_next_is_not_disturbed(weak: Cluster) -> None:
    broken, fine = ask(client(weak), "SELECT * FROM not_there", "SELECT 2")
    assert broken.failure is not None
    assert (broken.failure.code, broken.failure.denied, fine.rows) == ("42P01", False, ((2,),))


def test_denied_is_told_apart(weak: Cluster) -> None:
    [reply] = ask(client(weak, "bare"), "SELECT * FROM pg_authid")
    assert reply.failure is not None
    assert reply.failure.denied


def test_settings_of_the_session(weak: Cluster) -> None:
    names = ("default_transaction_read_only", "statement_timeout", "lock_timeout", "search_path", "application_name")
    rows = ask(client(weak), *(f"SHOW {name}" for name in names))
    assert [reply.rows[0][0] for reply in rows] == ["on", "20s", "10s", "pg_catalog", "controlproof"]


def test_statement_in_another_database_is_not_asked(weak: Cluster) -> None:
    here, there = Statement("here", "SELECT 1", database="sky"), Statement("there", "SELECT 2", database="postgres")
    assert set(client(weak).ask("sky", [here, there], QUICK).replies) == {"here"}


def test_statement_for_other_versions_is_not_asked(weak: Cluster) -> None:
    new, old = Statement("new", "SELECT 1", since=990000), Statement("old", "SELECT 2", until=160000)
    assert client(weak).ask("", [new, old], QUICK).replies == {}


def test_one_connection_per_ask(weak: Cluster) -> None:
    count = "SELECT sessions FROM pg_stat_database WHERE datname = 'sky'"
    weak.sql("SELECT pg_stat_force_next_flush()")
    [[before]] = weak.sql(count)
    ask(client(weak), *["SELECT 1"] * 40, database="sky")
    until(lambda: weak.sql(count) == [(before + 1,)], what="the count of sessions")


# Time


def test_slow_statement_is_cut_by_the_server(weak: Cluster) -> None:
    began = time.monotonic()
    slow, late = ask(client(weak), "SELECT pg_sleep(30)", "SELECT 1", limits=Limits(connect=5, run=1))
    assert time.monotonic() - began < 5
    assert slow.failure is not None
    assert late.failure is not None or late.rows == ((1,),)


def test_close_ends_a_hanging_ask(weak: Cluster) -> None:
    asked = client(weak)
    replies: list[Reply] = []
    thread = threading.Thread(target=lambda: replies.extend(ask(asked, "SELECT pg_sleep(60)", "SELECT 1")))
    thread.start()
    sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND application_name = 'controlproof'"
    until(lambda: weak.sql(sleeping) == [(1,)], what="the hanging statement")
    began = time.monotonic()
    asked.close()
    thread.join(10)
    assert not thread.is_alive()
    assert time.monotonic() - began < 2
    assert [reply.failure is not None for reply in replies] == [True, True]
    asked.close()


def test_server_that_ends_the_session(weak: Cluster) -> None:
    asked = client(weak)
    ender = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(59)'"
    replies: list[Reply] = []
    thread = threading.Thread(target=lambda: replies.extend(ask(asked, "SELECT 1", "SELECT pg_sleep(59)", "SELECT 1")))
    thread.start()
    until(lambda: weak.sql(ender) == [(True,)], what="the statement to be ended")
    thread.join(10)
    assert [reply.failure is None for reply in replies] == [True, False, False]


# What comes back


def test_huge_texts_are_clipped(weak: Cluster) -> None:
    [reply] = ask(client(weak), "SELECT repeat('x', 5000000)")
    assert len(str(reply.rows[0][0])) < 70_000


def test_too_many_rows_are_cut(weak: Cluster) -> None:
    many = Statement("many", "SELECT repeat('y', 100), n FROM generate_series(1, 1000000) AS n", limit=1000)
    answer = client(weak).ask("", [many, ONE], QUICK)
    assert len(answer.replies["many"].rows) == 1000
    assert answer.replies["many"].cut
    assert answer.replies["one"].rows == ((1,),)


def test_too_many_bytes_are_cut(weak: Cluster) -> None:
    limits = Limits(connect=5, run=20, max_bytes=100_000)
    [reply] = ask(client(weak), "SELECT repeat('z', 1000) FROM generate_series(1, 100000)", limits=limits)
    assert len(reply.rows) < 200
    assert reply.cut


def test_values_of_all_kinds(weak: Cluster) -> None:
    rows = {
        "NULL": None,
        "true": True,
        "7::bigint": 7,
        "1.5::numeric": 1.5,
        "'NaN'::float8 IS NOT NULL": True,
        "'2026-11-21 08:00:00+02'::timestamptz": "2026-11-21T06:00:00Z",
        "'2026-11-21'::date": "2026-11-21",
        "'1 day'::interval": 86400.0,
        "ARRAY['a', NULL, 'b']": ["a", "", "b"],
        "'192.0.2.0/24'::cidr::text": "192.0.2.0/24",
        "chr(27) || '[31m' || chr(1)": "\x1b[31m\x01",
        "'{\"a\": 1}'::jsonb::text": '{"a": 1}',
    }
    replies = ask(client(weak), *(f"SELECT {each}" for each in rows))
    assert [reply.rows[0][0] for reply in replies] == list(rows.values())


@pytest.mark.parametrize("value", ["'infinity'::timestamptz", "'-infinity'::date", "'0044-03-15 BC'::date"])
def test_times_that_python_does_not_know(weak: Cluster, value: str) -> None:
    odd, fine = ask(client(weak), f"SELECT {value}", "SELECT 1")
    assert odd.failure is not None or isinstance(odd.rows[0][0], str)
    assert fine.rows == ((1,),)


def test_database_without_encoding_may_hold_any_bytes(weak: Cluster) -> None:
    weak.sql("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        whole, name, listed = ask(
            client(weak),
            "SELECT convert_from('\\xc3ff41'::bytea, 'SQL_ASCII')",
            "SELECT convert_from('\\xff41'::bytea, 'SQL_ASCII')::name",
            "SELECT ARRAY[convert_from('\\xff42'::bytea, 'SQL_ASCII')]",
            database="bytes",
        )
        assert whole.rows == (("\\xc3\\xffA",),)
        assert name.rows == (("\\xffA",),)
        assert listed.failure is not None or listed.rows == ((["\\xffB"],),)
    finally:
        until(
            lambda: weak.sql("SELECT 1 FROM pg_stat_activity WHERE datname = 'bytes'") == [], what="its sessions' end"
        )
        weak.sql("DROP DATABASE bytes")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the developer's PG* variables out of the tests."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    yield


def test_server_that_dies_in_the_middle() -> None:
    with cluster("16", "weak") as server:
        asked = client(server)
        replies: list[Reply] = []
        thread = threading.Thread(target=lambda: replies.extend(ask(asked, "SELECT 1", "SELECT pg_sleep(58)")))
        thread.start()
        sleeping = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(58)' AND usename = 'scanner'"
        until(lambda: len(server.sql(sleeping)) == 1, what="the statement")
        [[pid]] = server.sql(sleeping)
        os.kill(pid, 9)
        thread.join(15)
        assert [reply.failure is None for reply in replies] == [True, False]
