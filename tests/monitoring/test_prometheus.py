"""What Prometheus answers becomes facts; what it refuses or garbles becomes gaps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.monitoring import alertmanager, grafana, prometheus
from scanner.facts.table import builtin
from scanner.model.errors import CollectionError, UnreachableError
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from scanner.transport.api import Response
from scanner.transport.shell import Limits
from tests.monitoring.doubles import DENIED, Answer, Scripted, ask, promised, told, vector

RECORDED = Path(__file__).resolve().parents[1] / "recordings/backup"
CONFIG = """
global: {scrape_interval: 15s, external_labels: {site: lab}}
alerting: {alertmanagers: [{basic_auth: {password: sesame}, static_configs: [{targets: ['am:9093']}]}]}
"""


def recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text())


def has_series(parameters: Mapping[str, str]) -> Response:
    """Answer as a server that has `pg_stat_archiver_last_archive_age` and `up`, and no metric of PBS."""
    query = parameters["query"]
    if "pg_stat_archiver" in query:
        return vector(({"job": "self"}, 1))
    if "increase(" in query:
        return vector(({"integration": "email", "alertmanager": "http://u:sesame@am:9093/x?token=sesame"}, 0.3))
    return vector(({"job": "pbs"}, 1)) if "up{" in query else vector()


ANSWERS: dict[str, Answer] = {
    "/api/v1/status/buildinfo": promised({"version": "2.42.0"}),
    "/api/v1/status/runtimeinfo": promised({"storageRetention": "15d or 10GiB", "reloadConfigSuccess": True}),
    "/api/v1/status/flags": promised({"web.enable-admin-api": "true", "web.enable-lifecycle": "false"}),
    "/api/v1/status/config": promised({"yaml": CONFIG}),
    "/api/v1/rules": told(recorded("prometheus/api_v1_rules.json")),
    "/api/v1/targets": told(recorded("prometheus/api_v1_targets.json")),
    "/api/v1/alertmanagers": told(recorded("prometheus/api_v1_alertmanagers.json")),
    "/api/v1/query": has_series,
    "/api/v1/labels": promised(["__name__", "instance", "job"]),
}


def rules(**answers: Answer) -> dict[Any, Any]:
    changed = {f"/api/v1/{name}": answer for name, answer in answers.items()}
    found = ask(prometheus, Scripted({**ANSWERS, **changed}), "prometheus.alert_rule")["prometheus.alert_rule"]
    assert found.gap is None
    return {row["rule"]: row for row in found.rows}


def test_alert_over_a_metric_that_does_not_exist_cannot_fire() -> None:
    found = rules()
    too_old = found["PBSBackupTooOld"]
    assert (too_old["health"], too_old["state"]) == ("ok", "inactive"), "which is why its own status is worth nothing"
    assert too_old["can_fire"] is False
    assert too_old["missing"] == ["pbs_snapshot_vm_last_timestamp"]
    assert found["PgArchiveStalled"]["can_fire"] is True
    assert found["PgArchiveStalled"]["label_names"] == ["instance", "job"]
    assert found["BrokenExpr"]["can_fire"] is True, "absent() waits for what is not there"
    assert (found["BrokenExpr"]["hold"], found["BrokenExpr"]["interval"]) == (60, 5)


def test_job_without_a_target_that_is_up_is_named() -> None:
    both = {"/api/v1/query": vector(({"job": "pbs"}, 1), ({"job": "self"}, 1))}
    found = ask(prometheus, Scripted({**ANSWERS, **both}))["prometheus.alert_rule"].rows
    assert {row["rule"]: row["jobs_down"] for row in found} == {
        "PBSBackupTooOld": ["pbs"],
        "PgArchiveStalled": ["pbs"],
        "BrokenExpr": [],
    }


@pytest.mark.parametrize(
    ("query", "live"),
    [
        ("x or up{a='b'}", Gap),
        ("x unless up{a='b'}", Gap),
        ("x and up{a='b'}", False),
        ("up{a='b'}", True),
        ("x{", Gap),
    ],
)
def test_parts_without_series(query: str, live: object) -> None:
    rule = {"type": "alerting", "name": "A", "query": query, "health": "ok", "duration": 0, "labels": {}}
    group = {"name": "g", "file": "f", "interval": 5, "rules": [rule]}
    row = rules(rules=promised({"groups": [group]}))["A"]
    assert row["can_fire"] is live or isinstance(row["can_fire"], live if isinstance(live, type) else ())


def test_incomplete_answers_are_gaps() -> None:
    """Front ends over many servers answer with warnings when one of them is gone."""
    part = told({"status": "success", "data": {"resultType": "vector", "result": []}, "warnings": ["store gone"]})
    found = rules(query=part)["PBSBackupTooOld"]
    assert isinstance(found["can_fire"], Gap)
    assert isinstance(found["missing"], Gap)


def test_server_and_targets() -> None:
    found = ask(prometheus, Scripted(ANSWERS, {"alertmanagers": "am1, am2"}))
    assert found["prometheus.server"].rows == (
        {
            "name": "Prometheus 2.42.0",
            "version": "2.42.0",
            "address": "mon01:9090",
            "retention": 15 * 86400,
            "retention_size": 10 * 2**30,
            "reloaded": True,
            "admin_api": True,
            "lifecycle_api": False,
            "external_labels": {"site": "lab"},
            "relabels_alerts": False,
            "sends_to": ["am1", "am2"],
        },
    )
    down, up = found["prometheus.target"].rows
    assert (down["health"], down["job"], down["interval"]) == ("down", "pbs", 5)
    assert (up["health"], up["problem"], up["last_scrape"]) == ("up", ABSENT, "2026-11-20T19:46:05Z")
    assert found["prometheus.alertmanager"].rows == ({"url": "http://127.0.0.1:19093/api/v2/alerts", "active": True},)


def test_no_credential_comes_out() -> None:
    """Neither of the configuration, nor of addresses, nor of messages."""
    target = {
        "labels": {"job": "a", "instance": "b"},
        "scrapeUrl": "https://u:sesame@h/metrics?token=sesame",
        "lastError": 'Get "https://u:sesame@h/metrics?token=sesame": refused',
        "health": "down",
        "lastScrape": "2026-11-20T19:46:05Z",
    }
    found = ask(prometheus, Scripted({**ANSWERS, "/api/v1/targets": promised({"activeTargets": [target]})}))
    assert "sesame" not in repr(found)
    assert found["prometheus.target"].rows[0]["url"] == "https://h/metrics"


def test_a_part_of_a_failure_is_a_failure() -> None:
    found = ask(prometheus, Scripted(ANSWERS))["prometheus.delivery"]
    assert {row["by"]: row["failed"] for row in found.rows} == {"prometheus": 1, "alertmanager": 1}


def test_counters_that_nobody_scrapes_are_unknown() -> None:
    found = ask(prometheus, Scripted({**ANSWERS, "/api/v1/query": vector()}))["prometheus.delivery"]
    assert found.rows == ()
    assert found.gap is not None
    assert found.gap.kind is Outcome.UNKNOWN


MODULES = pytest.mark.parametrize(
    "module", [prometheus, alertmanager, grafana], ids=lambda module: module.__name__[29:]
)


class Everywhere(dict[str, Answer]):
    """Gives one answer to every path."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer

    def get(self, key: str, default: Any = None) -> Any:
        return self.answer


