"""What MariaDB servers of the tests answer, and what rules make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from scanner.collection.mariadb.server import collect
from scanner.evaluation.judge import compile_rule
from scanner.facts.table import builtin
from scanner.model.asking import queries as queries_of
from scanner.model.evidence import Evidence, Query, Snapshot
from scanner.model.inventory import Endpoint
from scanner.model.rule import Rule
from scanner.operations.content import load_content
from scanner.transport.mysql import MysqlClient, open_mysql
from scanner.transport.shell import Limits
from tests.databases.mariadb import Server


def client(running: Server, role: str, *, over_socket: bool = False, **options: str) -> MysqlClient:
    """Give our client of a server, as a role, over TCP with verified TLS where there is TLS."""
    if running.ca and not over_socket:
        tls = running.ca.parent
        files = {"client_cert": str(tls / "client.crt"), "client_key": str(tls / "client.key")}
        options = {"ca_file": str(running.ca), "sslmode": "verify-full", **files, **options}
    address = str(running.socket) if over_socket else running.host
    told = tuple(sorted((name, value) for name, value in options.items() if value))
    endpoint = Endpoint("sql", address, running.port, role, password="env:UNUSED", options=told)
    return open_mysql(endpoint, lambda _: running.passwords.get(role, ""), Limits())


def ask(running: Server, role: str, *queries: Query, **options: Any) -> dict[str, Evidence]:
    """Ask a server, and give fact (or the variable's name) > its evidence."""
    answer = collect(queries, client(running, role, **options), Limits())
    return {str(each.query.parameters.get("name") or each.query.fact): each for each in answer.evidence}


@cache
def rules() -> Mapping[str, Rule]:
    """Give the shipped rules for MariaDB that a machine judges by what the server says; hosts are asked elsewhere."""
    return {
        name: rule
        for name, rule in load_content().rules.items()
        if rule.platforms == ("mariadb",) and not rule.manual and "host" not in rule.labels
    }


def outcomes(
    running: Server, role: str, values: Mapping[str, Mapping[str, Any]], only: Sequence[str] = (), **options: Any
) -> dict[str, str]:
    """Judge rules of a server; gives rule > outcome."""
    chosen = {name: rule for name, rule in rules().items() if not only or name in only}
    in_force = {
        name: {key: values.get(name, {}).get(key, value.default) for key, value in rule.values.items()}
        for name, rule in chosen.items()
    }
    asked = {query for name, rule in chosen.items() for query in queries_of(rule, in_force[name], {})}
    answer = collect(sorted(asked, key=str), client(running, role, **options), Limits())
    snapshot = Snapshot("db", answer.now, {each.query: each for each in answer.evidence})
    target = {"id": "db", "platform": "mariadb"}
    vocabulary = builtin()
    return {
        name: compile_rule(rule, in_force[name], vocabulary)(snapshot.get, target).outcome.value
        for name, rule in chosen.items()
    }
