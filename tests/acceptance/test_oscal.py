"""Compliance-trestle, the reference implementation of OSCAL, reads what we write.

It stands in a virtual environment of its own: it insists on versions of libraries that are not ours.
"""

from __future__ import annotations

import io
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from scanner.reporting import oscal
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


@pytest.fixture(scope="module")
def trestle() -> Path:
    """The interpreter of an environment with trestle in it, made once for a machine."""
    home = Path.home() / ".cache/controlproof-tools" / PACKAGE.replace("==", "-")
    python = home / "bin/python"
    if not (home / ".whole").exists():
        venv.create(home, clear=True, with_pip=True)
        words = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE]
        done = subprocess.run(words, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"bench unavailable: pip could not install {PACKAGE}: {done.stderr[-500:]}"
        (home / ".whole").touch()
    assert python.exists(), sys.executable
    return python


def test_trestle_reads_every_sample(trestle: Path, tmp_path: Path) -> None:
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
        wanted.append(f"{report.counts.total} {len(judged)}")
    done = subprocess.run([str(trestle), "-c", READ, *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split("\n")[:-1] == wanted
