"""Follows every alert rule from its series through Alertmanager to somebody who is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scanner.derivation.inputs import cell, first_gap, single
from scanner.derivation.monitoring.managers import Manager, managers
from scanner.derivation.monitoring.matching import Labels, fits
from scanner.derivation.monitoring.routing import ends
from scanner.derivation.recovery.rows import estate_cells
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Provenance, Query, Row, error, unknown

_SOURCES = (
    "alertmanager.route",
    "alertmanager.server",
    "alertmanager.silence",
    "prometheus.alert_rule",
    "prometheus.alertmanager",
    "prometheus.server",
)
_KEPT = ("rule", "group", "file", "position", "expression")


def alert(query: Query, scene: Scene) -> Evidence:
    """Give a row for each alert rule of each Prometheus."""
    rows: list[Row] = []
    demands = estate_cells(scene, "demanded", "alerted_within")
    gaps = [gap for _, gap in scene.gaps("prometheus.alert_rule")]
    for target, evidence in scene.all("prometheus.alert_rule"):
        if not evidence.rows:
            continue
        server = single(scene.answers[target].get("prometheus.server") or Evidence(Query("prometheus.server")))
        ways = managers(scene, target, server)
        rows += [{**_row(target, rule, labels(rule, server), ways), **demands} for rule in evidence.rows]
    provenance = Provenance(asked="computed from " + ", ".join(_SOURCES), taken_at=scene.now, sources=_SOURCES)
    return Evidence(query, tuple(rows), first_gap(scene.part, *gaps), provenance)


def labels(rule: Row, server: Row | Gap) -> Labels:
    """Give what is known of the labels that alerts of a rule will have when they leave Prometheus."""
    own, names = cell(rule, "labels"), cell(rule, "label_names")
    external, relabelled = cell(server, "external_labels"), cell(server, "relabels_alerts")
    if relabelled is not False or not isinstance(own, dict):
        return Labels({}, open=True)
    known = {name: value for name, value in own.items() if "{{" not in value}
    known["alertname"] = str(cell(rule, "rule"))
    possible = frozenset({name for name in own if name not in known})
    if isinstance(external, dict) and isinstance(names, list):
        possible |= {str(name) for name in names} - set(known)
        added = {name: value for name, value in external.items() if name not in possible}
        return Labels({**added, **known}, possible)
    return Labels(known, possible, open=True)


def _row(target: str, rule: Row, alert_labels: Labels, ways: Sequence[Manager] | Gap) -> Row:
    found = [_way(each, alert_labels) for each in ways] if not isinstance(ways, Gap) else []
    chosen = min(found, key=_worth, default=None)
    none: Cell = ways if isinstance(ways, Gap) else False
    fires = _fires(rule)
    way: Row = chosen or {
        "receivers": ways if isinstance(ways, Gap) else [],
        "reaches": none,
        "silenced": none,
        "silence_lasts": ways if isinstance(ways, Gap) else ABSENT,
        "muted_by": ways if isinstance(ways, Gap) else [],
        "wait": ways if isinstance(ways, Gap) else ABSENT,
        "obstacles": ways if isinstance(ways, Gap) else ["Prometheus sends its alerts to no Alertmanager"],
    }
    return {
        "target": target,
        **{name: cell(rule, name) for name in _KEPT},
        "alertmanagers": ways if isinstance(ways, Gap) else [each.name for each in ways],
        **{name: way[name] for name in ("receivers", "reaches", "silenced", "silence_lasts", "muted_by")},
        "can_fire": fires,
        "delay": _delay(rule, way["wait"]),
        "obstacles": _obstacles([_cannot(rule, fires), way["obstacles"]]),
    }


def _worth(way: Row) -> int:
    """Order ways by what is known of them: somebody is told, it is not known, nobody is."""
    obstacles = way["obstacles"]
    return 1 if isinstance(obstacles, Gap) else 2 if obstacles else 0


def _fires(rule: Row) -> Cell:
    can, down = cell(rule, "can_fire"), cell(rule, "jobs_down")
    if can is False or (isinstance(down, list) and down):
        return False
    return down if isinstance(down, Gap) and not isinstance(can, Gap) else can


def _cannot(rule: Row, fires: Cell) -> Cell:
    if isinstance(fires, Gap):
        return fires
    if fires is True:
        return []
    return list(_reasons(rule)) or ["it cannot fire"]


def _reasons(rule: Row) -> Iterator[str]:
    if cell(rule, "health") == "err":
        yield "it cannot be evaluated"
    for name, text in (("missing", "no series fits {}"), ("jobs_down", "no target of job {} is up")):
        found = cell(rule, name)
        for each in found if isinstance(found, list) else ():
            yield text.format(each)


def _obstacles(parts: Iterable[Cell]) -> Cell:
    """Join reasons; a gap counts only where nothing is known to stand in the way."""
    reasons: list[str] = []
    gap: Gap | None = None
    for part in parts:
        if isinstance(part, Gap):
            gap = first_gap(gap, part)
        elif isinstance(part, list):
            reasons += [str(each) for each in part]
    return reasons or gap or []


def _way(manager: Manager, alert_labels: Labels) -> Row:
    """Follow alerts through one Alertmanager."""
    if isinstance(manager.routes, Gap):
        fields = ("receivers", "reaches", "silenced", "silence_lasts", "muted_by", "wait", "obstacles")
        return dict.fromkeys(fields, manager.routes)
    found = ends(manager.routes, alert_labels)
    receivers = sorted({str(route.get("receiver")) for route in found.routes})
    reaches: Cell = True
    swallowed: Cell = []
    if not found.possibly:
        reaches, swallowed = False, [f"{manager.name} tells nobody (receivers: {', '.join(receivers) or 'none'})"]
    elif not found.surely:
        reaches = swallowed = unknown(f"which route of {manager.name} it takes depends on labels of its series")
    silenced = _silenced(manager, alert_labels)
    quiet: Cell = [f"a silence of {manager.name} covers it"] if silenced is True else silenced
    return {
        "receivers": receivers,
        "reaches": reaches,
        "silenced": silenced,
        "silence_lasts": _silence_lasts(manager, alert_labels),
        "muted_by": sorted({str(name) for route in found.routes for name in _list(route.get("muted_by"))}),
        "wait": _longest(cell(route, "group_wait") for route in found.routes),
        "obstacles": _obstacles([swallowed, [] if quiet is False else quiet]),
    }


def _list(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _covers(silence: Row, alert_labels: Labels) -> bool | None:
    matchers = cell(silence, "matchers")
    return fits(_list(matchers), alert_labels) if isinstance(matchers, list) else None


def _silenced(manager: Manager, alert_labels: Labels) -> Cell:
    verdicts = [_covers(silence, alert_labels) for silence in manager.silences if cell(silence, "state") != "pending"]
    if True in verdicts:
        return True
    if None in verdicts:
        return unknown(f"whether a silence of {manager.name} covers it depends on labels of its series")
    return manager.hidden or False


def _silence_lasts(manager: Manager, alert_labels: Labels) -> Cell:
    lengths = [cell(silence, "lasts") for silence in manager.silences if _covers(silence, alert_labels) is not False]
    longest = _longest(lengths)
    return longest if longest != 0 or lengths else manager.hidden or ABSENT


def _longest(durations: Iterable[Cell]) -> Cell:
    """Give the longest of some durations; 0 for none, a gap when one is not known."""
    longest: int | float = 0
    for each in durations:
        if isinstance(each, Gap):
            return each
        if not isinstance(each, int | float):
            return error("a duration was not told")
        longest = max(longest, each)
    return longest


def _delay(rule: Row, wait: Cell) -> Cell:
    """Add up how long an alert takes: one evaluation, the time it must hold, and the wait of its group."""
    total: int | float = 0
    for part in (cell(rule, "interval"), cell(rule, "hold"), wait):
        if isinstance(part, Gap):
            return part
        if part is ABSENT:
            return ABSENT
        if isinstance(part, int | float):
            total += part
    return total
