"""Rules of pg_hba.conf: which decide, and whom they let in how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.derivation.postgres.hba import hba_effective, hba_state
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown
from scanner.model.outcome import Outcome
from tests.collection.parity import check
from tests.support.hba import Client, deciding, rows_of

NOW = "2026-11-21T09:00:00Z"
ROLES: list[Row] = [
    {"role": "postgres", "superuser": True, "can_login": True, "all_roles": []},
    {"role": "admin", "superuser": True, "can_login": True, "all_roles": ["dba", "staff"]},
    {"role": "retired", "superuser": True, "can_login": False, "all_roles": []},
    {"role": "app", "superuser": False, "can_login": True, "all_roles": ["staff"]},
    {"role": "dba", "superuser": False, "can_login": False, "all_roles": ["staff"]},
    {"role": "staff", "superuser": False, "can_login": False, "all_roles": []},
]


def effective(text: str, *, quoting: bool = True, roles: Evidence | None = None, gap: Gap | None = None) -> Evidence:
    """Judge a file; with `quoting` the host tells which words stand bare."""
    rows, keywords = rows_of(text)
    given = [Evidence(Query("postgres.hba_rule"), tuple(rows), gap)]
    given.append(roles or Evidence(Query("postgres.role"), tuple(ROLES)))
    if quoting:
        given.append(Evidence(Query("linux.postgres_hba_line"), tuple(keywords)))
    found = hba_effective(Query("postgres.hba_effective"), {each.query: each for each in given}, NOW)
    check(found)
    return found


def only(text: str, **how: Any) -> Mapping[str, Any]:
    """Give the last row."""
    return effective(text, **how).rows[-1]


def reached(text: str, *, quoting: bool = True) -> list[Any]:
    """Give position > whether it is reached; a gap is a question mark."""
    rows = effective(text, quoting=quoting).rows
    return [(row["position"], "?" if isinstance(row["reachable"], Gap) else row["reachable"]) for row in rows]


ALL = "host all all all reject\n"


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("host all all all reject\nhost all all 10.0.0.0/8 trust", [1]),
        ("host all all 0.0.0.0/0 reject\nhost all all 10.0.0.0/8 trust\nhost all all ::1/128 trust", [1, 3]),
        ("host all all 0.0.0.0/0 reject\nhost all all ::/0 reject\nhost a b all trust\nhost a b .x trust", [1, 2]),
        ("hostssl all all all reject\nhost all all 10.0.0.0/8 trust", [1, 2]),
        ("hostssl all all all reject\nhostnossl all all all reject\nhost all all 10.0.0.0/8 trust", [1, 2]),
        ("hostnogssenc all all all reject\nhostssl all all 10.0.0.0/8 trust\nhostnossl a b all md5", [1, 3]),
        ("host all all 10.0.0.0/9 md5\nhost all all 10.128.0.0/9 md5\nhost a b 10.0.0.0/8 trust", [1, 2]),
        ("host all all 10.0.0.0/9 md5\nhost all all 10.128.0.0/10 md5\nhost a b 10.0.0.0/8 trust", [1, 2, 3]),
        ("host a all all reject\nhost a,b all all trust", [1, 2]),
        ("host a,b all all reject\nhost a all 10.0.0.0/8 trust", [1]),
        ("host all all all reject\nhost replication all 10.0.0.0/8 trust", [1, 2]),
        ("host all,replication all all reject\nhost replication all 10.0.0.0/8 trust", [1]),
        ('host all all all reject\nhost "replication" all 10.0.0.0/8 trust', [1]),
        ('host "all" all all reject\nhost all all 10.0.0.0/8 trust', [1, 2]),
        ('host all "all" all reject\nhost all all 10.0.0.0/8 trust', [1, 2]),
        ('host all all "all" reject\nhost all all 10.0.0.0/8 trust', [1, 2]),
        ('host all all all reject\nhost "all" all 10.0.0.0/8 trust', [1]),
        ("host all +staff all reject\nhost all app all trust", [1, 2]),
        ("host all +staff all reject\nhost all +staff 10.0.0.0/8 trust", [1]),
        ('host all "+staff" all reject\nhost all +staff 10.0.0.0/8 trust', [1, 2]),
        ("host all /^a all reject\nhost all /^a 10.0.0.0/8 trust\nhost all /^b all trust", [1, 3]),
        ("host all all samenet reject\nhost all all samenet trust\nhost all all samehost trust", [1, 3]),
        ("host all all db.example.com reject\nhost all all DB.example.com trust", [1]),
        ("host all all 10.0.0.0 255.0.255.0 reject\nhost all all 10.0.0.0/8 trust", [1, 2]),
        ("host all all 0.0.0.0/0 reject\nhost all all 10.0.0.0 255.0.255.0 trust", [1, 2]),
        ("local all all peer\nlocal a b trust\nhost a b all trust", [1, 3]),
        ("host all all all reject\nlocal all all peer", [1, 2]),
        ("hostssl all all all reject ERROR\nhost all all all trust", [1, 2]),
    ],
)
def test_what_is_reached(text: str, positions: list[int]) -> None:
    assert reached(text) == [(position, True) for position in positions]


def test_a_word_that_may_be_quoted_leaves_it_open() -> None:
    assert reached("host all all all reject\nhost all all 10.0.0.0/8 trust", quoting=False) == [(1, True), (2, "?")]
    assert reached("host a b all reject\nhost a b 10.0.0.0/8 trust", quoting=False) == [(1, True), (2, "?")]
    assert reached("host a b 10.0.0.0/8 reject\nhost a b 10.1.0.0/16 trust", quoting=False) == [(1, True)]
    row = only("hostnossl all all 0.0.0.0/0 reject\nhost all all 10.0.0.0/8 scram-sha-256", quoting=False)
    assert row["reachable"] is True
    assert isinstance(row["plaintext_possible"], Gap)
    assert isinstance(row["channels"], Gap)


@pytest.mark.parametrize(
    ("text", "plaintext"),
    [
        ("host all all 10.0.0.0/8 scram-sha-256", True),
        ("hostnossl all all 10.0.0.0/8 scram-sha-256", True),
        ("hostnogssenc all all 10.0.0.0/8 scram-sha-256", True),
        ("hostssl all all 10.0.0.0/8 scram-sha-256", False),
        ("hostgssenc all all 10.0.0.0/8 gss", False),
        ("host all all 10.0.0.0/8 reject", False),
        ("host all all 127.0.0.1/32 md5", False),
        ("host all all 127.0.0.0/7 md5", True),
        ("host all all ::1/128 md5", False),
        ("host all all samehost md5", False),
        ("host all all samenet md5", True),
        ("host all all localhost md5", True),
        ("host all all all md5", True),
        ("local all all trust", False),
        ("hostnossl all all 0.0.0.0/0 reject\nhost all all 10.0.0.0/8 scram-sha-256", False),
        ("hostnossl all all 0.0.0.0/0 reject\nhost all all all scram-sha-256", True),
        ("hostnossl all all 10.0.0.0/9 reject\nhost all all 10.0.0.0/8 scram-sha-256", True),
        ("hostnossl app all all reject\nhost all all 10.0.0.0/8 scram-sha-256", True),
        ("hostnossl all all 10.0.0.0/8 reject\nhost all all 127.0.0.1/32 md5\nhost all all 10.0.0.0/8 md5", False),
    ],
)
def test_plaintext(text: str, plaintext: bool) -> None:
    assert only(text)["plaintext_possible"] is plaintext


@pytest.mark.parametrize(
    ("text", "superuser"),
    [
        ("host all all 10.0.0.0/8 md5", True),
        ("host all all 10.0.0.0/8 reject", False),
        ("host all app 10.0.0.0/8 md5", False),
        ("host all postgres 10.0.0.0/8 md5", True),
        ("host all retired 10.0.0.0/8 md5", False),
        ("host all +dba 10.0.0.0/8 md5", True),
        ("host all +staff 10.0.0.0/8 md5", True),
        ("host all +app 10.0.0.0/8 md5", False),
        ('host all "+staff" 10.0.0.0/8 md5', False),
        ('host all "all" 10.0.0.0/8 md5', False),
        ("host all /^adm 10.0.0.0/8 md5", True),
        ("host all /^app_ 10.0.0.0/8 md5", False),
        ("host all postgres all reject\nhost all all 10.0.0.0/8 md5", True),
        ("host all postgres,admin all reject\nhost all all 10.0.0.0/8 md5", False),
        ("host all postgres all reject\nhost all +dba all reject\nhost all all 10.0.0.0/8 md5", False),
        ("hostssl all postgres,admin all reject\nhostnossl all all all reject\nhost all all all md5", False),
        ("host a postgres,admin all reject\nhost all all 10.0.0.0/8 md5", True),
    ],
)
def test_superuser(text: str, superuser: bool) -> None:
    assert only(text)["superuser_possible"] is superuser


def test_superusers_not_known() -> None:
    denied = Evidence(Query("postgres.role"), (), unknown("denied"))
    assert isinstance(only("host all all all md5", roles=denied)["superuser_possible"], Gap)
    part = Evidence(Query("postgres.role"), tuple(ROLES[3:]), error("cut"))
    assert isinstance(only("host all app all md5", roles=part)["superuser_possible"], Gap)
    whole = Evidence(Query("postgres.role"), tuple(ROLES[2:]))
    assert only("host all all all md5", roles=whole)["superuser_possible"] is False
    lookahead = only(r"host all /^\mpost 10.0.0.0/8 md5")["superuser_possible"]
    assert isinstance(lookahead, Gap)
    hidden: Row = {"role": "postgres", "superuser": True, "can_login": True, "all_roles": unknown("denied")}
    row = only("host all +dba all md5", roles=Evidence(Query("postgres.role"), (hidden,)))
    assert isinstance(row["superuser_possible"], Gap)


def test_what_a_rule_says() -> None:
    row = only("hostssl replication,all all 0.0.0.0/0 cert clientcert=verify-full")
    assert (row["for_cidr_any"], row["all_databases"], row["all_users"], row["replication"]) == (True,) * 4
    assert (row["client_certificate"], row["channels"], row["loopback_only"]) == ("verify-full", ["tls"], False)
    row = only('hostssl "replication","all" /^.*$ 127.0.0.0/8 md5')
    assert (row["for_cidr_any"], row["all_databases"], row["all_users"], row["replication"]) == (
        False,
        False,
        True,
        False,
    )
    assert (row["client_certificate"], row["loopback_only"]) == ("none", True)
    row = only('host "replication","all" app ::/0 md5', quoting=False)
    assert (row["for_cidr_any"], row["all_databases"], row["replication"]) == (True, True, True)


def test_refused_lines_and_no_lines_leave_open_what_runs() -> None:
    for text in ("host all all 10.0.0.0/8 reject\nhots bad", ""):
        found = effective(text)
        assert found.gap is not None
        assert found.gap.kind is Outcome.ERROR
    denied = effective("local all all peer", gap=unknown("permission denied", "the grants on pg_hba_file_rules"))
    assert denied.gap is not None
    assert denied.gap.needs == "the grants on pg_hba_file_rules"


def test_many_rules_take_bounded_time() -> None:
    lines = [f"host d{each} u{each % 300} 10.{each % 250}.0.0/16 md5" for each in range(5000)]
    assert len(effective("\n".join(lines)).rows) == 5000


WORDS = st.sampled_from(["all", "all", "all", '"all"', "a", "a,b", "replication", "all,replication", "+staff", "/^a"])
NETS = st.sampled_from(["all", "all", '"all"', "0.0.0.0/0", "::/0", "10.0.0.0/8", "10.128.0.0/9", "samehost", "db.x"])
TYPES = st.sampled_from(["host", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"])
METHODS = st.sampled_from(["reject", "md5"])
LINES = st.lists(
    st.one_of(
        st.tuples(TYPES, WORDS, WORDS, NETS, METHODS),
        st.tuples(TYPES, WORDS, WORDS, NETS, METHODS),
        st.tuples(st.just("local"), WORDS, WORDS, METHODS),
    ).map(" ".join),
    max_size=6,
)
CLIENTS = [
    (channel, database, user, address)
    for channel in ("local", "plain", "tls", "gss")
    for database in ("a", "all", "other", "replication", "(physical)")
    for user in ("a", "all", "app", "admin", "+staff")
    for address in ("10.1.1.1", "10.200.1.1", "9.9.9.9", "127.0.0.1", "fe80::1")
]


@settings(max_examples=200)
@given(LINES)
def test_no_rule_that_decides_is_left_out(lines: Sequence[str]) -> None:
    """A plain walk over many clients: whoever decides one of them is a row, with the client's channel."""
    told, bare = (effective("\n".join(lines), quoting=quoting).rows for quoting in (True, False))
    positions = deciding(lines, CLIENTS, ROLES)
    for rows in (told, bare):
        by_position = {row["position"]: row for row in rows}
        for client, position in zip(CLIENTS, positions, strict=True):
            if position:
                _admits(by_position[position], client)


