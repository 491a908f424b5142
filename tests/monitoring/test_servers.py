"""Real Prometheus and Alertmanager: which alerts would be heard, while both of them look healthy."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.model.evidence import Gap
from scanner.model.outcome import Outcome
from tests.monitoring.servers import Watch, scanned, stack
from tests.monitoring.test_prometheus import fits
from tests.support.sshd import until

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def watch() -> Iterator[Watch]:
    with stack() as running:
        yield running


def test_servers_tell_all_facts(watch: Watch) -> None:
    for platform in watch.ports:
        for evidence in watch.ask(platform).values():
            fits(evidence)
            assert evidence.gap is None, evidence.query
            gaps = [cell for row in evidence.rows for cell in row.values() if isinstance(cell, Gap)]
            assert gaps == []
            assert "sesame" not in repr(evidence)


def test_only_alerts_that_somebody_would_hear_of_count(watch: Watch) -> None:
    found = watch.alerts()
    assert found["BackupFailed"]["obstacles"] == []
    assert found["BackupFailed"]["receivers"] == ["ops"]
    assert found["BackupFailed"]["delay"] == 300 + 1 + 10
    assert found["BackupTooOld"]["obstacles"] == ["no series fits pbs_backup_last"]
    assert found["BackupOdd"]["obstacles"] == ["alertmanager tells nobody (receivers: blackhole)"]
    assert found["BackupGone"]["obstacles"] == []
    assert found["BackupDown"]["obstacles"] == []


def test_what_prometheus_says_of_the_dead_alert_looks_healthy(watch: Watch) -> None:
    rules = {row["rule"]: row for row in watch.ask("prometheus")["prometheus.alert_rule"].rows}
    dead, alive = rules["BackupTooOld"], rules["BackupFailed"]
    assert [dead[name] for name in ("health", "state", "problem")] == [
        alive[name] for name in ("health", "state", "problem")
    ]


def test_silences_cover_what_they_name(watch: Watch) -> None:
    silence = watch.silence({"alertname": "BackupFailed"}, hours=2)
    try:
        found = watch.alerts()
        assert found["BackupFailed"]["obstacles"] == ["a silence of alertmanager covers it"]
        assert 7190 < float(str(found["BackupFailed"]["silence_lasts"])) <= 7200
        assert found["BackupGone"]["obstacles"] == []
    finally:
        watch.expire(silence)
    assert watch.alerts()["BackupFailed"]["obstacles"] == []


def test_silences_by_labels_of_series_leave_it_open(watch: Watch) -> None:
    silence = watch.silence({"job": "backup"}, hours=2)
    try:
        gap = watch.alerts()["BackupFailed"]["obstacles"]
        assert isinstance(gap, Gap)
        assert gap.kind is Outcome.UNKNOWN
    finally:
        watch.expire(silence)


def test_a_receiver_that_lost_its_integration(watch: Watch) -> None:
    was: dict[str, Any] = {
        "route": {"receiver": "ops", "group_wait": "10s"},
        "receivers": [{"name": "ops"}],
    }
    mended = {**was, "receivers": [{"name": "ops", "webhook_configs": [{"url": "http://127.0.0.1:1/"}]}]}
    watch.reload(was)
    until(lambda: watch.alerts()["BackupFailed"]["obstacles"] == ["alertmanager tells nobody (receivers: ops)"], 20)
    watch.reload(mended)
    until(lambda: watch.alerts()["BackupFailed"]["obstacles"] == [], 20)
    assert watch.alerts()["BackupOdd"]["obstacles"] == []


def test_a_scan_from_end_to_end(watch: Watch, tmp_path: Path) -> None:
    found = scanned(watch, tmp_path)
    assert found["backup_alerts_reach_somebody"] == "fail", "BackupTooOld looks at series that do not exist"
    assert found["backup_alerts_not_silenced_long"] == "pass"
    part = scanned(watch, tmp_path, "--limit", "prometheus")
    assert part["backup_alerts_not_silenced_long"] == "unknown"


def test_alertmanager_that_is_down(watch: Watch) -> None:
    """Prometheus goes on listing it as active."""
    watch.alertmanager.stop(signal.SIGKILL)
    listed = watch.ask("prometheus")["prometheus.alertmanager"].rows
    assert [row["active"] for row in listed] == [True]
    gap = watch.alerts()["BackupFailed"]["obstacles"]
    assert isinstance(gap, Gap)
    assert gap.kind is Outcome.ERROR
