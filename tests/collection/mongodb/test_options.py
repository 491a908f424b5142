"""Start-up options over the defaults of the version, and parameters."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collection.mongodb.defaults import DEFAULTS, default_of
from scanner.collection.mongodb.options import commands
from scanner.model.evidence import ABSENT, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.mongodb.answers import BUILD, CUT, DENIED, LOST, ask, failed, one, option


def parameter(name: str) -> Query:
    return Query.of("mongodb.parameter", {"name": name})


def test_what_is_given_wins() -> None:
    row = option("net.tls.mode", {"net": {"tls": {"mode": "requireTLS"}}})
    assert (row["value"], row["given"], row["present"]) == ("requireTLS", True, True)


def test_what_is_not_given_is_the_default_of_the_version() -> None:
    row = option("security.javascriptEnabled", {})
    assert (row["value"], row["enabled"], row["given"]) == ("true", True, False)
    assert option("systemLog.quiet", {})["enabled"] is False
    assert option("net.port", {})["number"] == 27017
    assert option("storage.dbPath", {})["value"] == "/data/db"


def test_a_default_without_a_value_is_absent() -> None:
    row = option("auditLog.destination", {})
    assert (row["present"], row["value"], row["items"]) == (False, ABSENT, ABSENT)


def test_the_port_follows_the_role_in_a_cluster() -> None:
    assert option("net.port", {"sharding": {"clusterRole": "configsvr"}})["number"] == 27019
    assert option("net.port", {"sharding": {"clusterRole": "shardsvr"}})["number"] == 27018


def test_mongos_has_no_data() -> None:
    row = option("storage.dbPath", {}, hello={"msg": "isdbgrid"})
    assert row["present"] is False


@pytest.mark.parametrize("version", ["5.0.9", "9.0.1", "odd", ""])
def test_a_version_without_a_table_knows_no_default(version: str) -> None:
    row = option("systemLog.quiet", {"net": {"port": 1}}, build={**BUILD, "version": version})
    assert isinstance(row["enabled"], Gap)
    assert row["enabled"].kind is Outcome.UNKNOWN
    assert option("net.port", {"net": {"port": 1}}, build={**BUILD, "version": version})["number"] == 1


def test_an_option_that_the_table_lacks_has_no_known_default() -> None:
    assert isinstance(option("net.tls.mod", {})["value"], Gap)


def test_old_names_count() -> None:
    parsed = {"net": {"ssl": {"mode": "requireSSL", "PEMKeyFile": "/k.pem", "CAFile": "/ca.pem"}}}
    assert option("net.tls.mode", parsed)["value"] == "requireTLS"
    assert option("net.tls.certificateKeyFile", parsed)["value"] == "/k.pem"


@pytest.mark.parametrize(
    ("value", "cells"),
    [
        (True, {"value": "true", "enabled": True, "items": ["true"]}),
        ("TLS1_0, TLS1_1", {"value": "TLS1_0, TLS1_1", "items": ["TLS1_0", "TLS1_1"], "enabled": ABSENT}),
        (7.0, {"value": "7", "number": 7}),
        (["a", "b"], {"items": ["a", "b"]}),
        (float("nan"), {"number": ABSENT}),
        ("", {"value": "", "items": []}),
    ],
)
def test_values_are_typed(value: Any, cells: dict[str, Any]) -> None:
    row = option("x.y", {"x": {"y": value}})
    assert {name: row[name] for name in cells} == cells


def test_secrets_are_masked() -> None:
    assert (
        option("net.tls.certificateKeyFilePassword", {"net": {"tls": {"certificateKeyFilePassword": "hush"}}})["value"]
        == "***"
    )


def test_denied_options_are_unknown_and_lost_ones_errors() -> None:
    query = Query.of("mongodb.option", {"name": "net.port"})
    denied = ask(query, {"options": DENIED}).gap
    assert denied is not None
    assert (denied.kind, denied.needs) == (Outcome.UNKNOWN, "role clusterMonitor")
    for reply in (LOST, CUT, {}, {"parsed": 3}, failed(59)):
        gap = ask(query, {"options": reply}).gap
        assert gap is not None
        assert gap.kind is Outcome.ERROR


def test_parameters_are_asked_at_once() -> None:
    (command,) = commands([parameter("quiet"), parameter("enableLocalhostAuthBypass")])
    assert list(command.document) == ["getParameter", "enableLocalhostAuthBypass", "quiet"]
    assert not command.forbidden


def test_a_parameter_that_is_there_and_one_that_is_not() -> None:
    replies = {"parameters": {"quiet": False, "ok": 1.0}}
    assert one(parameter("quiet"), replies)["enabled"] is False
    assert one(parameter("nonsense"), replies)["present"] is False
    assert one(parameter("nonsense"), {"parameters": failed(72)})["present"] is False


def test_denied_parameters_are_unknown() -> None:
    gap = ask(parameter("quiet"), {"parameters": DENIED}).gap
    assert gap is not None
    assert gap.kind is Outcome.UNKNOWN
    gap = ask(parameter("quiet"), {"parameters": CUT}).gap
    assert gap is not None
    assert gap.kind is Outcome.ERROR


def test_the_tables_agree_where_they_should() -> None:
    assert set(DEFAULTS) == {6, 7, 8}
    for table in DEFAULTS.values():
        assert table["security.authorization"] == "disabled"
    assert default_of("storage.journal.enabled", 6) == (True, True)
    assert default_of("storage.journal.enabled", 7) == (False, None)
