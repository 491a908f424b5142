"""Asks Grafana for the dashboards that our account may see, and whether it may see all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scanner.collection.answer import Answer
from scanner.collection.exported.asking import Asked
from scanner.collection.monitoring import cells, visit
from scanner.collection.monitoring.visit import Part, Told, Visit, listed
from scanner.model.evidence import ABSENT, Gap, Query, Row, error, unknown
from scanner.transport.api import Api
from scanner.transport.shell import Limits

_HEALTH = "/api/health"
_SEARCH = "/api/search"
_PERMISSIONS = "/api/access-control/user/permissions"
_PAGE = 1000
_PAGES = 20
_ALL = frozenset({"dashboards:*", "dashboards:uid:*", "folders:*", "folders:uid:*", "*"})
"""Scopes of `dashboards:read` that leave no dashboard out."""


def _server(view: Visit) -> Told:
    response = view.get(_HEALTH)
    gap = visit.gap_of(response, _HEALTH)
    if gap is None and "database" not in cells.mapping(response.data):
        gap = error(f"{_HEALTH}: the answer is not one of Grafana")
    if gap is not None:
        return Told(gap=gap, paths=(_HEALTH,))
    version = response.data.get("version")
    known = isinstance(version, str) and version
    row: Row = {
        "name": f"Grafana {cells.clean(version, 100)}" if known else "Grafana",
        "version": cells.clean(version, 100) if known else ABSENT,
    }
    return Told((row,), paths=(_HEALTH,))


def _dashboards(view: Visit) -> Told:
    rows: dict[str, Row] = {}
    gap: Gap | None = None
    for page in range(1, _PAGES + 1):
        response = view.get(_SEARCH, {"type": "dash-db", "limit": str(_PAGE), "page": str(page)})
        gap = visit.gap_of(response, _SEARCH)
        if gap is not None:
            break
        found, gap = listed(response.data, _PAGE)
        for each in found:
            row = _dashboard(each)
            rows[str(row["dashboard"])] = row
        if gap is not None or len(found) < _PAGE:
            break
    else:
        gap = error(f"there are more than {_PAGE * _PAGES} dashboards")
    return Told(tuple(rows.values()), gap or _filtered(view), (_SEARCH, _PERMISSIONS))


def _filtered(view: Visit) -> Gap | None:
    """Tell whether dashboards may be hidden from us: the search leaves out silently what our account may not see."""
    needs = "dashboards:read on all folders (role Viewer)"
    response = view.get(_PERMISSIONS)
    if visit.gap_of(response, _PERMISSIONS) is not None or not isinstance(response.data, dict):
        return unknown("whether our account may see all dashboards could not be asked", needs)
    scopes = response.data.get("dashboards:read")
    if isinstance(scopes, list) and _ALL & {each for each in scopes if isinstance(each, str)}:
        return None
    return unknown("our account may not see all dashboards", needs)


def _dashboard(told: dict[str, Any]) -> Row:
    tags = told.get("tags")
    readable = isinstance(tags, list) and all(isinstance(each, str) for each in tags)
    return {
        "dashboard": cells.text(told.get("uid"), "uid"),
        "title": cells.text(told.get("title"), "title"),
        "tags": [cells.clean(each, 300) for each in tags or ()] if readable else error("tags cannot be read"),
        "folder": cells.told(told.get("folderTitle")),
    }


_PARTS: dict[str, Part] = {"grafana.server": _server, "grafana.dashboard": _dashboards}
FACTS = tuple(_PARTS)


def describe(queries: Sequence[Query]) -> Asked:
    """Give the requests that are made for these queries."""
    paths = {"grafana.server": (_HEALTH,), "grafana.dashboard": (_SEARCH, _PERMISSIONS)}
    paths_asked = dict.fromkeys(path for query in queries for path in paths.get(query.fact, ()))
    return Asked(tuple(f"GET {path}" for path in paths_asked))


def collect(queries: Sequence[Query], client: Api, limits: Limits) -> Answer:
    """Ask the server; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(_PARTS, queries, client, limits)
