"""Collectors of sessions, replication, archiving, checksums, probes and own queries, over replies made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.postgres.table import COLLECTORS
from scanner.collection.sql.results import Results, Session
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, error
from scanner.model.outcome import Outcome
from scanner.transport.probing import Certificate, Handshake, Probed
from scanner.transport.sql import Failure, Reply

DENIED = Reply(failure=Failure("42501", "permission denied", denied=True))
LOST = Reply(failure=Failure("", "the connection was lost"))
BARE = Session(user="bare", version=160003, roles=frozenset({"bare"}), now="2026-11-21T08:00:00Z")
MONITOR = Session(
    user="scanner",
    version=160003,
    roles=frozenset({"scanner", "pg_monitor", "pg_read_all_stats", "pg_read_all_settings"}),
    now="2026-11-21T08:00:00Z",
)


def rows(*given: Mapping[str, Any], cut: str = "") -> Reply:
    return Reply(tuple(given[0]) if given else (), tuple(tuple(each.values()) for each in given), None, cut)


def answer(fact: str, replies: Mapping[str, Reply], session: Session = MONITOR, **where: Any) -> Evidence:
    probed = where.pop("probed", {})
    query = Query.of(fact, where)
    [found] = import_module(COLLECTORS[fact]).answer([query], Results(replies, probed=probed), session)
    declared = {field.name for field in builtin()[fact].fields}
    assert all(set(row) == declared for row in found.rows)
    return found


SESSION = {
    "pid": 1,
    "kind": "client backend",
    "user": "app",
    "database": "sky",
    "application": "",
    "address": "192.0.2.7",
    "ssl": True,
    "version": "TLSv1.3",
    "cipher": "TLS_AES_256_GCM_SHA384",
    "client_dn": None,
    "gss": False,
    "started": "2026-11-21T07:00:00Z",
}


@pytest.mark.parametrize(
    ("address", "over"), [(None, "socket"), ("127.0.0.1", "loopback"), ("::1", "loopback"), ("192.0.2.7", "network")]
)
def test_way_of_a_session(address: str | None, over: str) -> None:
    [row] = answer("postgres.session", {"sessions": rows({**SESSION, "address": address})}).rows
    assert row["over"] == over


def test_sessions_of_others_are_never_silently_missing() -> None:
    found = answer("postgres.session", {"sessions": rows(SESSION)}, BARE)
    assert found.gap is not None
    assert (found.gap.kind, found.gap.needs, len(found.rows)) == (Outcome.UNKNOWN, "role pg_monitor", 1)
    assert answer("postgres.session", {"sessions": rows(SESSION)}).complete


@pytest.mark.parametrize(
    ("ssl", "gss", "wanted"), [(True, False, True), (False, True, True), (False, False, False), (False, None, False)]
)
def test_encryption(ssl: bool, gss: bool | None, wanted: bool) -> None:
    [row] = answer("postgres.session", {"sessions": rows({**SESSION, "ssl": ssl, "gss": gss})}).rows
    assert row["encrypted"] is wanted


def test_session_that_ended_between_two_views_is_not_plaintext() -> None:
    [row] = answer("postgres.session", {"sessions": rows({**SESSION, "ssl": None, "gss": None})}).rows
    assert row["encrypted"] == error("the session ended while we looked")


SENDER = {
    "pid": 2,
    "user": "replicator",
    "application": "standby1",
    "address": "192.0.2.8",
    "state": "streaming",
    "sync": "async",
    "lag": None,
    "behind": 0.0,
    "ssl": False,
    "version": None,
    "client_dn": "",
    "gss": False,
}


def test_standbys() -> None:
    [row] = answer("postgres.replication", {"replication": rows(SENDER)}).rows
    assert (row["encrypted"], row["lag"], row["behind"], row["client_subject"]) == (False, ABSENT, 0, ABSENT)


def test_standbys_of_which_we_see_only_that_they_are_there() -> None:
    hidden = {**dict.fromkeys(SENDER), "pid": 2, "user": "replicator"}
    found = answer("postgres.replication", {"replication": rows(hidden)}, BARE)
    assert found.complete
    assert isinstance(found.rows[0]["encrypted"], Gap)
    assert isinstance(found.rows[0]["over"], Gap)


STANDBY = {
    "standby": True,
    "connection": True,
    "modes": ["verify-full"],
    "modes_in_use": [],
    "slot": None,
    "receiving": False,
}


def test_standby() -> None:
    [row] = answer("postgres.standby", {"standby": rows(STANDBY)}).rows
    assert (row["sslmode"], row["sslmode_in_use"]) == ("verify-full", ABSENT)
    [row] = answer("postgres.standby", {"standby": rows(STANDBY)}, BARE).rows
    assert all(isinstance(row[name], Gap) for name in ("connection", "sslmode", "receiving", "sslmode_in_use"))
    assert row["standby"] is True


def test_sslmode_that_stands_there_twice_is_not_guessed() -> None:
    [row] = answer("postgres.standby", {"standby": rows({**STANDBY, "modes": ["verify-full", "disable"]})}).rows
    assert isinstance(row["sslmode"], Gap)


ARCHIVER = {
    "mode": "on",
    "command": True,
    "library": None,
    "timeout": 0,
    "archived": 3,
    "failed": 0,
    "last_archived": "2026-11-21T07:00:00Z",
    "last_failed": None,
    "counted_since": "2026-11-01T00:00:00Z",
    "failing": False,
    "system": "7710591684679592467",
    "last_segment": "00000001000000020000000A",
    "segment_size": 16 * 2**20,
    "position": 2 * 2**32 + 11 * 16 * 2**20 + 40,
}


def test_archiver_tells_what_was_written_since_the_last_segment() -> None:
    def behind(**more: Any) -> object:
        replies = {"archiver": rows({**ARCHIVER, **more}), "archive_waiting": rows({"waiting": 0, "oldest": None})}
        return answer("postgres.archiver", replies).rows[0]["behind"]

    assert behind() == 40
    assert behind(segment_size=64 * 2**20, last_segment="000000010000000200000001", position=2 * 2**32 + 2**28) == 2**27
    assert behind(last_segment=None) is ABSENT


def test_archiver() -> None:
    replies = {"archiver": rows(ARCHIVER), "archive_waiting": rows({"waiting": 0, "oldest": None})}
    [row] = answer("postgres.archiver", replies).rows
    assert (row["configured"], row["waiting"], row["oldest_waiting"]) == (True, 0, ABSENT)
    [row] = answer("postgres.archiver", {**replies, "archive_waiting": DENIED}, BARE).rows
    waiting = row["waiting"]
    assert isinstance(waiting, Gap)
    assert waiting.needs == "role pg_monitor"


def test_archiver_with_a_library() -> None:
    one = rows({**ARCHIVER, "command": False, "library": "basic_archive"})
    [row] = answer("postgres.archiver", {"archiver": one, "archive_waiting": rows({"waiting": 0, "oldest": None})}).rows
    assert (row["configured"], row["library"]) == (True, "basic_archive")


def test_checksums_are_absent_where_there_are_none() -> None:
    row = {"database": "sky", "failures": None, "last_failure": None, "counted_since": None}
    [found] = answer("postgres.checksum_failure", {"checksum_failures": rows(row)}).rows
    assert found["failures"] is ABSENT


@pytest.mark.parametrize("kind", ["plaintext", "old-tls"])
def test_probes(kind: str) -> None:
    [row] = answer("postgres.probe", {}, kind=kind).rows
    assert (row["present"], row["outcome"]) == (False, ABSENT)
    [row] = answer("postgres.probe", {}, kind=kind, probed={kind: Probed(kind, "refused", "so")}).rows
    assert (row["present"], row["outcome"], row["detail"]) == (True, "refused", "so")
    [row] = answer("postgres.probe", {}, kind=kind, probed={kind: Probed(kind, detail="timeout")}).rows
    assert row["outcome"] == error("the probe could not tell: timeout")


CERTIFICATE = Certificate(
    "00", "CN=db", "CN=ca", ("db",), "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", "rsa", 2048, "sha256"
)


def certificate(probed: Probed | None) -> Mapping[str, Any]:
    [row] = answer("postgres.certificate", {}, probed={"certificate": probed} if probed else {}).rows
    return row


def test_certificate() -> None:
    assert certificate(None)["asked"] is False
    shown = Handshake("TLSv1.3", "X", (CERTIFICATE,), trusted=True, name_matches=True)
    row = certificate(Probed("certificate", "accepted", "", shown))
    assert (row["trusted"], row["left"], row["chain"]) == (True, 9 * 86400 + 16 * 3600, ["CN=db"])
    row = certificate(Probed("certificate", "no-tls", "no"))
    assert (row["asked"], row["shown"], row["trusted"]) == (True, False, ABSENT)
    assert isinstance(certificate(Probed("certificate", "", "refused"))["shown"], Gap)
    broken = Handshake("TLSv1.3", "X", (Certificate("00"),), trusted=False, name_matches=False)
    row = certificate(Probed("certificate", "accepted", "", broken))
    assert isinstance(row["left"], Gap)
    assert isinstance(row["name_matches"], Gap)


def test_own_query_in_its_database() -> None:
    module = import_module(COLLECTORS["postgres.query"])
    query = Query.of("postgres.query", {"sql": " SELECT 1 ; ", "database": "sky"})
    [asked] = module.statements([query])
    assert (asked.sql, asked.database, asked.limit, asked.everywhere) == ("SELECT 1", "sky", 1000, False)
    inside = Results({}, {"sky": {asked.name: rows({"n": 1.0, "m": None})}})
    [found] = module.answer([query], inside, MONITOR)
    cells = {"row": 1, "cells": {"n": "1"}, "text": "1", "number": 1, "time": ABSENT}
    assert (dict(found.rows[0]), found.gap) == (cells, None)
    [found] = module.answer([query], Results({}, closed={"sky": error("closed")}), MONITOR)
    assert found.gap == error("closed")
    [found] = module.answer([query], Results({}), MONITOR)
    assert found.gap == error("database sky was not entered")


def test_own_query_that_is_refused_is_not_sent() -> None:
    module = import_module(COLLECTORS["postgres.query"])
    query = Query.of("postgres.query", {"sql": "SELECT pg_reload_conf()"})
    assert module.statements([query]) == []
    [found] = module.answer([query], Results({}), MONITOR)
    assert "pg_reload_conf" in found.gap.reason


@pytest.mark.parametrize(
    ("first", "text", "number", "time"),
    [
        ("2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z", ABSENT, "2026-11-21T08:00:00Z"),
        ("2026-11-21", "2026-11-21", ABSENT, "2026-11-21T00:00:00Z"),
        (7, "7", 7, ABSENT),
        (7.5, "7.5", ABSENT, ABSENT),
        (True, "true", ABSENT, ABSENT),
        (None, ABSENT, ABSENT, ABSENT),
        (["a", "b"], "a, b", ABSENT, ABSENT),
    ],
)
def test_first_column_is_typed(first: Any, text: Any, number: Any, time: Any) -> None:
    module = import_module(COLLECTORS["postgres.query"])
    query = Query.of("postgres.query", {"sql": "SELECT 1"})
    [asked] = module.statements([query])
    [found] = module.answer([query], Results({asked.name: Reply(("a",), ((first,),))}), MONITOR)
    assert [found.rows[0][name] for name in ("text", "number", "time")] == [text, number, time]


def test_columns_of_one_name_are_told_apart() -> None:
    module = import_module(COLLECTORS["postgres.query"])
    query = Query.of("postgres.query", {"sql": "SELECT 1"})
    [asked] = module.statements([query])
    reply = Reply(("a", "a", "a_2", "a"), ((1, 2, 3, 4),))
    [found] = module.answer([query], Results({asked.name: reply}), MONITOR)
    assert sorted(found.rows[0]["cells"].values()) == ["1", "2", "3", "4"]


ASKED = (
    ("postgres.session", "sessions", SESSION),
    ("postgres.replication", "replication", SENDER),
    ("postgres.standby", "standby", STANDBY),
    ("postgres.archiver", "archiver", ARCHIVER),
)


@pytest.mark.parametrize(("fact", "name", "row"), ASKED, ids=[fact for fact, _, _ in ASKED])
@pytest.mark.parametrize("reply", [DENIED, LOST, Reply(cut="cut")], ids=["denied", "lost", "cut"])
def test_what_was_not_answered_is_a_gap(fact: str, name: str, row: Mapping[str, Any], reply: Reply) -> None:
    found = answer(fact, {name: reply})
    assert found.gap is not None
    assert found.gap.kind is (Outcome.UNKNOWN if reply is DENIED else Outcome.ERROR)


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text(), max_size=2))


@given(st.data())
def test_odd_values_never_raise(data: st.DataObject) -> None:
    fact, name, row = data.draw(st.sampled_from(ASKED))
    odd = {key: data.draw(ANYTHING) for key in row}
    found = answer(fact, {name: rows(odd), "archive_waiting": rows({"waiting": data.draw(ANYTHING), "oldest": None})})
    assert len(found.rows) == 1
