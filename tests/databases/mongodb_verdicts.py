"""Verdicts of rules on a stand-in for MongoDB: everything asked over the real transport, derived and judged."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from scanner.collection.mongodb.server import collect
from scanner.evaluation.judge import compile_rule
from scanner.facts.table import builtin
from scanner.model.asking import queries as queries_of
from scanner.model.evidence import Evidence, Query, Snapshot, unknown
from scanner.model.inventory import Endpoint
from scanner.model.rule import Rule
from scanner.operations.content import load_content
from scanner.operations.deriving import derive_all
from scanner.planning.expand import expand
from scanner.transport.mongo import PymongoClient, open_mongo
from scanner.transport.shell import Limits
from tests.databases.mongodb import StandIn

LIMITS = Limits(connect=5, auth=5, run=10)
LINKED = unknown("the inventory names no host that it runs on")


def client(server: StandIn, account: str = "scanner", **options: str) -> PymongoClient:
    """Give our client of a stand-in, logged in as an account; an empty one is nobody."""
    given = {**({"ca_file": str(server.ca)} if server.ca else {}), **options}
    endpoint = Endpoint(
        "mongo",
        server.host,
        server.port,
        account,
        password="test" if account else "",
        options=tuple(sorted(given.items())),
    )
    return open_mongo(endpoint, lambda _reference: server.passwords[account], LIMITS)


@functools.cache
def rules() -> list[Rule]:
    """Give the automated rules on MongoDB that the server itself decides, alone or in part."""
    found = load_content().rules.values()
    return [
        rule
        for rule in found
        if "mongodb" in rule.platforms and not rule.manual and not rule.path.startswith("rules/mongodb/host/")
    ]


def snapshot(asked: PymongoClient) -> Snapshot:
    """Ask everything that the rules need, and derive what is derived; no host is linked."""
    vocabulary = builtin()
    wanted = {
        query
        for rule in rules()
        for query in queries_of(rule, {name: value.default for name, value in rule.values.items()}, {})
    }
    base, derived = expand(sorted(wanted, key=str), vocabulary)
    own = [query for query in base if "mongodb" in vocabulary[query.fact].platforms]
    answer = collect(own, asked, LIMITS)
    found: dict[Query, Evidence] = {each.query: each for each in answer.evidence}
    found.update((query, Evidence(query, gap=LINKED)) for query in base if query not in found)
    taken = Snapshot("mongo", "2026-11-20T02:00:00Z", found, answer.identity, answer.clock_offset)
    return derive_all(taken, derived, vocabulary)


def verdicts(asked: PymongoClient, values: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, str]:
    """Give rule > outcome."""
    taken, vocabulary = snapshot(asked), builtin()
    return {
        rule.id: str(
            compile_rule(rule, (values or {}).get(rule.id, {}), vocabulary)(taken.get, {"id": "mongo"}).outcome
        )
        for rule in rules()
    }
