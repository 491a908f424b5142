"""Rules of access on real servers: what is seen, by whom, and what the shipped rules make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import pytest

from scanner.collection.table import platform_module
from scanner.derivation.table import derive
from scanner.evaluation.judge import compile_rule
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.operations.content import load_content
from scanner.planning.expand import expand, inputs_of
from scanner.transport.postgres import PostgresClient
from scanner.transport.shell import Limits
from tests.collection import parity
from tests.databases.postgres import VERSIONS, Cluster, cluster

pytestmark = pytest.mark.server
Clusters = Callable[[str, str], Cluster]

FACTS = ("hba_rule", "ident_rule", "hba_state", "hba_effective")
RULES = {
    "hba_local_methods_strong": "fail pass",
    "hba_network_methods_strong": "fail pass",
    "hba_network_encrypted": "fail pass",
    "hba_trust_absent": "fail pass",
    "hba_weak_network_methods_absent": "fail pass",
    "hba_open_rule_absent": "fail pass",
    "hba_superusers_local": "fail pass",
    "hba_replication_roles_named": "fail pass",
    "hba_client_certificates_verified": "notapplicable pass",
    "hba_file_valid": "pass pass",
    "hba_file_loaded": "unknown unknown",
    "ident_file_valid": "pass pass",
    "ident_maps_name_roles": "pass pass",
}
"""Rule > outcome on a weak and on a hardened cluster."""
EACH = pytest.mark.parametrize("version", VERSIONS)


def evidence(server: Cluster, role: str = "scanner") -> dict[Query, Evidence]:
    """Collect and derive the facts of this subject as a role."""
    vocabulary = builtin()
    base, derived = expand([Query(f"postgres.{name}") for name in FACTS], vocabulary)
    parameters = {name: str(value) for name, value in server.parameters(role, connect_timeout=None).items()}
    password = parameters.pop("password")
    client = PostgresClient(parameters, lambda: password)
    answer = platform_module("postgres").collect(base, client, Limits())
    found = {each.query: each for each in answer.evidence}
    for query in derived:
        found[query] = derive(query, {each: found[each] for each in inputs_of(query, vocabulary)}, answer.now)
    for query, each in found.items():
        if query.fact.removeprefix("postgres.") in FACTS:
            parity.check(each)
    return found


def outcomes(found: Mapping[Query, Evidence]) -> dict[str, str]:
    """Judge the rules of this subject."""
    rules = load_content().rules
    judges = {name: compile_rule(rules[name], {}, builtin()) for name in RULES}
    return {name: judge(found.__getitem__, {"id": "db"}).outcome.value for name, judge in judges.items()}


def rows(found: Mapping[Query, Evidence], fact: str) -> list[Mapping[str, Any]]:
    return list(found[Query(f"postgres.{fact}")].rows)


def written(server: Cluster, text: str, name: str = "pg_hba.conf") -> dict[Query, Evidence]:
    """Collect with another file on disk, which is not loaded; the old one comes back."""
    before = (server.data / name).read_text()
    server.write(name, text)
    try:
        return evidence(server)
    finally:
        server.write(name, before)


@EACH
@pytest.mark.parametrize("flavour", ["weak", "hardened"])
def test_rules_tell_weak_from_hardened(postgres_clusters: Clusters, version: str, flavour: str) -> None:
    found = evidence(postgres_clusters(version, flavour))
    wanted = {name: told.split()[flavour == "hardened"] for name, told in RULES.items()}
    assert outcomes(found) == wanted
    assert found[Query("postgres.hba_effective")].gap is None
    for row in rows(found, "hba_rule"):
        assert str(row["path"]).endswith("/pg_hba.conf")
        assert row["number"] == row["position"]


@EACH
def test_without_the_grants_all_is_unknown(postgres_clusters: Clusters, version: str) -> None:
    found = evidence(postgres_clusters(version, "weak"), "monitor")
    for fact in ("hba_rule", "ident_rule"):
        gap = found[Query(f"postgres.{fact}")].gap
        assert isinstance(gap, Gap)
        assert gap.needs is not None
        assert gap.needs.startswith("the grants on pg_")
    assert set(outcomes(found).values()) == {"unknown"}


@EACH
def test_what_is_on_disk_is_seen_and_not_what_runs(version: str) -> None:
    """A rule that was written and not loaded is seen; a connection that it forbids still comes through."""
    with cluster(version, "weak") as server:
        refusing = "local all all reject\nhost all scanner 127.0.0.1/32 md5\nhost all all all reject\n"
        found = written(server, refusing)
        assert [row["method"] for row in rows(found, "hba_rule")] == ["reject", "md5", "reject"]
        server.write("pg_hba.conf", refusing)
        with server.connect("bare") as session:
            assert session.execute("SELECT 1").fetchall() == [(1,)]
        server.reload()
        with pytest.raises(psycopg.OperationalError):
            server.connect("bare")


@EACH
def test_lines_with_errors(postgres_clusters: Clusters, version: str) -> None:
    server = postgres_clusters(version, "weak")
    text = (
        "local all all peer\nhostssl all all 10.0.0.0/8 scram-sha-256\nhots all all trust\n"
        "host all all 10.0.0.0/8 radius radiusservers=127.0.0.1 radiussecrets=my secret\n"
        'host all all 10.0.0.0/8 radius radiusservers=127.0.0.1 radiussecrets="mysecret"\n'
        "hostssl all all 10.0.0.0/8 scram-sha-256 clientcert=1\n"
    )
    found = written(server, text)
    told = rows(found, "hba_rule")
    assert [row["error"] is ABSENT for row in told] == [True, False, False, False, True, False]
    assert [row["type"] is ABSENT for row in told] == [False, False, True, True, False, True]
    assert [row["number"] for row in told] == [1, ABSENT, ABSENT, ABSENT, 2, ABSENT]
    assert told[4]["options"]["radiussecrets"] == "***"
    assert "my" not in str(told[3]["error"]).split()
    [state] = rows(found, "hba_state")
    assert (state["rules"], state["refused"], state["errors"]) == (3, 3, 4)
    judged = outcomes(found)
    assert judged["hba_file_valid"] == "fail"
    assert judged["hba_trust_absent"] == "error", "the server runs older rules, whatever the good lines say"
    assert "mysecret" not in str(found)


@EACH
def test_no_rule_at_all(postgres_clusters: Clusters, version: str) -> None:
    found = written(postgres_clusters(version, "hardened"), "# nobody\n")
    assert found[Query("postgres.hba_rule")].complete
    assert rows(found, "hba_rule") == []
    assert outcomes(found)["hba_file_valid"] == "fail"
    assert outcomes(found)["hba_trust_absent"] == "error"


@EACH
def test_quotes_that_the_view_leaves_out(postgres_clusters: Clusters, version: str) -> None:
    server = postgres_clusters(version, "hardened")
    keyword = written(server, "hostnossl all all 0.0.0.0/0 reject\nhost all all 10.0.0.0/8 scram-sha-256\n")
    quoted = written(server, 'hostnossl "all" all 0.0.0.0/0 reject\nhost all all 10.0.0.0/8 scram-sha-256\n')
    assert rows(keyword, "hba_rule") == rows(quoted, "hba_rule")
    assert rows(quoted, "hba_rule")[0]["ambiguous"] == ["all"]
    assert outcomes(quoted)["hba_network_encrypted"] == "unknown"


@EACH
def test_maps(postgres_clusters: Clusters, version: str) -> None:
    text = 'm ada app\nm /^(.*)@x$ \\1\nm "a b" c,d\nm ada all\nm ada\n'
    found = written(postgres_clusters(version, "weak"), text, "pg_ident.conf")
    told = rows(found, "ident_rule")
    assert [row["error"] is ABSENT for row in told] == [True, True, False, True, False]
    assert [row["role"] for row in told][:2] == ["app", "\\1"]
    judged = outcomes(found)
    assert (judged["ident_file_valid"], judged["ident_maps_name_roles"]) == ("fail", "fail")
