"""Dashboards that Grafana lists, and those that it may have left out."""

from __future__ import annotations

from typing import Any

from scanner.collection.monitoring import grafana
from scanner.model.evidence import ABSENT, Gap
from scanner.model.outcome import Outcome
from scanner.transport.api import Response
from tests.monitoring.doubles import DENIED, Scripted, ask, told
from tests.monitoring.test_prometheus import fits

BOARD = {"uid": "a", "title": "Backups", "tags": ["backup"], "folderTitle": "Ops", "type": "dash-db"}
ALL = told({"dashboards:read": ["dashboards:*"]})


def dashboards(search: Any, permissions: Response = ALL) -> Any:
    client = Scripted({"/api/search": search, "/api/access-control/user/permissions": permissions})
    found = ask(grafana, client, "grafana.dashboard")["grafana.dashboard"]
    fits(found)
    return found


def test_all_are_seen() -> None:
    found = dashboards(told([BOARD]))
    assert found.gap is None
    assert found.rows == ({"dashboard": "a", "title": "Backups", "tags": ["backup"], "folder": "Ops"},)


def test_what_may_be_hidden_makes_the_list_incomplete() -> None:
    for permissions in (told({"dashboards:read": ["folders:uid:x"]}), told({}), DENIED, told([])):
        found = dashboards(told([]), permissions)
        assert found.gap is not None
        assert found.gap.kind is Outcome.UNKNOWN
        assert "Viewer" in str(found.gap.needs)


def test_pages_are_followed_and_bounded() -> None:
    def page(parameters: Any) -> Response:
        first = int(parameters["page"]) * 10_000
        count = 1000 if int(parameters["page"]) < 3 else 5
        return told([{**BOARD, "uid": str(first + number)} for number in range(count)])

    assert len(dashboards(page).rows) == 2005
    endless = dashboards(lambda parameters: told([BOARD] * 1000))
    assert endless.gap is not None


def test_odd_rows() -> None:
    found = dashboards(told([{"uid": 1, "tags": [1]}, 7]))
    assert isinstance(found.rows[0]["title"], Gap)
    assert found.rows[0]["folder"] is ABSENT
    assert found.gap is not None


def test_server_without_version() -> None:
    found = ask(grafana, Scripted({"/api/health": told({"database": "ok"})}), "grafana.server")["grafana.server"]
    assert found.rows == ({"name": "Grafana", "version": ABSENT},)
