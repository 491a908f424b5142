"""Asks real PostgreSQL clusters through the collectors, and judges rules on what they said."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from scanner.collection.postgres.server import collect
from scanner.evaluation.judge import compile_rule
from scanner.model.asking import queries as queries_of
from scanner.model.evidence import Evidence, Query, Snapshot
from scanner.operations.content import Content, load_content
from scanner.operations.deriving import derive_all
from scanner.planning.expand import expand
from scanner.transport.postgres import PostgresClient
from scanner.transport.shell import Limits
from tests.collection.parity import check
from tests.databases.postgres import Cluster

Values = Mapping[str, Mapping[str, Any]]


def client(cluster: Cluster, role: str, database: str = "postgres") -> PostgresClient:
    """Give the scanner's own client for a role."""
    given = {name: str(value) for name, value in cluster.parameters(role, database).items()}
    secret = given.pop("password", "")
    del given["connect_timeout"]
    return PostgresClient(given, lambda: secret)


def ask(cluster: Cluster, role: str, *queries: Query | str) -> list[Evidence]:
    """Give the evidence of queries, or of facts without parameters; every row fits its declaration."""
    wanted = [Query.of(each) if isinstance(each, str) else each for each in queries]
    found = collect(wanted, client(cluster, role), Limits()).evidence
    for each in found:
        check(each)
    return sorted(found, key=lambda each: wanted.index(each.query))


def verdicts(cluster: Cluster, role: str, rules: Iterable[str], values: Values | None = None) -> dict[str, str]:
    """Give rule > outcome; `values` sets values of rules."""
    content = _content()
    chosen = {name: content.rules[name] for name in rules}
    given = {name: {key: each.default for key, each in rule.values.items()} for name, rule in chosen.items()}
    given = {name: {**own, **(values or {}).get(name, {})} for name, own in given.items()}
    wanted = [query for name, rule in chosen.items() for query in queries_of(rule, given[name], {})]
    base, derived = expand(wanted, content.vocabulary)
    snapshot = Snapshot("t", "2026-11-20T00:00:00Z", {each.query: each for each in ask(cluster, role, *base)})
    snapshot = derive_all(snapshot, derived, content.vocabulary)
    target = {"id": "t", "platform": "postgres"}
    return {
        name: compile_rule(rule, given[name], content.vocabulary)(snapshot.get, target).outcome.value
        for name, rule in chosen.items()
    }


@functools.cache
def _content() -> Content:
    return load_content()
