"""Servers of systemd-timesyncd: assignments add up, an empty one starts anew."""

from __future__ import annotations

import pytest

from scanner.derivation.linux.time import timesyncd_server
from scanner.model.evidence import Evidence, Gap, Query, Row, error, unknown
from tests.collection.parity import check

QUERY = Query.of("linux.timesyncd_server")
CONFIGURED = Query.of("linux.file_line", {"path": "/etc/systemd/timesyncd.conf", "style": "equals"})
NETWORKS = Query.of("linux.file_line", {"path": "/run/systemd/netif/state", "style": "equals"})


def _line(name: str, value: str, section: str = "Time") -> Row:
    return {"name": name, "value": value, "section": section, "path": "/a", "line": 1, "winning": True}


def _derive(*rows: Row, links: tuple[Row, ...] = (), gap: Gap | None = None, hidden: Gap | None = None) -> Evidence:
    inputs = {CONFIGURED: Evidence(CONFIGURED, rows, gap), NETWORKS: Evidence(NETWORKS, links, hidden)}
    evidence = timesyncd_server(QUERY, inputs, "2026-11-20T00:00:00Z")
    check(evidence)
    return evidence


def _names(evidence: Evidence) -> list[tuple[object, object]]:
    return [(row["kind"], row["name"]) for row in evidence.rows]


def test_assignments_add_up():
    found = _derive(_line("NTP", "a b"), _line("FallbackNTP", "f"), _line("NTP", "c a"))
    assert _names(found) == [("server", "a"), ("server", "b"), ("server", "c"), ("fallback", "f")]


def test_an_empty_assignment_starts_anew():
    found = _derive(
        _line("NTP", "a b"), _line("NTP", ""), _line("NTP", "c"), _line("FallbackNTP", "f"), _line("FallbackNTP", "")
    )
    assert _names(found) == [("server", "c")]


def test_other_sections_and_names_do_not_count():
    assert _names(_derive(_line("NTP", "a", "Other"), _line("RootDistanceMaxSec", "5"))) == []


def test_networks_name_servers_too():
    links = ({"name": "NTP", "value": "192.0.2.1 192.0.2.2"}, {"name": "DNS", "value": "192.0.2.3"})
    assert _names(_derive(links=links)) == [("link", "192.0.2.1"), ("link", "192.0.2.2")]


@pytest.mark.parametrize("gap", [unknown("denied", "root"), error("cut")])
def test_what_was_not_read_stays_open(gap: Gap):
    assert _derive(_line("NTP", "a"), gap=gap).gap == gap
    assert _derive(_line("NTP", "a"), hidden=gap).gap == gap


def test_inputs_that_were_not_asked_are_a_gap():
    assert timesyncd_server(QUERY, {}, "2026-11-20T00:00:00Z").gap is not None
