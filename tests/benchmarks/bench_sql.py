"""Visits to a PostgreSQL server: sessions counted by the server, and the clock beside a connection for each check.

The server is on this machine; TLS and a password are part of every connection, as they are in a real one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence

from scanner.collection.postgres.server import collect, describe
from scanner.model.asking import queries as queries_of
from scanner.model.evidence import Query
from scanner.model.inventory import Endpoint
from scanner.operations.content import load_content
from scanner.planning.expand import expand
from scanner.transport.postgres import PostgresClient, open_postgres
from scanner.transport.shell import Limits
from tests.benchmarks.figures import Figure
from tests.databases.postgres import Cluster, cluster, installed


def figures(*, quick: bool) -> Iterator[Figure]:
    """All rules in one visit, and each rule in a visit of its own as tools do that connect for each check."""
    versions = [version for version in ("16", "17", "18", "15") if version in installed()]
    if not versions:
        yield Figure("no PostgreSQL on this machine: not measured", 0, "")
        return
    checks = _checks()
    together = list(dict.fromkeys(query for check in checks for query in check))
    with cluster(versions[0], "hardened") as server:
        ask = _client(server)
        before = _sessions(server)
        answer = collect(together, ask, Limits())
        assert answer.gap is None, answer.gap
        most = max(after - before[name] for name, after in _sessions(server).items())
        note = f"PostgreSQL {versions[0]}, {len(checks)} rules, {len(describe(together).statements)} statements"
        yield Figure("sessions per database", most, "", 1, note=note)
        times = 3 if quick else 7
        whole = _clock(lambda: collect(together, ask, Limits()), times)
        yield Figure(
            "a whole visit, TLS and SCRAM included", 1000 * whole, "ms", note=f"median of {times}, by the clock"
        )
        single = _clock(lambda: _apart(checks, ask), 1 if quick else 3)
        yield Figure("a visit for each rule", 1000 * single, "ms", note=f"{len(checks)} visits")
        yield Figure("one visit beside a visit for each rule", whole / single, "", 0.2)


def _checks() -> list[tuple[Query, ...]]:
    """Give what each shipped rule for PostgreSQL asks of a server."""
    content = load_content()
    found = []
    for rule in content.rules.values():
        if rule.manual or "postgres" not in rule.platforms:
            continue
        values = {name: value.default for name, value in rule.values.items()}
        base, _ = expand(queries_of(rule, values, {}), content.vocabulary)
        own = tuple(query for query in base if query.fact.startswith("postgres."))
        if own:
            found.append(own)
    return found


def _client(server: Cluster) -> PostgresClient:
    options = (("ca_file", str(server.ca)), ("sslmode", "verify-full"))
    endpoint = Endpoint("sql", server.host, server.port, "scanner", password="env:PW", options=options)
    return open_postgres(endpoint, lambda _: server.passwords["scanner"], Limits())


def _apart(checks: Sequence[tuple[Query, ...]], ask: PostgresClient) -> None:
    for check in checks:
        collect(check, ask, Limits())


def _clock(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _sessions(server: Cluster) -> dict[str, int]:
    """Give how many sessions each database has had, by the server's own count, once it stands still."""
    last: dict[str, int] = {}
    while True:
        now = dict(server.sql("SELECT datname, sessions FROM pg_stat_database WHERE datname NOT LIKE 'template0'"))
        if now == last:
            return {name: count for name, count in now.items() if name}
        last = now
        time.sleep(0.6)
