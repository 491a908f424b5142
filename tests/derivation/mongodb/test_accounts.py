"""Users with all roles that they reach."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.derivation.table import derive
from scanner.model.evidence import Evidence, Gap, Query, error, unknown
from scanner.model.outcome import Outcome

QUERY, USERS, ROLES = Query.of("mongodb.account"), Query.of("mongodb.user"), Query.of("mongodb.role")
CLOSED = unknown("not authorized", "action find on admin.system.roles")


def role(name: str, *inherits: str, **more: Any) -> dict[str, Any]:
    return {"role": name, "inherits": list(inherits), "any_action": False, "grants_roles": False, **more}


def account(granted: Any, *roles: dict[str, Any], gap: Gap | None = None) -> Any:
    inputs = {
        USERS: Evidence(USERS, ({"user": "sky.app", "roles": granted},)),
        ROLES: Evidence(ROLES, tuple(roles), gap),
    }
    found = derive(QUERY, inputs, "")
    assert found.gap is None
    return found.rows[0]


@pytest.mark.parametrize(
    ("granted", "superuser", "manages"),
    [
        (["root@admin"], True, True),
        (["__system@admin"], True, True),
        (["userAdminAnyDatabase@admin"], True, True),
        (["dbOwner@admin"], True, True),
        (["clusterAdmin@admin"], True, False),
        (["readAnyDatabase@admin"], True, False),
        (["dbOwner@sky", "userAdmin@sky"], False, False),
        (["clusterMonitor@admin", "readWrite@sky", "backup@admin"], False, False),
        ([], False, False),
    ],
)
def test_built_in_roles(granted: list[str], superuser: bool, manages: bool) -> None:
    row = account(granted)
    assert (row["superuser"], row["manages_users"], row["without_role"]) == (superuser, manages, not granted)
    assert row["reached"] == sorted(granted)


def test_root_behind_two_roles_of_ones_own() -> None:
    row = account(["app@sky"], role("app@sky", "ops@admin"), role("ops@admin", "root@admin"))
    assert row["superuser"] is True
    assert row["reached"] == ["app@sky", "ops@admin", "root@admin"]


def test_roles_in_a_circle_end() -> None:
    row = account(["a@x"], role("a@x", "b@x"), role("b@x", "a@x"))
    assert (row["reached"], row["superuser"]) == (["a@x", "b@x"], False)


@pytest.mark.parametrize("flag", ["any_action", "grants_roles"])
def test_wide_roles_of_ones_own(flag: str) -> None:
    row = account(["app@sky"], role("app@sky", **{flag: True}))
    assert (row["superuser"], row["manages_users"]) == (True, True)


def test_roles_that_may_not_be_read_are_unknown_where_it_matters() -> None:
    row = account(["app@sky"], gap=CLOSED)
    assert row["superuser"] == CLOSED
    assert row["reached"] == CLOSED
    assert row["without_role"] is False
    assert account(["read@sky"], gap=CLOSED)["superuser"] is False, "built-in roles are known"
    assert account(["app@sky", "root@admin"], gap=CLOSED)["superuser"] is True


def test_a_role_that_is_gone_gives_nothing() -> None:
    assert account(["dropped@sky"])["superuser"] is False


def test_a_role_that_cannot_be_read_is_a_gap() -> None:
    lost = error("odd")
    assert (
        account(["app@sky"], {"role": "app@sky", "inherits": lost, "any_action": False, "grants_roles": False})[
            "superuser"
        ]
        == lost
    )
    assert account(["app@sky"], role("app@sky", any_action=lost))["superuser"] == lost
    assert account(lost)["superuser"] == lost


def test_a_list_that_is_not_whole_stays_so() -> None:
    inputs = {USERS: Evidence(USERS, (), unknown("only us", "viewUser")), ROLES: Evidence(ROLES)}
    gap = derive(QUERY, inputs, "").gap
    assert gap is not None
    assert gap.kind is Outcome.UNKNOWN


def test_a_role_called_like_a_built_in_one_elsewhere_is_not_that() -> None:
    row = account(["root@sky"], role("root@sky", "read@sky"))
    assert (row["superuser"], row["reached"]) == (False, ["read@sky", "root@sky"])
