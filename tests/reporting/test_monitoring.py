"""Alerts and dashboard speak of metrics that the reporter writes, and nothing else."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import yaml

from scanner.reporting import prometheus
from tests.support.reports import SAMPLES

HOME = Path(__file__).resolve().parents[2] / "contrib/monitoring"
PAGE = Path(__file__).resolve().parents[2] / "docs/metrics.md"


def written() -> set[str]:
    found: set[str] = set()
    for sample in SAMPLES.values():
        out = io.BytesIO()
        prometheus.write(sample(), out)
        found |= set(re.findall(r"^# TYPE (\S+) gauge$", out.getvalue().decode(), re.MULTILINE))
    return found


def expressions() -> list[str]:
    """Every expression of the alerts and of the dashboard's panels."""
    alerts = yaml.safe_load((HOME / "alerts.yaml").read_text())["groups"]
    board = json.loads((HOME / "dashboard.json").read_text())
    found = [rule["expr"] for group in alerts for rule in group["rules"]]
    return found + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def test_alerts_and_dashboard_ask_only_for_metrics_that_are_written() -> None:
    asked = {name for text in expressions() for name in re.findall(r"controlproof_\w+", text)}
    assert asked <= written()
    assert len(asked) > 10


def test_every_metric_is_documented_and_nothing_else() -> None:
    told = set(re.findall(r"^\| `(controlproof_\w+)", PAGE.read_text(), re.MULTILINE))
    assert told == written()


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((HOME / "dashboard.json").read_text())["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
