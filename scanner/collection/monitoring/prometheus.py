"""Asks Prometheus what it scrapes, which alerts it evaluates, and whether their series exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scanner.collection.answer import Answer
from scanner.collection.exported.asking import Asked
from scanner.collection.monitoring import cells, config_text, deliveries, series, visit
from scanner.collection.monitoring.visit import Part, Told, Visit, listed
from scanner.model.evidence import ABSENT, Cell, Gap, Query, Row, error
from scanner.transport.api import Api
from scanner.transport.shell import Limits

_MOST = 20_000
_STATUS = "/api/v1/status/"
_RULES = "/api/v1/rules"
_TARGETS = "/api/v1/targets"
_ALERTMANAGERS = "/api/v1/alertmanagers"


def _data(view: Visit, path: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any] | Gap:
    """Give the object that a path answers with."""
    response = view.get(path, parameters)
    gap = visit.gap_of(response, path)
    if gap is not None:
        return gap
    answer = cells.mapping(response.data)
    data = answer.get("data")
    if answer.get("status") != "success" or not isinstance(data, dict):
        return error(f"{path}: the answer is not one of Prometheus")
    if answer.get("warnings"):
        return error(f"{path}: the server calls its answer incomplete")
    return data


def _server(view: Visit) -> Told:
    build = _data(view, f"{_STATUS}buildinfo")
    if isinstance(build, Gap):
        return Told(gap=build, paths=(f"{_STATUS}buildinfo",))
    version = cells.text(build.get("version"), "version")
    runtime = _data(view, f"{_STATUS}runtimeinfo")
    flags = _data(view, f"{_STATUS}flags")
    settings = _data(view, f"{_STATUS}config")
    config = settings if isinstance(settings, Gap) else config_text.parsed(settings.get("yaml"), f"{_STATUS}config")
    named = view.client.settings.get("alertmanagers", "")
    row: Row = {
        "name": version if isinstance(version, Gap) else f"Prometheus {version}",
        "version": version,
        "address": view.client.identity.address or ABSENT,
        **_retention(runtime),
        "admin_api": _flag(flags, "web.enable-admin-api"),
        "lifecycle_api": _flag(flags, "web.enable-lifecycle"),
        "external_labels": _external(config),
        "relabels_alerts": _relabels(config),
        "sends_to": [name.strip() for name in named.split(",") if name.strip()],
    }
    return Told((row,), paths=tuple(_STATUS + each for each in ("buildinfo", "runtimeinfo", "flags", "config")))


def _retention(runtime: dict[str, Any] | Gap) -> Row:
    if isinstance(runtime, Gap):
        return {"retention": runtime, "retention_size": runtime, "reloaded": runtime}
    written = runtime.get("storageRetention")
    parts = written.split(" or ") if isinstance(written, str) and written else []
    sizes = [each for each in parts if each.endswith("B")]
    times = [each for each in parts if not each.endswith("B")]
    unread = None if parts else error("storageRetention is not in the answer")
    reloaded = runtime.get("reloadConfigSuccess")
    return {
        "retention": cells.seconds(times[0], "the retention") if times else unread or ABSENT,
        "retention_size": cells.size(sizes[0], "the retention") if sizes else unread or ABSENT,
        "reloaded": reloaded if isinstance(reloaded, bool) else error("reloadConfigSuccess is not in the answer"),
    }


def _flag(flags: dict[str, Any] | Gap, name: str) -> Cell:
    if isinstance(flags, Gap):
        return flags
    value = flags.get(name)
    return value == "true" if value in ("true", "false") else error(f"flag {name} is not in the answer")


def _external(config: dict[str, Any] | Gap) -> Cell:
    if isinstance(config, Gap):
        return config
    return cells.pairs(cells.mapping(config.get("global")).get("external_labels"), "external labels")


def _relabels(config: dict[str, Any] | Gap) -> Cell:
    if isinstance(config, Gap):
        return config
    alerting = cells.mapping(config.get("alerting"))
    own = [alerting, *config_text.maps(alerting.get("alertmanagers"))]
    return any(each.get("alert_relabel_configs") for each in own)


def _targets(view: Visit) -> Told:
    data = _data(view, _TARGETS, {"state": "active"})
    if isinstance(data, Gap):
        return Told(gap=data, paths=(_TARGETS,))
    found, gap = listed(data.get("activeTargets"), _MOST)
    return Told(tuple(_target(each) for each in found), gap, (_TARGETS,))


def _target(told: dict[str, Any]) -> Row:
    labels = cells.mapping(told.get("labels"))
    url = told.get("scrapeUrl")
    address = cells.masked(url) if isinstance(url, str) else ""
    scheme = address.partition("://")[0].lower()
    interval = told.get("scrapeInterval")
    return {
        "job": cells.text(labels.get("job"), "job"),
        "instance": cells.text(labels.get("instance"), "instance"),
        "url": address or error("scrapeUrl is not in the answer"),
        "scheme": scheme if scheme in ("http", "https") else "other",
        "health": cells.one_of(told.get("health"), ("up", "down", "unknown"), "health"),
        "last_scrape": cells.moment(told.get("lastScrape"), "lastScrape"),
        "interval": ABSENT if interval is None else cells.seconds(interval, "scrapeInterval"),
        "problem": cells.told(told.get("lastError")),
    }


def _alertmanagers(view: Visit) -> Told:
    data = _data(view, _ALERTMANAGERS)
    if isinstance(data, Gap):
        return Told(gap=data, paths=(_ALERTMANAGERS,))
    active, lost = listed(data.get("activeAlertmanagers"), _MOST)
    dropped, more = listed(data.get("droppedAlertmanagers"), _MOST)
    rows: dict[Cell | str, Row] = {}
    for each, is_active in [*((one, False) for one in dropped), *((one, True) for one in active)]:
        url = each.get("url")
        address: Cell = cells.masked(url) if isinstance(url, str) else error("url is not in the answer")
        rows[str(address)] = {"url": address, "active": is_active}
    return Told(tuple(rows.values()), lost or more, (_ALERTMANAGERS,))


def _alert_rules(view: Visit) -> Told:
    data = _data(view, _RULES, {"type": "alert"})
    if isinstance(data, Gap):
        return Told(gap=data, paths=(_RULES,))
    groups, gap = listed(data.get("groups"), _MOST)
    down = _down(_targets(view))
    rows: list[Row] = []
    for group in groups:
        rules, lost = listed(group.get("rules"), _MOST)
        gap = gap or lost
        rows += [
            _alert_rule(view, group, number, rule, down)
            for number, rule in enumerate(rules, 1)
            if rule.get("type") != "recording"
        ]
        if len(rows) > _MOST:
            return Told(tuple(rows[:_MOST]), error(f"there are more than {_MOST} alert rules"), (_RULES,))
    return Told(tuple(rows), gap, (_RULES, _TARGETS, series.QUERY, series.LABELS))


def _down(told: Told) -> set[str] | Gap:
    """Give the jobs of which no target is up."""
    if told.gap is not None:
        return told.gap
    jobs: dict[str, bool] = {}
    for row in told.rows:
        jobs[str(row["job"])] = jobs.get(str(row["job"]), False) or row["health"] == "up"
    return {job for job, up in jobs.items() if not up}


def _alert_rule(view: Visit, group: dict[str, Any], number: int, rule: dict[str, Any], down: set[str] | Gap) -> Row:
    expression = rule.get("query")
    looked = series.look(view, expression if isinstance(expression, str) else "\0")
    health = cells.one_of(rule.get("health"), ("ok", "err", "unknown"), "health")
    return {
        "rule": cells.text(rule.get("name"), "name"),
        "group": cells.text(group.get("name"), "name of the group"),
        "file": cells.text(group.get("file"), "file of the group"),
        "position": number,
        "expression": cells.text(expression, "query"),
        "metrics": looked.metrics,
        "missing": looked.missing,
        "can_fire": _can_fire(health, looked.live),
        "jobs": looked.jobs,
        "jobs_down": _jobs_down(looked, down),
        "hold": cells.seconds(rule.get("duration"), "duration"),
        "interval": cells.seconds(group.get("interval"), "interval"),
        "labels": cells.pairs(rule.get("labels"), "labels"),
        "label_names": looked.label_names,
        "health": health,
        "problem": cells.told(rule.get("lastError")),
        "state": cells.one_of(rule.get("state"), ("inactive", "pending", "firing", "unknown"), "state"),
        "last_evaluation": cells.moment(rule.get("lastEvaluation"), "lastEvaluation"),
    }


def _can_fire(health: Cell, live: Cell) -> Cell:
    if health == "err" or live is False:
        return False
    if isinstance(health, Gap):
        return health
    return live if health == "ok" else error("it was not evaluated yet")


def _jobs_down(looked: series.Look, down: set[str] | Gap) -> Cell:
    if isinstance(looked.jobs, Gap):
        return looked.jobs
    if isinstance(down, Gap):
        return down
    # That a target is down is what an alert on `up` is there to tell.
    if looked.metrics == ["up"] or not isinstance(looked.jobs, list):
        return []
    return sorted(down & {str(job) for job in looked.jobs})


_PARTS: dict[str, Part] = {
    "prometheus.server": _server,
    "prometheus.target": _targets,
    "prometheus.alert_rule": _alert_rules,
    "prometheus.alertmanager": _alertmanagers,
    "prometheus.delivery": deliveries.deliveries,
}
FACTS = tuple(_PARTS)


def describe(queries: Sequence[Query]) -> Asked:
    """Give the requests that are made for these queries; series are asked one by one, by what the rules name."""
    paths = {
        "prometheus.server": tuple(_STATUS + each for each in ("buildinfo", "runtimeinfo", "flags", "config")),
        "prometheus.target": (_TARGETS,),
        "prometheus.alert_rule": (_RULES, _TARGETS, series.QUERY, series.LABELS),
        "prometheus.alertmanager": (_ALERTMANAGERS,),
        "prometheus.delivery": (series.QUERY,),
    }
    paths_asked = dict.fromkeys(path for query in queries for path in paths.get(query.fact, ()))
    return Asked(tuple(f"GET {path}" for path in paths_asked))


def collect(queries: Sequence[Query], client: Api, limits: Limits) -> Answer:
    """Ask the server; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(_PARTS, queries, client, limits)
