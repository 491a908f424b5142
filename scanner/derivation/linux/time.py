"""Tells which time servers systemd-timesyncd is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.derivation.inputs import cell, derived, first_gap
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error

_KINDS = {"NTP": "server", "FallbackNTP": "fallback"}


def timesyncd_server(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.timesyncd_server: assignments add up, an empty one starts anew (timesyncd.conf(5))."""
    files = {str(asked.parameters.get("path")): evidence for asked, evidence in inputs.items()}
    lost = Evidence(query, gap=error("the files were not asked of the target"))
    configured = files.get("/etc/systemd/timesyncd.conf", lost)
    networks = files.get("/run/systemd/netif/state", lost)
    lists: dict[str, list[str]] = {"server": [], "fallback": [], "link": []}
    gap = first_gap(configured.gap, networks.gap)
    for section, name, value in _assignments(configured):
        if section == "Time" and name in _KINDS:
            _add(lists[_KINDS[name]], value)
    for _section, name, value in _assignments(networks):
        if name == "NTP":
            _add(lists["link"], value)
    rows: list[Row] = [{"kind": kind, "name": name} for kind, names in lists.items() for name in dict.fromkeys(names)]
    return derived(query, rows, gap, inputs, taken_at)


def _assignments(evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    for row in evidence.rows:
        section, name, value = (cell(row, column) for column in ("section", "name", "value"))
        if not isinstance(name, Gap):
            yield str(section), str(name), "" if value is ABSENT or isinstance(value, Gap) else str(value)


def _add(names: list[str], value: str) -> None:
    if value:
        names.extend(value.split())
    else:
        names.clear()
