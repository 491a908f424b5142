"""The visit as a whole: what is printed, asked and granted, and text that means harm."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.collection.mongodb.grants import grants
from scanner.collection.mongodb.server import collect, describe
from scanner.collection.mongodb.table import COLLECTORS
from scanner.facts.mongodb.needs import AUDIT, MONITOR, ROLES, USERS
from scanner.facts.table import builtin
from scanner.model.errors import AuthenticationError, UnreachableError
from scanner.model.evidence import Query
from scanner.model.outcome import Outcome
from scanner.transport.mongo_commands import Command, MongoAnswer, MongoReply
from scanner.transport.probing import Probed
from scanner.transport.shell import Limits
from tests.collection.mongodb.answers import ask

EVERY = [
    Query.of(
        name,
        {"name": "net.port"}
        if name in ("mongodb.option", "mongodb.parameter")
        else {"kind": "plaintext"}
        if name == "mongodb.probe"
        else {},
    )
    for name in COLLECTORS
]


class Client:
    """Answers from a script, and remembers what it was asked."""

    def __init__(self, replies: Any, probes: str = "") -> None:
        self.replies, self.options = replies, {"probes": probes}
        self.asked: list[Command] = []
        self.probed: list[str] = []

    def ask(self, commands: Any, limits: Limits) -> MongoAnswer:
        del limits
        self.asked += commands
        if isinstance(self.replies, Exception):
            raise self.replies
        return MongoAnswer(
            {each.name: self.replies.get(each.name, MongoReply()) for each in commands} | {"hello": MongoReply()}
        )

    def probe(self, kind: str, limits: Limits) -> Probed:
        del limits
        self.probed.append(kind)
        return Probed(kind, "refused", "no")

    def close(self) -> None:
        """Nothing is held."""


def test_every_command_only_reads_and_is_printed_once() -> None:
    asked = describe(EVERY)
    text = asked.text.decode()
    assert [each.forbidden for each in asked.commands] == [""] * len(asked.commands)
    for each in asked.commands:
        assert text.count(f"// {each.name}\n") == 1
        assert str(each) in text
    assert describe(list(reversed(EVERY))).text == asked.text


def test_only_what_is_needed_is_asked() -> None:
    assert [each.name for each in describe([Query.of("mongodb.user")]).commands] == [
        "hello",
        "build",
        "status",
        "users",
    ]


def test_probes_are_tried_where_the_inventory_asks_for_them() -> None:
    client = Client({}, "plaintext,certificate")
    collect(EVERY, client, Limits())
    assert client.probed == ["plaintext", "certificate"]
    quiet = Client({})
    collect(EVERY, quiet, Limits())
    assert quiet.probed == []


@pytest.mark.parametrize(
    ("problem", "unreachable"), [(UnreachableError("db: refused"), True), (AuthenticationError("db: no"), False)]
)
def test_a_visit_that_does_not_come_about_leaves_gaps(problem: Exception, unreachable: bool) -> None:
    answer = collect(EVERY, Client(problem), Limits())
    assert answer.unreachable is unreachable
    assert not answer.started
    assert all(each.gap is not None and each.gap.kind is Outcome.ERROR for each in answer.evidence)


def test_empty_replies_decide_nothing() -> None:
    answer = collect(EVERY, Client({}), Limits())
    assert [each.query for each in answer.evidence] == EVERY
    for each in answer.evidence:
        if each.query.fact in ("mongodb.server", "mongodb.probe", "mongodb.certificate", "mongodb.parameter"):
            continue
        assert each.gap is not None, each.query


def test_grants_are_exact_and_least() -> None:
    lines = grants([MONITOR, USERS, ROLES, AUDIT], 'o"brien')
    assert lines[0] == "use admin"
    assert '"actions": ["viewUser"]' in lines[1]
    assert '{"db": "admin", "collection": "system.roles"}, "actions": ["find"]' in lines[1]
    assert 'user: "o\\"brien", pwd: passwordPrompt(), roles: ["clusterMonitor", "controlproofReader"]' in lines[2]
    assert lines[3].startswith("// action auditConfigure")
    assert not any("auditConfigure" in line for line in lines[:3])
    assert grants([MONITOR]) == [
        "use admin",
        'db.createUser({user: "controlproof", pwd: passwordPrompt(), roles: ["clusterMonitor"], mechanisms: ["SCRAM-SHA-256"]})',
    ]


def test_needs_of_all_facts_lead_to_grants() -> None:
    needs = [need for spec in builtin().values() if "mongodb" in spec.platforms for need in spec.needs]
    assert len(grants(needs)) == 4


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["admin", "\x1b[2J", "$(x)", "</b>"]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)),
    max_leaves=12,
)
SHAPED = st.sampled_from(
    [
        "parsed",
        "users",
        "cursor",
        "config",
        "members",
        "log",
        "filter",
        "authInfo",
        "modules",
        "version",
        "net.port",
        "msg",
        "roles",
    ]
)
DOCUMENTS = st.dictionaries(st.one_of(SHAPED, st.text(max_size=8)), VALUES, max_size=6)
INNER = st.fixed_dictionaries(
    {
        "parsed": DOCUMENTS,
        "users": st.lists(DOCUMENTS, max_size=3),
        "cursor": st.fixed_dictionaries({"id": SCALARS, "firstBatch": st.lists(DOCUMENTS, max_size=3)}),
        "config": st.fixed_dictionaries({"members": st.lists(DOCUMENTS, max_size=3)}),
        "members": st.lists(DOCUMENTS, max_size=3),
        "log": st.lists(st.text(max_size=30), max_size=3),
        "totalLinesWritten": SCALARS,
        "filter": VALUES,
        "authInfo": DOCUMENTS,
        "version": SCALARS,
    }
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(EVERY), st.one_of(DOCUMENTS, INNER))
def test_no_document_breaks_a_collector(query: Query, document: dict[str, Any]) -> None:
    names = ("hello", "build", "status", "options", "parameters", "users", "roles", "audit", "audit_access")
    names += ("replica_config", "replica_status", "startup_warnings")
    module = import_module(COLLECTORS[query.fact])
    assert query.fact in module.FACTS
    ask(query, dict.fromkeys(names, document))
