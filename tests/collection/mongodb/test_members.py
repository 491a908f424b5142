"""Members of a replica set."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.model.evidence import ABSENT, Gap
from scanner.model.outcome import Outcome
from tests.collection.mongodb.answers import CUT, DENIED, LOST, ask, failed

CONFIG = {
    "config": {
        "members": [
            {"_id": 0, "host": "a:1", "votes": 1, "secondaryDelaySecs": 0},
            {"_id": 1, "host": "b:1", "votes": 0, "hidden": True, "slaveDelay": 3600},
            {"_id": 2, "host": "c:1", "arbiterOnly": True},
        ]
    }
}
STATE = {
    "members": [
        {"name": "a:1", "health": 1.0, "stateStr": "PRIMARY", "optimeDate": "2026-11-20T02:00:00Z"},
        {"name": "b:1", "health": 1, "stateStr": "SECONDARY", "optimeDate": "2026-11-20T01:00:00Z"},
        {"name": "c:1", "health": 0.0, "stateStr": "(not reachable/healthy)"},
    ]
}


def ask_members(**replies: Any) -> Any:
    return ask("mongodb.replica_member", {"replica_config": CONFIG, "replica_status": STATE, **replies})


def test_members() -> None:
    found = ask_members()
    assert found.gap is None
    a, b, c = found.rows
    assert (a["state"], a["healthy"], a["lag"], a["delay"]) == ("PRIMARY", True, 0, 0)
    assert (b["hidden"], b["votes"], b["delay"], b["lag"]) == (True, 0, 3600, 3600)
    assert (c["arbiter"], c["healthy"], c["lag"]) == (True, False, ABSENT)


def test_a_standalone_has_none() -> None:
    found = ask_members(replica_config=failed(76), replica_status=failed(76))
    assert (found.rows, found.gap) == ((), None)


def test_mongos_does_not_tell() -> None:
    gap = ask_members(hello={"msg": "isdbgrid"}).gap
    assert gap.kind is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        (DENIED, Outcome.UNKNOWN),
        (LOST, Outcome.ERROR),
        (CUT, Outcome.ERROR),
        ({}, Outcome.ERROR),
        ({"config": {"members": []}}, Outcome.ERROR),
        (failed(94), Outcome.ERROR),
    ],
)
def test_members_that_are_not_told(config: Any, kind: Outcome) -> None:
    assert ask_members(replica_config=config).gap.kind is kind


def test_states_that_are_not_told() -> None:
    for row in ask_members(replica_status=DENIED).rows:
        assert isinstance(row["healthy"], Gap)
    assert isinstance(ask_members(replica_status={"members": []}).rows[0]["state"], Gap)
    odd = {"members": [{"name": "a:1", "health": 1, "stateStr": "PRIMARY", "optimeDate": "never"}]}
    assert isinstance(ask_members(replica_status=odd).rows[0]["lag"], Gap)
