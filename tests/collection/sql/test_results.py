"""Replies of SQL servers as cells and gaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.sql.results import Results, Session, gap_of, listed, text, texts, truth, whole
from scanner.model.evidence import ABSENT, Gap, Query, unknown
from scanner.model.outcome import Outcome
from scanner.transport.sql import Failure, Reply, Statement

GOOD = Reply(("a",), (("1",),))
DENIED = Reply(failure=Failure("42501", "permission denied", denied=True))
BROKEN = Reply(failure=Failure("57014", "statement timeout"))
CUT = Reply(("a",), (("1",),), cut="more than 1 rows")


@pytest.mark.parametrize(
    ("reply", "gap"),
    [
        (GOOD, None),
        (DENIED, Gap(Outcome.UNKNOWN, "permission denied", "role x")),
        (BROKEN, Gap(Outcome.ERROR, "statement timeout (57014)")),
        (Reply(failure=Failure("", "the connection was lost")), Gap(Outcome.ERROR, "the connection was lost")),
        (CUT, Gap(Outcome.ERROR, "the list was cut: more than 1 rows")),
    ],
)
def test_what_is_missing_of_a_reply(reply: Reply, gap: Gap | None):
    assert gap_of(reply, "role x") == gap


class TestEverywhere:
    def test_a_list_is_whole_when_each_database_gave_its_part(self):
        results = Results({}, {"a": {"s": GOOD}, "b": {"s": GOOD}})
        assert results.gap_of("s") is None
        assert [(database, reply.rows) for database, reply in results.each("s")] == [("a", GOOD.rows), ("b", GOOD.rows)]

    def test_each_database_that_is_missing_is_named(self):
        results = Results({}, {"a": {"s": DENIED}, "b": {"s": GOOD}}, {"c": unknown("closed", "CONNECT on c")})
        gap = results.gap_of("s", "role x")
        assert gap == Gap(Outcome.UNKNOWN, "database a: permission denied; database c: closed", "role x")

    def test_an_error_weighs_more_than_a_denial(self):
        gap = Results({}, {"a": {"s": DENIED}, "b": {"s": BROKEN}}).gap_of("s")
        assert gap is not None
        assert gap.kind is Outcome.ERROR

    def test_what_was_not_asked_is_a_gap(self):
        assert Results({}, {"a": {}}).gap_of("s") is not None
        assert gap_of(Results({}).one("s")) is not None

    def test_of_many_databases_the_first_are_named(self):
        gap = Results({}, {}, {f"d{number}": unknown("closed") for number in range(30)}).gap_of("s")
        assert gap is not None
        assert gap.reason.endswith("database d19: closed; and 10 more databases")


@pytest.mark.parametrize(
    ("value", "cell"), [(None, ABSENT), ("a", "a"), (1, "1"), (True, "True"), (["a", "b"], "a, b"), ([], "")]
)
def test_text(value: object, cell: object):
    assert text(value) == cell


@pytest.mark.parametrize(("value", "cell"), [(None, ABSENT), (["a"], ["a"]), ("a", ["a"])])
def test_texts(value: object, cell: object):
    assert texts(value) == cell


@pytest.mark.parametrize(("value", "cell"), [(None, ABSENT), (3, 3), ("7", 7), (2.0, 2), (-1, -1)])
def test_whole(value: object, cell: object):
    assert whole(value) == cell


@pytest.mark.parametrize("value", [True, ["1"], "x", float("inf"), float("nan")])
def test_what_is_no_number(value: object):
    found = whole(value)
    assert isinstance(found, Gap)
    assert found.kind is Outcome.ERROR


@pytest.mark.parametrize(("value", "cell"), [(None, ABSENT), (True, True), (False, False)])
def test_truth(value: object, cell: object):
    assert truth(value) is cell


@pytest.mark.parametrize("value", [0, 1, "t", "true", [], ""])
def test_what_is_neither_true_nor_false(value: object):
    assert isinstance(truth(value), Gap)


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.lists(st.text())))
def test_any_value_becomes_a_cell(value: object):
    for make in (text, texts, whole, truth):
        make(value)


def test_provenance_names_the_statements_of_this_version():
    old, new = Statement("a", "SELECT 1", until=160000), Statement("b", "SELECT\n  2", since=160000)
    found = Session(user="scan", version=160003, now="2026-11-21T08:00:00Z").provenance(old, new)
    assert (found.asked, found.taken_at, found.as_user) == ("SELECT 2", "2026-11-21T08:00:00Z", "scan")


def test_a_list_carries_its_gap():
    statement = Statement("a", "SELECT 1")
    found = listed(Query.of("postgres.database"), [{"database": "a"}], unknown("cut"), Session(), statement)
    assert (len(found.rows), found.gap) == (1, unknown("cut"))


def test_a_superuser_has_every_role():
    assert Session(superuser=True).has("pg_monitor")
    assert not Session(roles=frozenset({"a"})).has("pg_monitor")
