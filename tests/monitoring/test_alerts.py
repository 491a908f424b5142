"""Alerts are followed to those who are told; what depends on unknown labels is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.derivation.monitoring.matching import Labels, fits
from scanner.derivation.monitoring.routing import ends
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.table import derive_estate
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown
from scanner.model.outcome import Outcome

URL = "http://am1:9093/api/v2/alerts"
RULE: dict[str, Any] = {
    "rule": "TooOld",
    "group": "backup",
    "file": "rules.yml",
    "position": 1,
    "expression": "x > 1",
    "missing": [],
    "can_fire": True,
    "jobs_down": [],
    "hold": 300,
    "interval": 15,
    "labels": {"severity": "critical"},
    "label_names": ["instance", "job"],
    "health": "ok",
}
SERVER: dict[str, Any] = {
    "address": "mon01:9090",
    "external_labels": {"site": "lab"},
    "relabels_alerts": False,
    "sends_to": [],
}
BLACKHOLE: dict[str, Any] = {
    "receiver": "blackhole",
    "integrations": 0,
    "goes_on": False,
    "group_wait": 30,
    "muted_by": [],
}
MAIL = {**BLACKHOLE, "receiver": "mail", "integrations": 1}
ROUTES = ({**BLACKHOLE, "route": "0", "matchers": []}, {**MAIL, "route": "0.0", "matchers": ['severity="critical"']})


def evidence(fact: str, rows: Sequence[Row] = (), gap: Gap | None = None) -> tuple[str, Evidence]:
    return fact, Evidence(Query.of(fact), tuple(rows), gap)


def scene(
    rule: Mapping[str, Any] | None = None,
    server: Mapping[str, Any] | None = None,
    routes: Sequence[Row] = ROUTES,
    silences: Sequence[Row] = (),
    managers: Sequence[Row] = ({"url": URL, "active": True},),
    address: str = "am1:9093",
    **changed: tuple[str, Evidence],
) -> Scene:
    prometheus = [
        evidence("prometheus.server", [{**SERVER, **(server or {})}]),
        evidence("prometheus.alert_rule", [{**RULE, **(rule or {})}]),
        evidence("prometheus.alertmanager", managers),
    ]
    alertmanager = [
        evidence("alertmanager.server", [{"address": address}]),
        evidence("alertmanager.route", routes),
        evidence("alertmanager.silence", silences),
    ]
    answers = {"prom": dict(prometheus), "am": dict(alertmanager)}
    for fact, other in changed.values():
        answers["prom" if fact.startswith("prometheus") else "am"][fact] = other
    return Scene("2026-11-20T12:00:00Z", "UTC", (), (), answers, {"prom": "prometheus", "am": "alertmanager"}, {})


def followed(**parts: Any) -> Row:
    found = derive_estate(Query.of("monitoring.alert"), scene(**parts))
    [row] = found.rows
    assert set(row) == {field.name for field in builtin()["monitoring.alert"].fields}
    return row


def gap_of(row: Row, name: str = "obstacles") -> Gap:
    gap = row[name]
    assert isinstance(gap, Gap), gap
    return gap


def test_an_alert_that_somebody_is_told_of() -> None:
    row = followed()
    assert row["obstacles"] == []
    assert (row["reaches"], row["silenced"], row["can_fire"]) == (True, False, True)
    assert (row["receivers"], row["alertmanagers"], row["delay"]) == (["mail"], ["am"], 345)
    assert row["silence_lasts"] is ABSENT


def test_a_metric_without_series() -> None:
    row = followed(rule={"can_fire": False, "missing": ["x"]})
    assert row["obstacles"] == ["no series fits x"]
    assert row["can_fire"] is False


def test_a_job_without_targets() -> None:
    row = followed(rule={"jobs_down": ["pbs"]})
    assert (row["can_fire"], row["obstacles"]) == (False, ["no target of job pbs is up"])


def test_a_rule_that_fails() -> None:
    assert followed(rule={"can_fire": False, "health": "err"})["obstacles"] == ["it cannot be evaluated"]


def test_a_receiver_without_an_integration() -> None:
    row = followed(rule={"labels": {"severity": "warning"}})
    assert row["reaches"] is False
    assert row["obstacles"] == ["am tells nobody (receivers: blackhole)"]


@pytest.mark.parametrize(
    ("matchers", "silenced"),
    [
        (['alertname="TooOld"'], True),
        (['alertname=~"Too.*"', 'severity="critical"'], True),
        (['job=~".*"'], True),
        (['alertname="Other"'], False),
        (['cluster="x"'], False),
        (['job="pbs"'], None),
        (['alertname="TooOld"', 'instance="a"'], None),
    ],
)
def test_silences(matchers: list[str], silenced: bool | None) -> None:
    row = followed(silences=[{"matchers": matchers, "state": "active", "lasts": 7200}])
    if silenced is None:
        assert gap_of(row).kind is Outcome.UNKNOWN
        assert row["silence_lasts"] == 7200
    else:
        assert row["silenced"] is silenced
        assert row["obstacles"] == (["a silence of am covers it"] if silenced else [])
        assert row["silence_lasts"] == (7200 if silenced else ABSENT)


def test_a_silence_that_is_still_to_come() -> None:
    row = followed(silences=[{"matchers": ['alertname="TooOld"'], "state": "pending", "lasts": 86400 * 365}])
    assert (row["silenced"], row["obstacles"], row["silence_lasts"]) == (False, [], 86400 * 365)


def test_silences_that_are_not_all_told() -> None:
    row = followed(other=evidence("alertmanager.silence", gap=unknown("refused")))
    assert gap_of(row).reason == "refused"
    assert isinstance(row["silence_lasts"], Gap)


def test_alertmanager_that_is_down() -> None:
    down = error("connection refused")
    row = followed(
        server={"sends_to": ["am"]},
        one=evidence("alertmanager.server", gap=down),
        two=evidence("alertmanager.route", gap=down),
        three=evidence("alertmanager.silence", gap=down),
    )
    assert gap_of(row).reason == "connection refused"
    assert gap_of(row, "reaches").kind is Outcome.ERROR


def test_alertmanager_that_is_down_cannot_tell_its_address() -> None:
    assert gap_of(followed(one=evidence("alertmanager.server", gap=error("refused")))).reason == "refused"


def test_known_obstacles_weigh_more_than_what_is_not_known() -> None:
    row = followed(rule={"can_fire": False, "missing": ["x"]}, two=evidence("alertmanager.route", gap=error("gone")))
    assert row["obstacles"] == ["no series fits x"]


def test_no_alertmanager() -> None:
    for managers in ((), ({"url": URL, "active": False},)):
        row = followed(managers=managers)
        assert row["obstacles"] == ["Prometheus sends its alerts to no Alertmanager"]
        assert row["delay"] is ABSENT


def test_an_alertmanager_that_is_no_target() -> None:
    row = followed(address="other:9093")
    assert gap_of(row).kind is Outcome.UNKNOWN
    assert "alertmanagers:" in str(gap_of(row).needs)
    assert followed(address="other:9093", server={"sends_to": ["am"]})["obstacles"] == []
    assert isinstance(followed(server={"sends_to": ["misspelt"]}, address="x")["obstacles"], Gap)


@pytest.mark.parametrize(
    ("url", "address", "same"),
    [
        ("http://127.0.0.1:9093/api/v2/alerts", "mon01:9093", True),
        ("http://localhost:9093/api/v2/alerts", "am1:9093", False),
        ("http://127.0.0.1:9093/x", "mon01:9094", False),
        ("https://AM1.example.org/am/api/v2/alerts", "am1.example.org", True),
        ("https://am1/api", "am1:443", True),
        ("https://am1:8443/api", "am1", False),
        ("http://[::1]:9093/", "mon01:9093", True),
        ("http://[", "am1:9093", False),
    ],
)
def test_alertmanagers_are_told_apart_by_address(url: str, address: str, same: bool) -> None:
    row = followed(managers=[{"url": url, "active": True}], address=address)
    assert (row["obstacles"] == []) is same


def test_what_relabelling_may_change_is_not_known() -> None:
    row = followed(server={"relabels_alerts": True})
    assert gap_of(row, "reaches").kind is Outcome.UNKNOWN
    everything = ({**MAIL, "route": "0", "matchers": []},)
    assert followed(server={"relabels_alerts": True}, routes=everything)["obstacles"] == []


def test_labels_of_series_may_lead_elsewhere() -> None:
    elsewhere = ({**MAIL, "route": "0", "matchers": []}, {**BLACKHOLE, "route": "0.0", "matchers": ['job="pbs"']})
    assert isinstance(followed(routes=elsewhere)["reaches"], Gap)
    assert followed(routes=elsewhere, rule={"label_names": []})["reaches"] is True
    assert isinstance(followed(routes=elsewhere, rule={"label_names": error("x")})["reaches"], Gap)
    assert followed(routes=elsewhere, rule={"labels": {"job": "node"}})["reaches"] is True
    assert isinstance(followed(routes=elsewhere, rule={"labels": {"job": "{{ $value }}"}})["reaches"], Gap)


def test_external_labels_count() -> None:
    by_site = ({**BLACKHOLE, "route": "0", "matchers": []}, {**MAIL, "route": "0.0", "matchers": ['site="lab"']})
    assert followed(routes=by_site)["reaches"] is True
    assert isinstance(followed(routes=by_site, server={"external_labels": error("refused")})["reaches"], Gap)


def test_the_slowest_way_counts() -> None:
    slow = (
        {**MAIL, "route": "0", "matchers": []},
        {**MAIL, "route": "0.0", "matchers": ['job="a"'], "group_wait": 600, "muted_by": ["n"]},
    )
    row = followed(routes=slow)
    assert (row["reaches"], row["delay"], row["muted_by"]) == (True, 915, ["n"])


def test_one_prometheus_that_refuses_leaves_a_gap() -> None:
    whole = scene()
    answers = {**whole.answers, "prom2": dict([evidence("prometheus.alert_rule", gap=unknown("refused"))])}
    found = derive_estate(Query.of("monitoring.alert"), Scene(whole.now, "UTC", (), (), answers, {}, {}))
    assert len(found.rows) == 1
    assert found.gap is not None


def test_an_estate_without_prometheus() -> None:
    found = derive_estate(Query.of("monitoring.alert"), Scene("2026-11-20T12:00:00Z", "UTC", (), (), {}, {}, {}))
    assert (found.rows, found.gap) == ((), None)


LABELS = Labels({"a": "1", "b": "x\ny", "empty": ""}, frozenset({"maybe"}))


@pytest.mark.parametrize(
    ("matcher", "verdict"),
    [
        ('a="1"', True),
        ("a=1", True),
        ('a!="1"', False),
        ('a=~"1|2"', True),
        ('a=~"."', True),
        ('a=~"1.+"', False),
        ('a!~"2"', True),
        ('b=~"x.y"', True),
        ('none=""', True),
        ('none!=""', False),
        ('none=~".+"', False),
        ('maybe="1"', None),
        ('maybe!="1"', None),
        ('maybe=~".*"', True),
        ('maybe!~".*"', False),
        ('a=~"("', None),
        ('a=~"(?!x)"', None),
        ("", None),
        ("a", None),
        ('"a"="1"', True),
        ('a="x\\"y"', False),
    ],
)
def test_matchers(matcher: str, verdict: bool | None) -> None:
    assert fits([matcher], LABELS) is verdict


def test_routing_follows_continue() -> None:
    labels = Labels({"a": "1"}, frozenset({"m"}))

    def verdict(*branches: tuple[str, int, bool]) -> tuple[bool, bool]:
        rows: list[Row] = [{"route": "0", "matchers": [], "integrations": 0}]
        rows += [
            {"route": f"0.{number}", "matchers": [matcher], "integrations": told, "goes_on": on}
            for number, (matcher, told, on) in enumerate(branches)
        ]
        found = ends(rows, labels)
        return found.surely, found.possibly

    assert verdict(('a="1"', 1, False)) == (True, True)
    assert verdict(('a="1"', 0, False), ('a="1"', 1, False)) == (False, False)
    assert verdict(('a="1"', 0, True), ('a="1"', 1, False)) == (True, True)
    assert verdict(('a="1"', 1, True), ('a="1"', 0, False)) == (True, True)
    assert verdict(('m="1"', 0, False), ('a="1"', 1, False)) == (False, True)
    assert verdict(('m="1"', 0, True), ('a="1"', 1, False)) == (True, True)
    assert verdict(('m="1"', 1, False)) == (False, True)
    assert verdict(('a="2"', 1, False)) == (False, False)


@st.composite
def trees(draw: st.DrawFn) -> list[Row]:
    """Trees of two floors whose matchers look at a known and an unknown label."""
    rows: list[Row] = []

    def add(place: str, depth: int) -> None:
        matcher = draw(st.sampled_from(['k="1"', 'k="2"', 'u="1"', 'u!="1"', 'u=~"1|2"', 'v=""']))
        rows.append(
            {
                "route": place,
                "matchers": [] if place == "0" else [matcher],
                "integrations": draw(st.integers(0, 1)),
                "goes_on": draw(st.booleans()),
            }
        )
        if depth:
            for number in range(draw(st.integers(0, 3))):
                add(f"{place}.{number}", depth - 1)

    add("0", 2)
    return rows


@given(trees())
def test_what_is_sure_holds_for_every_value_of_unknown_labels(rows: list[Row]) -> None:
    found = ends(rows, Labels({"k": "1"}, frozenset({"u", "v"})))
    for u in ("", "1", "2", "3"):
        for v in ("", "1"):
            whole = ends(rows, Labels({"k": "1", "u": u, "v": v}))
            assert whole.surely == whole.possibly
            assert not found.surely or whole.surely
            assert found.possibly or not whole.possibly
            assert {str(row["route"]) for row in whole.routes} <= {str(row["route"]) for row in found.routes}


@given(st.dictionaries(st.sampled_from(sorted(RULE)), st.sampled_from([None, 1, "x", [], {}, [1], error("x"), ABSENT])))
def test_odd_cells_never_raise(changed: dict[str, Any]) -> None:
    followed(rule=changed)