def _admits(row: Mapping[str, Any], client: Client) -> None:
    channel, _, user, address = client
    assert row["reachable"] is True or isinstance(row["reachable"], Gap)
    assert isinstance(row["channels"], Gap) or channel in row["channels"]
    if not row["admits"]:
        return
    if channel == "plain" and address != "127.0.0.1":
        assert row["plaintext_possible"] is not False
    if user == "admin":
        assert row["superuser_possible"] is not False


def test_state() -> None:
    rows, _ = rows_of("local all all peer\nhots x\nhostssl all all all md5 ERROR\n")
    server: Row = {"configuration_loaded": "2026-11-21T08:00:00Z"}
    inputs = [Evidence(Query("postgres.hba_rule"), tuple(rows)), Evidence(Query("postgres.server"), (server,))]

    def state(*more: Evidence) -> Mapping[str, Any]:
        found = hba_state(Query("postgres.hba_state"), {each.query: each for each in (*inputs, *more)}, NOW)
        check(found)
        return found.rows[0]

    row = state()
    assert (row["rules"], row["refused"], row["errors"]) == (2, 1, 2)
    assert isinstance(row["changed_since_load"], Gap)
    for modified, changed in (("07:59:59", False), ("08:00:01", True), ("08:00:00", None)):
        files = ({"kind": "hba", "path": "/pg_hba.conf", "modified": f"2026-11-21T{modified}Z"},)
        row = state(Evidence(Query.of("linux.database_file", {"engine": "postgres"}), files))
        told = row["changed_since_load"]
        assert told is changed or (changed is None and isinstance(told, Gap))
    inputs[0] = Evidence(Query("postgres.hba_rule"), (), unknown("denied", "the grants on pg_hba_file_rules"))
    assert isinstance(state()["errors"], Gap)
    assert ABSENT is not state()["loaded_at"]