@MODULES
def test_what_is_denied_is_unknown(module: Any) -> None:
    for fact, evidence in ask(module, Scripted(Everywhere(DENIED))).items():
        assert evidence.rows == (), fact
        assert evidence.gap is not None
        assert evidence.gap.kind is Outcome.UNKNOWN
        assert evidence.gap.needs


@pytest.mark.parametrize("path", [each for each in ANSWERS if each != "/api/v1/status/buildinfo"])
def test_each_denied_path_leaves_a_gap_that_names_it(path: str) -> None:
    found = ask(prometheus, Scripted({**ANSWERS, path: DENIED}))
    gaps = [each.gap for each in found.values() if each.gap]
    gaps += [cell for each in found.values() for row in each.rows for cell in row.values() if isinstance(cell, Gap)]
    assert gaps
    assert all(path in str(gap.needs) and gap.kind is Outcome.UNKNOWN for gap in gaps)


@MODULES
@pytest.mark.parametrize("problem", [UnreachableError("no route"), CollectionError("certificate is not trusted")])
def test_a_server_out_of_reach_is_an_error_of_all_facts(module: Any, problem: CollectionError) -> None:
    client = Scripted(Everywhere(problem))
    answer = module.collect([Query.of(fact) for fact in module.FACTS], client, Limits())
    assert answer.unreachable is isinstance(problem, UnreachableError)
    assert {str(each.gap) for each in answer.evidence} == {problem.reason}
    assert len(client.asked) == 1, "nothing more is asked of it"


