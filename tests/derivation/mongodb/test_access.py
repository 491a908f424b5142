"""Whether a login is demanded, and what stands in for one."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.derivation.table import derive
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, unknown

QUERY = Query.of("mongodb.access_control")
CLOSED = unknown("not authorized", "role clusterMonitor")
DEFAULTS = {
    "security.authorization": "disabled",
    "security.keyFile": None,
    "security.clusterAuthMode": "keyFile",
    "security.transitionToAuth": False,
}


def access(
    given: dict[str, Any] | None = None,
    *,
    options: Gap | None = None,
    bypass: Any = True,
    login: Any = ABSENT,
    users: Evidence | None = None,
) -> Any:
    inputs: dict[Query, Evidence] = {}
    for name, default in DEFAULTS.items():
        query = Query.of("mongodb.option", {"name": name})
        value = (given or {}).get(name, default)
        row = {
            "value": ABSENT if value is None else str(value).lower() if isinstance(value, bool) else value,
            "enabled": value if isinstance(value, bool) else ABSENT,
            "given": name in (given or {}),
        }
        inputs[query] = Evidence(query, (), options) if options else Evidence(query, (row,))
    parameter = Query.of("mongodb.parameter", {"name": "enableLocalhostAuthBypass"})
    inputs[parameter] = (
        Evidence(parameter, (), bypass) if isinstance(bypass, Gap) else Evidence(parameter, ({"enabled": bypass},))
    )
    server, everybody = Query.of("mongodb.server"), Query.of("mongodb.user")
    inputs[server] = Evidence(server, ({"user": login},))
    inputs[everybody] = users or Evidence(everybody)
    found = derive(QUERY, inputs, "")
    assert found.gap is None
    return found.rows[0]


@pytest.mark.parametrize(
    ("given", "enforced", "by"),
    [
        ({}, False, ABSENT),
        ({"security.authorization": "enabled"}, True, "security.authorization"),
        ({"security.authorization": "disabled"}, False, ABSENT),
        ({"security.keyFile": "/k"}, True, "security.keyFile"),
        ({"security.clusterAuthMode": "x509"}, True, "security.clusterAuthMode"),
        ({"security.authorization": "disabled", "security.keyFile": "/k"}, False, ABSENT),
        ({"security.keyFile": "/k", "security.transitionToAuth": True}, False, "security.keyFile"),
        ({"security.keyFile": "/k", "security.transitionToAuth": False}, True, "security.keyFile"),
    ],
)
def test_what_enforces_a_login(given: dict[str, Any], enforced: bool, by: Any) -> None:
    row = access(given)
    assert (row["enforced"], row["by"]) == (enforced, by)


def test_closed_options_leave_it_open() -> None:
    row = access(options=CLOSED)
    assert row["enforced"] == CLOSED
    assert row["by"] == CLOSED


def test_a_login_of_our_own_is_a_user() -> None:
    row = access(login="admin.scan", users=Evidence(Query.of("mongodb.user"), (), CLOSED))
    assert (row["user_exists"], row["localhost_exception"]) == (True, False)


def test_a_login_that_is_kept_elsewhere_is_none() -> None:
    row = access(login="$external.CN=x")
    assert (row["user_exists"], row["localhost_exception"]) == (False, True)


def test_no_user_and_the_exception_open_or_closed() -> None:
    assert access()["localhost_exception"] is True
    assert access(bypass=False)["localhost_exception"] is False


def test_whether_there_are_users_may_not_be_known() -> None:
    row = access(users=Evidence(Query.of("mongodb.user"), (), CLOSED))
    assert row["user_exists"] == CLOSED
    assert row["localhost_exception"] == CLOSED
    assert access(bypass=CLOSED)["localhost_exception"] == CLOSED
    assert isinstance(access(bypass=ABSENT)["localhost_exception"], Gap)


def test_without_inputs_nothing_is_claimed() -> None:
    (row,) = derive(QUERY, {}, "").rows
    assert all(isinstance(cell, Gap) for cell in row.values())
