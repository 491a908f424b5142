"""A visit to a SQL server: what is asked where, and that whatever goes wrong becomes gaps."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest

from scanner.collection.sql import visit
from scanner.collection.sql.results import Results, Session
from scanner.model.errors import AuthenticationError, CollectionError, UnreachableError
from scanner.model.evidence import Evidence, Gap, Identity, Query, unknown
from scanner.model.outcome import Outcome
from scanner.transport.shell import Limits
from scanner.transport.sql import Failure, Reply, SqlAnswer, Statement

ONCE = Statement("once", "SELECT 1")
LOCAL = Statement("local", "SELECT 2", everywhere=True)
WHO = Statement("who", "SELECT 3")
NOW = "2026-11-21T08:00:02Z"
GOOD = Reply(("a",), (("1",),))


class Book(ModuleType):
    """A collector of two facts."""

    FACTS = ("t.once", "t.local")

    def statements(self, queries: Sequence[Query]) -> list[Statement]:
        wanted = {"t.once": ONCE, "t.local": LOCAL}
        return [wanted[query.fact] for query in queries]

    def answer(self, queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
        found = []
        for query in queries:
            if query.fact == "t.once":
                found.append(Evidence(query, tuple({"a": row[0]} for row in results.one("once").rows)))
            else:
                rows = tuple({"database": database} for database, _ in results.each("local"))
                found.append(Evidence(query, rows, results.gap_of("local")))
        return found


class Stumbling(Book):
    """A collector that cannot read what it gets."""

    FACTS = ("t.odd",)

    def statements(self, queries: Sequence[Query]) -> list[Statement]:
        return [ONCE]

    def answer(self, queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
        raise KeyError("a" * 500)


class Clashing(Book):
    """A collector whose statement bears another's name."""

    FACTS = ("t.clash",)

    def statements(self, queries: Sequence[Query]) -> list[Statement]:
        return [Statement("once", "SELECT 4")]


class Client:
    """A server with databases, some of which do not let us in."""

    def __init__(self, refusals: Mapping[str, CollectionError] | None = None) -> None:
        self.options: Mapping[str, str] = {"databases": ""}
        self.refusals = refusals or {}
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def ask(self, database: str, statements: Sequence[Statement], limits: Limits) -> SqlAnswer:
        if database in self.refusals:
            raise self.refusals[database]
        self.asked.append((database, tuple(statement.name for statement in statements)))
        return SqlAnswer(
            {each.name: GOOD for each in statements}, 160003, Identity(user="scan"), "2026-11-21T08:00:00Z"
        )

    def close(self) -> None: ...


@pytest.fixture
def dialect(monkeypatch: pytest.MonkeyPatch) -> visit.Dialect:
    for kind in (Book, Stumbling, Clashing):
        monkeypatch.setitem(sys.modules, f"tests_{kind.__name__}", kind(f"tests_{kind.__name__}"))
    collectors = {fact: f"tests_{kind.__name__}" for kind in (Book, Stumbling, Clashing) for fact in kind.FACTS}
    return dialect_of(collectors)


def dialect_of(collectors: Mapping[str, str], now: str = NOW, **closed: Gap) -> visit.Dialect:
    def session(_replies: Mapping[str, Reply], version: int, options: Mapping[str, str]) -> Session:
        return Session(user="scan", version=version, database="first", now=now, options=options)

    return visit.Dialect(collectors, (WHO,), session, lambda _replies, _session: (["b", "c"], closed))


def collect(dialect: visit.Dialect, client: Any, *facts: str, limits: Limits = Limits(run=60)) -> Any:  # noqa: B008
    return visit.collect(dialect, [Query.of(fact) for fact in facts], client, limits)


class TestDescribe:
    def test_equal_questions_are_asked_once(self, dialect: visit.Dialect):
        once = Query.of("t.once")
        asked = visit.describe(dialect, [once, once, Query.of("t.odd"), Query.of("linux.file", {"path": "/a"})])
        assert [each.name for each in asked.statements] == ["who", "once"]
        assert visit.describe(dialect, [Query.of("t.odd"), once]) == asked

    def test_two_statements_of_one_name_are_refused(self, dialect: visit.Dialect):
        with pytest.raises(ValueError, match="once: two different statements"):
            visit.describe(dialect, [Query.of("t.once"), Query.of("t.clash")])

    def test_statements_are_printed_with_where_and_for_whom(self):
        statements = (
            Statement("a", "SELECT 1", limit=5),
            Statement("b", "SELECT 2", everywhere=True, since=160000, until=170000),
        )
        assert visit.Asked(statements, ()).text.decode() == (
            "-- a: once, at most 5 rows\nSELECT 1;\n\n"
            "-- b: in every database, from version 160000 and before 170000, at most 20000 rows\nSELECT 2;\n"
        )