def test_a_connection_that_breaks_keeps_what_came_before() -> None:
    found = ask(prometheus, Scripted({**ANSWERS, "/api/v1/targets": CollectionError("connection lost")}))
    assert found["prometheus.server"].gap is None
    assert "connection lost" in str(found["prometheus.target"].gap)
    assert found["prometheus.alertmanager"].gap is not None


@MODULES
def test_an_unknown_fact_is_an_error(module: Any) -> None:
    [evidence] = module.collect([Query.of("linux.system")], Scripted({}), Limits()).evidence
    assert evidence.gap is not None


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["success", "vector", "up", "0s", "1h"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "status",
                    "data",
                    "result",
                    "resultType",
                    "groups",
                    "rules",
                    "query",
                    "labels",
                    "name",
                    "activeTargets",
                    "config",
                    "original",
                    "yaml",
                    "matchers",
                    "versionInfo",
                    "metric",
                    "value",
                    "uid",
                    "title",
                    "tags",
                    "id",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


def fits(evidence: Evidence) -> None:
    """Check that every cell has the type that its fact declares."""
    spec = builtin()[evidence.query.fact]
    for row in evidence.rows:
        assert set(row) == {field.name for field in spec.fields}
        for name, cell in row.items():
            field = spec.field(name)
            assert field is not None
            kinds = {"int": int, "bool": bool, "duration": int | float, "size": int, "map": dict}
            wanted: Any = list if field.type.many else kinds.get(str(field.type.kind), str)
            assert cell is ABSENT or isinstance(cell, Gap | wanted), (evidence.query, name, cell)
            json.dumps(str(cell), ensure_ascii=False).encode()


@MODULES
@given(data=JSON)
def test_odd_answers_never_raise(module: Any, data: Any) -> None:
    for evidence in ask(module, Scripted(Everywhere(told(data)))).values():
        fits(evidence)
        assert "stumbled" not in str(evidence.gap)


@given(group=JSON, rule=JSON, target=JSON)
def test_odd_rules_and_targets_never_raise(group: Any, rule: Any, target: Any) -> None:
    groups = {
        "groups": [{"name": group, "file": group, "interval": rule, "rules": [rule, {"query": rule, "labels": group}]}]
    }
    answers = {
        "/api/v1/rules": promised(groups),
        "/api/v1/targets": promised({"activeTargets": [target, {"labels": rule}]}),
    }
    for evidence in ask(prometheus, Scripted({**ANSWERS, **answers})).values():
        fits(evidence)
        assert "stumbled" not in str(evidence.gap)


def test_every_fact_fits_its_declaration() -> None:
    for evidence in ask(prometheus, Scripted(ANSWERS)).values():
        fits(evidence)
        assert evidence.gap is None
