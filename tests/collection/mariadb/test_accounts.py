"""Accounts and grants from replies made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.model.evidence import ABSENT, Evidence, Gap, error, unknown
from scanner.model.outcome import Outcome
from scanner.transport.sql import Failure, Plain, Reply
from tests.collection.mariadb.replies import DENIED, MYSQL, account, evidence, reply

SUPER, FILE, GRANT = 1 << 15, 1 << 9, 1 << 10


def users(*rows: dict[str, Plain], **more: Any) -> Evidence:
    return evidence("mariadb.user", accounts=reply("accounts", *rows), **more)


def user(**cells: Plain) -> dict[str, Any]:
    return dict(users({**account("app", "10.0.0.5"), **cells}).rows[0])


@pytest.mark.parametrize(
    ("cells", "plugins", "password", "passwordless"),
    [
        ({}, ["mysql_native_password"], True, False),
        ({"kind0": "empty"}, ["mysql_native_password"], True, True),
        ({"kind0": "other"}, [], False, False),
        ({"kind0": "other", "plugin1": None, "plugin2": "unix_socket"}, ["unix_socket"], False, False),
        ({"plugin0": "ed25519", "kind0": "ed25519"}, ["ed25519"], True, False),
        ({"plugin0": "ed25519", "kind0": "other"}, [], False, False),
        ({"plugin0": None, "kind0": "old"}, ["mysql_old_password"], True, False),
        ({"plugin0": "", "kind0": "empty"}, ["mysql_native_password"], True, True),
        ({"plugin0": "PAM", "kind0": "other"}, ["pam"], False, False),
        ({"plugin0": "ed25519", "kind0": "ed25519", "plugin1": "mysql_native_password", "kind1": "empty"}, ["ed25519", "mysql_native_password"], True, True),
        ({"plugin0": "newer_than_us", "kind0": "empty"}, ["newer_than_us"], False, False),
    ],
)  # fmt: skip
def test_ways_in(cells: dict[str, Plain], plugins: list[str], password: bool, passwordless: bool) -> None:
    row = user(**cells)
    assert (row["plugins"], row["password"], row["passwordless"]) == (plugins, password, passwordless)


def test_more_ways_in_than_are_read_are_not_forgotten() -> None:
    row = user(ways=9)
    assert all(isinstance(row[name], Gap) for name in ("plugins", "password", "passwordless", "password_lifetime"))


@pytest.mark.parametrize(
    ("host", "anywhere", "remote"),
    [
        ("%", True, True),
        ("%%", True, True),
        ("_%", True, True),
        ("", True, True),
        ("0.0.0.0/0.0.0.0", True, True),
        ("::/0", True, True),
        ("10.0.0.%", False, True),
        ("%.example.org", False, True),
        ("localhost", False, False),
        ("LOCALHOST", False, False),
        ("127.0.0.1", False, False),
        ("::1", False, False),
        ("localhost.evil.example", False, True),
    ],
)
def test_hosts(host: str, anywhere: bool, remote: bool) -> None:
    row = user(host=host)
    assert (row["any_host"], row["remote"]) == (anywhere, remote)


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        ({"lifetime": None, "default_lifetime": 365}, 365),
        ({"lifetime": "-1", "default_lifetime": 365}, 365),
        ({"lifetime": "0", "default_lifetime": 365}, ABSENT),
        ({"lifetime": "90", "default_lifetime": 0}, 90),
        ({"lifetime": None, "default_lifetime": 0}, ABSENT),
        ({"plugin0": "unix_socket", "default_lifetime": 365}, ABSENT),
    ],
)
def test_how_long_a_password_lives(cells: dict[str, Plain], days: Any) -> None:
    assert user(**cells)["password_lifetime"] == days


@pytest.mark.parametrize(
    ("cells", "tls", "certificate"),
    [
        ({}, "none", False),
        ({"tls": "0"}, "none", False),
        ({"tls": "1"}, "any", False),
        ({"tls": "2"}, "x509", True),
        ({"tls": "3"}, "specified", False),
        ({"tls": "3", "issuer": 1}, "specified", True),
        ({"tls": "3", "subject": 1}, "specified", True),
        ({"tls": "X509"}, "x509", True),
        ({"tls": "ANY"}, "any", False),
    ],
)
def test_what_is_demanded_of_the_connection(cells: dict[str, Plain], tls: str, certificate: bool) -> None:
    row = user(**cells)
    assert (row["tls"], row["client_certificate"]) == (tls, certificate)


def test_a_demand_of_a_newer_server_is_a_gap() -> None:
    row = user(tls="7")
    assert isinstance(row["tls"], Gap)
    assert isinstance(row["client_certificate"], Gap)


@pytest.mark.parametrize(
    ("own", "server", "most"), [("5", 100, 5), ("0", 100, 100), (None, 100, 100), ("-1", 100, ABSENT), ("0", 0, ABSENT)]
)
def test_limits_of_connections(own: Plain, server: int, most: Any) -> None:
    assert user(connections=own, default_connections=server)["connections"] == most


def test_dates_and_locks() -> None:
    row = user()
    assert (row["password_changed"], row["expired"], row["locked"]) == ("2026-11-21T08:23:39Z", False, False)
    row = user(changed="0", locked="1")
    assert (row["password_changed"], row["expired"], row["locked"]) == (ABSENT, True, True)


def test_what_is_denied_is_unknown_and_named() -> None:
    found = evidence("mariadb.user", accounts=DENIED)
    assert found.rows == ()
    assert found.gap == unknown("SELECT command denied", "grant SELECT ON mysql.global_priv")
    row = users(account("app"), account_roles=DENIED).rows[0]
    assert row["privileges"] == row["roles"] == unknown("SELECT command denied", "grant SELECT ON mysql.roles_mapping")
    assert row["plugins"] == ["mysql_native_password"]


def test_no_account_at_all_is_no_answer() -> None:
    assert users().gap == error("the server listed no account, not even ours")


def test_a_list_that_is_cut_is_incomplete() -> None:
    whole = reply("accounts", account("app"))
    found = evidence("mariadb.user", accounts=Reply(whole.columns, whole.rows, cut="more than 1 rows"))
    assert len(found.rows) == 1
    assert found.gap is not None
    assert found.gap.kind is Outcome.ERROR


def test_a_version_without_the_table_is_not_asked() -> None:
    found = evidence("mariadb.user", version=100_300)
    assert found.gap is not None
    assert "not for this version" in found.gap.reason


ROLES = (
    account("ops", "", role="1", access=str(SUPER)),
    account("team", "", role="true", access="0"),
    account("PUBLIC", "", role="1", access=str(1 << 8)),
)
EDGES = (
    {"user": "app", "host": "10.0.0.5", "role": "team", "role_host": ""},
    {"user": "team", "host": "", "role": "ops", "role_host": ""},
    {"user": "ops", "host": "", "role": "team", "role_host": ""},
)


def test_roles_are_followed_even_in_circles() -> None:
    found = users(account("app", "10.0.0.5"), *ROLES, account_roles=reply("account_roles", *EDGES))
    assert [row["account"] for row in found.rows] == ["app@10.0.0.5"]
    assert found.rows[0]["roles"] == ["ops", "team"]
    assert found.rows[0]["privileges"] == ["PROCESS", "SUPER"]


def test_bits_of_newer_servers_are_not_lost() -> None:
    assert user(access=str(1 << 45 | FILE))["privileges"] == ["FILE", "bit 45"]


def grants(*rows: dict[str, Plain], **more: Any) -> Evidence:
    return evidence("mariadb.grant", accounts=reply("accounts", *rows), **more)


def test_grants_of_every_level_come_with_how_they_come() -> None:
    at = {"user": "app", "host": "10.0.0.5"}
    found = grants(
        account("app", "10.0.0.5", access=str(FILE)),
        *ROLES,
        account_roles=reply("account_roles", *EDGES),
        database_grants=reply("database_grants", {**at, "db": "sky%", "privileges": "SELECT,GRANT OPTION"}),
        table_grants=reply("table_grants", {**at, "db": "mysql", "name": "user", "privileges": "Select,Grant,Delete versioning rows"}),
        column_grants=reply("column_grants", {"user": "team", "host": "", "db": "sky", "name": "t.c", "privileges": "Update"}),
        routine_grants=reply("routine_grants", {**at, "db": "sky", "name": "purge", "privileges": "Execute"}),
        proxy_grants=reply("proxy_grants", {**at, "db": None, "name": "root@localhost", "privileges": "PROXY,GRANT"}),
    )  # fmt: skip
    told = [
        (row["account"], row["via"], row["level"], row["object"], row["privileges"], row["system"])
        for row in found.rows
    ]
    me = "app@10.0.0.5"
    assert told == [
        (me, "", "global", "*.*", ["FILE"], True),
        (me, "", "database", "sky%.*", ["SELECT", "GRANT OPTION"], False),
        (me, "", "table", "mysql.user", ["SELECT", "GRANT OPTION", "DELETE HISTORY"], True),
        (me, "", "routine", "sky.purge", ["EXECUTE"], False),
        (me, "", "proxy", "proxy of root@localhost", ["PROXY", "GRANT OPTION"], False),
        (me, "ops", "global", "*.*", ["SUPER"], True),
        (me, "team", "column", "sky.t.c", ["UPDATE"], False),
        ("PUBLIC", "", "global", "*.*", ["PROCESS"], True),
    ]
    assert found.gap is None


@pytest.mark.parametrize(
    ("pattern", "system"),
    [
        ("mysql", True),
        ("MYSQL", True),
        ("%", True),
        ("my%", True),
        ("m_sql", True),
        ("my\\_ql", False),
        ("my.ql", False),
        ("sky", False),
        ("", False),
        ("\\", False),
    ],
)
def test_patterns_that_fit_the_database_of_accounts(pattern: str, system: bool) -> None:
    at = {"user": "app", "host": "localhost", "db": pattern, "privileges": "SELECT"}
    found = grants(account("app"), database_grants=reply("database_grants", at))
    assert [row["system"] for row in found.rows] == [system]


@pytest.mark.parametrize("closed", ["database_grants", "table_grants", "column_grants", "routine_grants", "proxy_grants", "account_roles"])  # fmt: skip
def test_each_table_that_is_closed_leaves_the_list_incomplete(closed: str) -> None:
    found = grants(account("app", access=str(FILE)), **{closed: DENIED})
    assert len(found.rows) == 1
    assert found.gap is not None
    assert found.gap.kind is Outcome.UNKNOWN
    assert (found.gap.needs or "").startswith("grant SELECT ON mysql.")


def test_mysql_has_dynamic_privileges_and_roles_with_hosts() -> None:
    found = users(
        account("app", "10.0.0.5", plugin0="caching_sha2_password", kind0="sha2", tls="ANY"),
        account("ops", "%", access=str(SUPER), locked="1"),
        version=MYSQL,
        account_roles=reply("account_roles", {"user": "app", "host": "10.0.0.5", "role": "ops", "role_host": "%"}),
        account_privileges=reply("account_privileges", {"user": "app", "host": "10.0.0.5", "privilege": "role_admin"}),
    )
    row = found.rows[0]
    assert (row["privileges"], row["roles"], row["plugins"]) == (["ROLE_ADMIN", "SUPER"], ["ops@%"], ["caching_sha2_password"])  # fmt: skip
    lost = users(account("app"), version=MYSQL, account_privileges=DENIED).rows[0]
    assert isinstance(lost["privileges"], Gap)
    failed = Reply(failure=Failure("1146", "no such table"))
    assert isinstance(users(account("app"), version=MYSQL, account_privileges=failed).rows[0]["privileges"], Gap)