class TestCollect:
    def test_what_is_asked_once_takes_one_session(self, dialect: visit.Dialect):
        client = Client()
        answer = collect(dialect, client, "t.once")
        assert client.asked == [("", ("who", "once"))]
        assert [row["a"] for row in answer.evidence[0].rows] == ["1"]
        assert (answer.now, answer.clock_offset, answer.started) == (NOW, 2.0, True)
        assert answer.identity.privilege == "scan"

    def test_what_is_asked_everywhere_takes_a_session_for_each_database(self, dialect: visit.Dialect):
        client = Client()
        answer = collect(dialect, client, "t.local", "t.once")
        assert client.asked == [("", ("who", "local", "once")), ("b", ("local",)), ("c", ("local",))]
        local, once = answer.evidence
        assert [row["database"] for row in local.rows] == ["first", "b", "c"]
        assert (local.gap, once.gap) == (None, None)

    def test_databases_that_are_closed_or_refuse_are_named(self, dialect: visit.Dialect):
        refusal = CollectionError("c: not today", kind=Outcome.UNKNOWN, needs="CONNECT on database c")
        shut = dialect_of(dialect.collectors, d=unknown("closed", "CONNECT on database d"))
        [local] = collect(shut, Client({"c": refusal}), "t.local").evidence
        assert local.gap.kind is Outcome.UNKNOWN
        assert local.gap.reason == "database d: closed; database c: c: not today"

    def test_time_that_ran_out_leaves_the_rest_undone(self, dialect: visit.Dialect):
        client = Client()
        [local] = collect(dialect, client, "t.local", limits=Limits(run=0)).evidence
        assert [database for database, _ in client.asked] == [""]
        assert local.gap.kind is Outcome.ERROR
        assert "no time was left" in local.gap.reason

    @pytest.mark.parametrize(
        ("problem", "unreachable"),
        [(UnreachableError("db: refused"), True), (AuthenticationError("db: wrong password"), False)],
    )
    def test_no_session_is_a_gap_for_all(self, dialect: visit.Dialect, problem: CollectionError, unreachable: bool):
        answer = collect(dialect, Client({"": problem}), "t.once", "t.local")
        assert {each.gap.kind for each in answer.evidence} == {problem.kind}
        assert (answer.unreachable, answer.started, answer.gap.reason) == (unreachable, False, problem.reason)

    def test_a_collector_that_stumbles_harms_no_other(self, dialect: visit.Dialect):
        odd, once = collect(dialect, Client(), "t.odd", "t.once").evidence
        assert odd.gap.kind is Outcome.ERROR
        assert odd.gap.reason.startswith("our collector stumbled over the answer: KeyError")
        assert len(odd.gap.reason) < 300
        assert once.gap is None

    def test_a_fact_that_nobody_collects_is_an_error(self, dialect: visit.Dialect):
        [found] = collect(dialect, Client(), "t.unheard_of").evidence
        assert found.gap.kind is Outcome.ERROR

    @pytest.mark.parametrize("now", ["", "yesterday", "2026-11-21T08:00:02"])
    def test_a_clock_that_cannot_be_read_has_no_offset(self, dialect: visit.Dialect, now: str):
        assert collect(dialect_of(dialect.collectors, now), Client(), "t.once").clock_offset is None

    def test_a_superuser_is_named_as_such(self, dialect: visit.Dialect):
        king = visit.Dialect(
            dialect.collectors, (WHO,), lambda *_: Session(user="scan", superuser=True), dialect.databases
        )
        assert collect(king, Client(), "t.once").identity.privilege == "superuser"

    def test_a_statement_that_failed_is_the_collectors_to_tell(self, dialect: visit.Dialect):
        class Failing(Client):
            def ask(self, database: str, statements: Sequence[Statement], limits: Limits) -> SqlAnswer:
                return SqlAnswer({each.name: Reply(failure=Failure("42501", "no", denied=True)) for each in statements})

        [local] = collect(dialect, Failing(), "t.local").evidence
        assert local.gap.kind is Outcome.UNKNOWN
