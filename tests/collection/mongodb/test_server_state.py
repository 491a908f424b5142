"""What a server says of itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.model.evidence import ABSENT, Gap
from scanner.model.outcome import Outcome
from tests.collection.mongodb.answers import BUILD, CUT, DENIED, HELLO, LOST, ask, one

OPTIONS = {"parsed": {"net": {"port": 27117}, "storage": {"dbPath": "/var/lib/mongodb"}}}


def server(**replies: Any) -> Any:
    return one("mongodb.server", {"options": OPTIONS, **replies})


def test_a_server() -> None:
    row = server()
    assert (row["version"], row["major"], row["series"], row["edition"]) == ("7.0.30", 7, "7.0", "community")
    assert (row["port"], row["db_path"], row["topology"]) == (27117, "/var/lib/mongodb", "standalone")
    assert (row["user"], row["managed"], row["provider"]) == ("admin.scan", False, ABSENT)


@pytest.mark.parametrize(
    ("build", "edition"),
    [
        ({"version": "7.0.1", "modules": ["enterprise"]}, "enterprise"),
        ({"version": "7.0.1", "modules": []}, "community"),
        ({"version": "7.0.1-1", "modules": [], "psmdbVersion": "7.0.1-1"}, "percona"),
        ({"version": "7.0.77", "modules": [], "ferretdb": {}}, "other"),
        ({"version": "5.0.0"}, "other"),
    ],
)
def test_editions(build: dict[str, Any], edition: str) -> None:
    assert server(build=build)["edition"] == edition


@pytest.mark.parametrize(
    ("hello", "topology"),
    [
        ({"msg": "isdbgrid"}, "mongos"),
        ({"setName": "rs0"}, "replica set"),
        ({"isreplicaset": True, "info": "Does not have a valid replica set config"}, "replica set"),
        ({}, "standalone"),
    ],
)
def test_topologies(hello: dict[str, Any], topology: str) -> None:
    assert server(hello=hello)["topology"] == topology


def test_managed_services_are_known_by_name_or_by_the_inventory() -> None:
    row = server(hello={**HELLO, "me": "cluster0-shard-00-00.abcde.mongodb.net:27017"})
    assert (row["managed"], row["provider"]) == (True, "MongoDB Atlas")
    row = one("mongodb.server", {"options": OPTIONS}, options={"managed": "true"})
    assert (row["managed"], row["provider"]) == (True, ABSENT)
    row = one(
        "mongodb.server",
        {"options": OPTIONS, "hello": {"me": "x.mongodb.net:27017"}},
        options={"managed": "false"},
    )
    assert row["managed"] is False


def test_what_is_closed_is_unknown_cell_by_cell() -> None:
    row = server(options=DENIED)
    for name in ("port", "db_path", "cluster_role"):
        assert isinstance(row[name], Gap)
        assert row[name].needs == "role clusterMonitor"
    assert row["version"] == "7.0.30"
    row = server(build=LOST)
    assert isinstance(row["edition"], Gap)
    assert row["edition"].kind is Outcome.ERROR


def test_nobody_logged_in() -> None:
    assert server(status={"authInfo": {"authenticatedUsers": []}})["user"] is ABSENT
    assert isinstance(server(status=LOST)["user"], Gap)


def line(number: int, text: str) -> str:
    return json.dumps({"t": {}, "s": "W", "c": "CONTROL", "id": number, "msg": text})


def test_warnings() -> None:
    log = [
        line(22120, "Access control\nis off"),
        line(22120, "Access control is off"),
        "2019-01-01 old [initandlisten] text",
    ]
    found = ask("mongodb.startup_warning", {"startup_warnings": {"totalLinesWritten": 3, "log": log}})
    assert found.gap is None
    assert [(row["id"], row["message"]) for row in found.rows] == [
        (22120, "Access control is off"),
        (0, "2019-01-01 old [initandlisten] text"),
    ]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (DENIED, Outcome.UNKNOWN),
        (CUT, Outcome.ERROR),
        ({}, Outcome.ERROR),
        ({"totalLinesWritten": 9, "log": []}, Outcome.ERROR),
        ({"log": []}, Outcome.ERROR),
        ({"totalLinesWritten": 1, "log": [3]}, Outcome.ERROR),
    ],
)
def test_warnings_that_may_be_missing_are_a_gap(reply: Any, kind: Outcome) -> None:
    gap = ask("mongodb.startup_warning", {"startup_warnings": reply}).gap
    assert gap is not None
    assert gap.kind is kind


def test_no_version_is_an_error() -> None:
    row = server(build={k: v for k, v in BUILD.items() if k != "version"})
    assert isinstance(row["version"], Gap)
