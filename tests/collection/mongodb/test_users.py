"""Users and roles, and every way in which a server may show too few of them."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collection.mongodb.users import MOST_ROLES
from scanner.model.evidence import Evidence, Gap
from scanner.model.outcome import Outcome
from tests.collection.mongodb.answers import CUT, DENIED, LOST, STATUS, ask

SCAN = {
    "user": "scan",
    "db": "admin",
    "roles": [{"role": "clusterMonitor", "db": "admin"}],
    "mechanisms": ["SCRAM-SHA-256"],
}
ADA = {"user": "ada", "db": "admin", "roles": [{"role": "root", "db": "admin"}], "mechanisms": ["SCRAM-SHA-1"]}
MAY = {
    "authInfo": {
        **STATUS["authInfo"],
        "authenticatedUserPrivileges": [{"resource": {"cluster": True}, "actions": ["viewUser"]}],
    }
}


def users(*listed: Any, **replies: Any) -> Evidence:
    return ask("mongodb.user", {"users": {"users": list(listed)}, **replies})


def kind(evidence: Evidence) -> Outcome | None:
    return evidence.gap.kind if evidence.gap else None


def test_users_of_all_databases() -> None:
    found = users(SCAN, ADA, {"user": "CN=x", "db": "$external", "roles": []})
    assert found.gap is None
    assert [row["user"] for row in found.rows] == ["admin.scan", "admin.ada", "$external.CN=x"]
    assert found.rows[1]["roles"] == ["root@admin"]
    assert found.rows[2]["mechanisms"] == ["external"]


def test_only_ourselves_is_not_the_whole_list() -> None:
    found = users(SCAN)
    assert kind(found) is Outcome.UNKNOWN
    assert found.gap is not None
    assert found.gap.needs == "action viewUser"
    assert kind(users()) is Outcome.UNKNOWN, "we are a user, and not even we are shown"


def test_only_ourselves_is_the_whole_list_for_one_who_may_see_all() -> None:
    assert kind(users(SCAN, status=MAY)) is None
    wide = {
        "authInfo": {
            **STATUS["authInfo"],
            "authenticatedUserPrivileges": [{"resource": {"anyResource": True}, "actions": ["anyAction"]}],
        }
    }
    assert kind(users(SCAN, status=wide)) is None
    elsewhere = {
        "authInfo": {
            **STATUS["authInfo"],
            "authenticatedUserPrivileges": [{"resource": {"db": "sky", "collection": ""}, "actions": ["viewUser"]}],
        }
    }
    assert kind(users(SCAN, status=elsewhere)) is Outcome.UNKNOWN


def test_what_connection_status_did_not_tell_counts_for_nothing() -> None:
    assert kind(users(SCAN, status=LOST)) is Outcome.UNKNOWN
    assert kind(users(status=LOST)) is Outcome.UNKNOWN
    assert kind(users(SCAN, ADA, status=LOST)) is None
    silent = {"authInfo": {"authenticatedUsers": [{"user": "scan", "db": "admin"}]}}
    assert kind(users(SCAN, status=silent)) is Outcome.UNKNOWN


def test_no_login_and_no_users() -> None:
    found = users(status={"authInfo": {"authenticatedUsers": [], "authenticatedUserPrivileges": []}})
    assert (found.rows, found.gap) == ((), None)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (DENIED, Outcome.UNKNOWN),
        (LOST, Outcome.ERROR),
        (CUT, Outcome.ERROR),
        ({}, Outcome.ERROR),
        ({"users": 3}, Outcome.ERROR),
        ({"users": [ADA, "x"]}, Outcome.ERROR),
        ({"users": [ADA, {"db": "sky"}]}, Outcome.ERROR),
    ],
)
def test_lists_that_cannot_be_whole(reply: Any, expected: Outcome) -> None:
    assert kind(ask("mongodb.user", {"users": reply})) is expected


def test_cells_that_cannot_be_read() -> None:
    (row,) = users({"user": "x", "db": "sky", "roles": "root"}).rows
    assert isinstance(row["roles"], Gap)
    assert isinstance(row["mechanisms"], Gap)


def roles(*listed: Any, cursor: int = 0, **replies: Any) -> Evidence:
    return ask("mongodb.role", {"roles": {"cursor": {"id": cursor, "firstBatch": list(listed)}}, **replies})


def role(*privileges: Any, inherits: Any = (), name: str = "ops") -> dict[str, Any]:
    return {"role": name, "db": "admin", "privileges": list(privileges), "roles": list(inherits)}


@pytest.mark.parametrize(
    ("privilege", "flags"),
    [
        ({"resource": {"anyResource": True}, "actions": ["anyAction"]}, (True, True, False)),
        ({"resource": {"anyResource": True}, "actions": ["grantRole"]}, (False, True, True)),
        ({"resource": {"db": "admin", "collection": ""}, "actions": ["grantRole"]}, (False, False, True)),
        ({"resource": {"db": "", "collection": ""}, "actions": ["grantRole"]}, (False, False, True)),
        ({"resource": {"db": "sky", "collection": ""}, "actions": ["grantRole", "find"]}, (False, False, False)),
        ({"resource": {"cluster": True}, "actions": ["serverStatus"]}, (False, False, False)),
    ],
)
def test_roles_are_reduced_to_what_makes_them_wide(privilege: Any, flags: tuple[bool, ...]) -> None:
    (row,) = roles(role({"resource": {"db": "sky", "collection": "x"}, "actions": ["find"]}, privilege)).rows
    assert (row["any_action"], row["any_resource"], row["grants_roles"]) == flags
    assert row["privileges"] == 2


def test_roles_inside_of_roles() -> None:
    (row,) = roles(role(inherits=[{"role": "root", "db": "admin"}])).rows
    assert row["inherits"] == ["root@admin"]


@pytest.mark.parametrize(
    "odd", ["x", {"actions": ["find"]}, {"resource": {}, "actions": "find"}, {"resource": {}, "actions": [3]}]
)
def test_a_privilege_that_cannot_be_read_decides_nothing(odd: Any) -> None:
    (row,) = roles(role(odd)).rows
    assert all(isinstance(row[name], Gap) for name in ("any_action", "any_resource", "grants_roles", "actions"))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (DENIED, Outcome.UNKNOWN),
        (LOST, Outcome.ERROR),
        ({}, Outcome.ERROR),
        ({"cursor": {"id": 0, "firstBatch": "x"}}, Outcome.ERROR),
        ({"cursor": {"id": 77, "firstBatch": []}}, Outcome.ERROR),
        ({"cursor": {"id": 0, "firstBatch": [role()] * MOST_ROLES}}, Outcome.ERROR),
        ({"cursor": {"id": 0, "firstBatch": [{"db": "x", "privileges": [], "roles": []}]}}, Outcome.ERROR),
    ],
)
def test_lists_of_roles_that_cannot_be_whole(reply: Any, expected: Outcome) -> None:
    assert kind(ask("mongodb.role", {"roles": reply})) is expected
