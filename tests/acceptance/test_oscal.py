"""Compliance-trestle, the reference implementation of OSCAL, reads what we write."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest

from scanner.reporting import oscal, reading
from tests.acceptance.tools import environment
from tests.support.reports import SAMPLES

pytestmark = pytest.mark.acceptance

PACKAGE = "compliance-trestle==5.2.0"
READ = """
import pathlib, sys
from trestle.oscal.assessment_results import AssessmentResults
for path in sys.argv[1:]:
    [result] = AssessmentResults.oscal_read(pathlib.Path(path)).results
    print(len(result.observations or []), len(result.findings or []))
"""


def test_trestle_reads_every_sample(tmp_path: Path) -> None:
    paths, wanted = [], []
    for name, sample in SAMPLES.items():
        report = sample()
        out = io.BytesIO()
        oscal.write(report, out)
        path = tmp_path / f"{name}.json"
        path.write_bytes(out.getvalue())
        paths.append(str(path))
        controls = [control for catalogue in report.catalogues for control in catalogue.controls]
        judged = [each for each in controls if each.determination not in ("not evaluated", "not applicable")]
        observed = report.counts.total + sum(1 for _ in reading.lost(report))
        wanted.append(f"{observed} {len(judged)}")
    done = subprocess.run([environment(PACKAGE), "-c", READ, *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split("\n")[:-1] == wanted
