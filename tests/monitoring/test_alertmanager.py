"""Routes and silences are read out of Alertmanager, and its secrets are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.collection.monitoring import alertmanager
from scanner.model.evidence import ABSENT, Gap
from tests.monitoring.doubles import Scripted, ask, told
from tests.monitoring.test_prometheus import fits

RECORDED = Path(__file__).resolve().parents[1] / "recordings/backup/alertmanager/status.json"


def status(config: str) -> dict[str, Any]:
    return {
        "cluster": {"status": "disabled", "peers": []},
        "versionInfo": {"version": "0.25.0"},
        "config": {"original": config},
    }


def routes(config: str) -> Any:
    found = ask(alertmanager, Scripted({"/api/v2/status": told(status(config))}), "alertmanager.route")
    return found["alertmanager.route"]


def test_recorded_routes() -> None:
    found = ask(
        alertmanager, Scripted({"/api/v2/status": told(json.loads(RECORDED.read_text())), "/api/v2/silences": told([])})
    )
    for evidence in found.values():
        fits(evidence)
    assert found["alertmanager.server"].rows[0]["name"] == "Alertmanager 0.25.0"
    assert [(row["route"], row["receiver"], row["integrations"]) for row in found["alertmanager.route"].rows] == [
        ("0", "blackhole", 0),
        ("0.0", "mail", 1),
    ]
    assert found["alertmanager.silence"].rows == ()
    assert found["alertmanager.silence"].gap is None


TREE = r"""
global: {smtp_auth_password: sesame, slack_api_url: https://hooks.example/sesame}
inhibit_rules: [{source_matchers: [a="b"]}]
route:
  receiver: default
  group_wait: 10s
  routes:
  - {match: {team: "a\"b\\c"}, match_re: {service: ^(x|y)$}, continue: true, receiver: two}
  - matchers: [severity="critical", host!~"lab.*"]
    mute_time_intervals: [nights]
    routes: [{receiver: gone, active_time_intervals: [office], group_wait: 1m30s}]
receivers:
- {name: default}
- name: two
  email_configs: [{to: ops@example.org, auth_password: sesame}]
  webhook_configs: [{url: https://u:sesame@h/?t=sesame}, {url: https://h}]
"""


def test_tree_is_walked_and_no_secret_comes_out() -> None:
    found = routes(TREE)
    rows = {row["route"]: row for row in found.rows}
    assert "sesame" not in repr(found)
    assert rows["0"]["integrations"] == 0
    assert rows["0.0"]["matchers"] == [r'team="a\"b\\c"', 'service=~"^(x|y)$"']
    assert (rows["0.0"]["integrations"], rows["0.0"]["kinds"], rows["0.0"]["goes_on"]) == (
        3,
        ["email", "webhook"],
        True,
    )
    assert (rows["0.1"]["receiver"], rows["0.1"]["group_wait"], rows["0.1"]["muted_by"]) == ("default", 10, ["nights"])
    assert isinstance(rows["0.1.0"]["integrations"], Gap)
    assert (rows["0.1.0"]["muted_by"], rows["0.1.0"]["group_wait"]) == (["office"], 90)


@pytest.mark.parametrize(
    "config",
    [
        "",
        "[]",
        "route: [",
        "receivers: []",
        "a: &a [1]\nroute: *a",
        "route: {receiver: &a x, routes: [{receiver: *a}]}",
        "route: " + "{routes: [" * 200 + "]}" * 200,
        "- " * 5000 + "x",
        "!!python/object/apply:os.system ['true']",
        "route: {receiver: x}\n" + "# " * 3_000_000,
    ],
    ids=lambda config: config[:30],
)
def test_configuration_that_cannot_be_read_is_an_error(config: str) -> None:
    found = routes(config)
    assert found.rows == ()
    assert found.gap is not None


def test_odd_matchers_are_gaps() -> None:
    rows = routes("route: {receiver: x, routes: [{matchers: {a: b}}, {match: {a: [b]}}, {matchers: [[a]]}]}").rows
    assert [isinstance(row["matchers"], Gap) for row in rows] == [False, True, True, True]


def test_silences() -> None:
    one: dict[str, Any] = {
        "id": "1",
        "status": {"state": "active"},
        "startsAt": "2026-11-20T10:00:00.123+02:00",
        "endsAt": "2026-11-20T12:00:00Z",
        "createdBy": "ops",
        "comment": "https://u:sesame@wiki/?x",
        "matchers": [
            {"name": "a", "value": 'b"c', "isRegex": False, "isEqual": True},
            {"name": "d", "value": "e.*", "isRegex": True, "isEqual": False},
            {"name": "f", "value": "g", "isRegex": False},
        ],
    }
    listed = [
        one,
        {**one, "id": "2", "status": {"state": "expired"}},
        {**one, "id": "3", "matchers": [{"name": "a"}], "createdBy": ""},
    ]
    found = ask(alertmanager, Scripted({"/api/v2/silences": told(listed)}), "alertmanager.silence")[
        "alertmanager.silence"
    ]
    fits(found)
    first, third = found.rows
    assert first["matchers"] == [r'a="b\"c"', 'd!~"e.*"', 'f="g"']
    assert (first["starts_at"], first["lasts"]) == ("2026-11-20T08:00:00Z", 4 * 3600)
    assert first["comment"] == "https://wiki/"
    assert isinstance(third["matchers"], Gap)
    assert third["author"] is ABSENT
