"""What is audited, by start-up options or as set at run time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.model.evidence import ABSENT, Gap
from scanner.model.outcome import Outcome
from tests.collection.mongodb.answers import DENIED, LOST, ask, failed, one


def audit(log: Any, **replies: Any) -> Any:
    return one(
        "mongodb.audit",
        {
            "options": {"parsed": {"auditLog": log} if log else {}},
            "audit": DENIED,
            "audit_access": failed(72),
            **replies,
        },
    )


def test_nothing_is_audited() -> None:
    row = audit(None)
    assert set(row.values()) == {ABSENT}


def test_without_a_filter_everything_is_recorded() -> None:
    row = audit({"destination": "file"}, audit_access={"auditAuthorizationSuccess": True})
    assert (row["destination"], row["unfiltered"], row["events"], row["successful_access"]) == (
        "file",
        True,
        ABSENT,
        True,
    )


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ('{"atype": {"$in": ["b", "a", "a"]}}', ["a", "b"]),
        ('{ atype: { $in: [ "authenticate", "createUser" ] } }', ["authenticate", "createUser"]),
        ("{ atype: { $in: [ 'authenticate', 'createUser' ] } }", ["authenticate", "createUser"]),
        ('{"atype": "authenticate"}', ["authenticate"]),
    ],
)
def test_filters_by_the_type_of_events(text: str, events: list[str]) -> None:
    row = audit({"destination": "file", "filter": text})
    assert (row["unfiltered"], row["events"]) == (False, events)


@pytest.mark.parametrize(
    "text",
    [
        '{"atype": {"$in": ["a"]}, "users.user": "ada"}',
        '{"atype": {"$nin": ["a"]}}',
        '{"atype": {"$in": ["a", 3]}}',
        '{"$or": [{"atype": "a"}]}',
        "{ atype: /^create/ }",
        "not at all",
    ],
)
def test_filters_that_take_a_person(text: str) -> None:
    row = audit({"destination": "file", "filter": text})
    assert row["unfiltered"] is False
    assert isinstance(row["events"], Gap)
    assert row["events"].kind is Outcome.UNKNOWN


@pytest.mark.parametrize("text", ["{}", "", "null", {}])
def test_an_empty_filter_is_none(text: Any) -> None:
    assert audit({"destination": "syslog", "filter": text})["unfiltered"] is True


def test_a_filter_set_at_run_time() -> None:
    log = {"destination": "file", "runtimeConfiguration": True, "filter": json.dumps({"atype": "ignored"})}
    row = audit(log)
    assert isinstance(row["events"], Gap)
    assert row["events"].needs == "action auditConfigure"
    row = audit(log, audit={"filter": {"atype": {"$in": ["shutdown"]}}, "auditAuthorizationSuccess": False})
    assert (row["source"], row["events"], row["successful_access"]) == ("run time", ["shutdown"], False)
    assert audit(log, audit={"filter": {}, "auditAuthorizationSuccess": False})["unfiltered"] is True


def test_closed_and_lost_options() -> None:
    for reply, kind in ((DENIED, Outcome.UNKNOWN), (LOST, Outcome.ERROR)):
        gap = ask("mongodb.audit", {"options": reply}).gap
        assert gap is not None
        assert gap.kind is kind
