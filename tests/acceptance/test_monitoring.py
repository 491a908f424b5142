"""Prometheus' own tool reads our metrics, our alerts, and every expression of the dashboard."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
import yaml

from scanner.reporting import prometheus
from tests.reporting.test_monitoring import HOME, expressions
from tests.support.reports import SAMPLES

pytestmark = pytest.mark.acceptance


def promtool(*words: str, folder: Path, data: bytes = b"") -> str:
    done = subprocess.run(["promtool", *words], cwd=folder, input=data, capture_output=True)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


@pytest.mark.parametrize("case", SAMPLES)
def test_metrics_are_well_formed(case: str, tmp_path: Path) -> None:
    out = io.BytesIO()
    prometheus.write(SAMPLES[case](), out)
    assert promtool("check", "metrics", folder=tmp_path, data=out.getvalue()) == ""


def test_alerts_fire_when_they_should() -> None:
    assert "8 rules found" in promtool("check", "rules", "alerts.yaml", folder=HOME)
    assert "SUCCESS" in promtool("test", "rules", "alerts.test.yaml", folder=HOME)


def test_every_expression_of_the_dashboard_can_be_read(tmp_path: Path) -> None:
    rules = [
        {"record": f"asked:number{place}", "expr": text.replace("$instance", ".*")}
        for place, text in enumerate(expressions())
    ]
    (tmp_path / "asked.yaml").write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", "asked.yaml", folder=tmp_path)
