"""Other people's readers of SARIF and JUnit take what we write, and see what our own check sees in a broken log.

Microsoft's SARIF Multitool comes from npm, junitparser from pip.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.model.report import Report
from scanner.reporting import sarif_check, table
from tests.acceptance.tools import TOOLS, environment, npm
from tests.support.reports import SAMPLES, fleet
from tests.support.schemas import published

pytestmark = pytest.mark.acceptance

MULTITOOL = "@microsoft/sarif-multitool-linux@5.7.0"
JUNITPARSER = "junitparser==5.0.3"
ALLOWED = {"SARIF2005"}
"""Warnings that we live with: the tool's own page, which it has none of."""
REPORTS = {**SAMPLES, "fleet": lambda: fleet(4, 40)}
COUNT = """
import sys
from junitparser import JUnitXml
for path in sys.argv[1:]:
    whole = JUnitXml.fromfile(path)
    whole.update_statistics()
    print(whole.tests, whole.failures, whole.errors, whole.skipped)
"""


def written(name: str, report: Report) -> bytes:
    out = io.BytesIO()
    table.open_reporter(name).write(report, out)
    return out.getvalue()


def run(*words: str | Path, cwd: Path, seconds: int = 300) -> str:
    argv = [str(word) for word in words]
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=seconds)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    return said


@pytest.fixture(scope="module")
def multitool() -> Path:
    """The program; npm may not run what would make it executable."""
    home = TOOLS / "sarif-multitool-5.7.0"
    program = home / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    if not (home / ".whole").exists():
        npm(MULTITOOL, home)
        program.chmod(0o755)
        (home / ".whole").touch()
    return program


def validated(multitool: Path, folder: Path, log: bytes) -> list[tuple[str, str]]:
    """Give what it says as (level, rule); rules for code scanning are off as shipped, and its exit code says nothing."""
    settings = folder / "settings.xml"
    run(multitool, "export-validation-config", settings, cwd=folder)
    off = r'(<Properties Key="GH100\d\.[^"]*">\s*<Property Key="RuleEnabled" Value=)"Default"'
    text, switched = re.subn(off, r'\1"Error"', settings.read_text())
    assert switched == 7
    settings.write_text(text)
    (folder / "log.sarif").write_bytes(log)
    kinds = ("--rule-kind", "Sarif;Ghas")
    words = ("validate", "-c", settings, *kinds, "log.sarif", "-o", "said.sarif", "--log", "ForceOverwrite")
    said = run(multitool, *words, cwd=folder)
    assert "Analysis completed successfully" in said, said
    return re.findall(r"\): (error|warning) (\w+):", said)


@pytest.mark.parametrize("case", list(REPORTS))
@pytest.mark.parametrize("name", ["sarif", "sarif-full"])
def test_the_multitool_takes_our_logs(multitool: Path, tmp_path: Path, name: str, case: str) -> None:
    said = validated(multitool, tmp_path, written(name, REPORTS[case]()))

    assert {rule for _, rule in said} <= ALLOWED, said


def test_the_multitool_sees_what_our_own_check_sees(multitool: Path, tmp_path: Path) -> None:
    log = json.loads(written("sarif", SAMPLES["two_targets"]()))
    places = [result["locations"][0]["physicalLocation"] for result in log["runs"][0]["results"]]
    places[0].pop("region")
    places[1]["artifactLocation"]["uri"] = "ssh://db01/etc"

    said = validated(multitool, tmp_path, json.dumps(log).encode())

    assert {("error", "GH1003"), ("error", "GH1005")} <= set(said)
    own = sarif_check.check(log)
    assert any("region" in each for each in own)
    assert any("no relative path" in each for each in own)


@pytest.mark.parametrize("name", ["sarif", "sarif-full"])
def test_the_published_schema_takes_our_logs(name: str, tmp_path: Path) -> None:
    schema = published("sarif-schema-2.1.0.json")
    if schema is None:
        pytest.skip("the published schema is not beside the project; the check of our own needs none")
    paths = []
    for case, make in REPORTS.items():
        paths.append(tmp_path / f"{case}.json")
        paths[-1].write_bytes(written(name, make()))
    program = Path(sys.executable).with_name("check-jsonschema")

    assert "ok" in run(program, "--schemafile", schema, *paths, cwd=tmp_path)


def test_junitparser_counts_as_we_do(tmp_path: Path) -> None:
    paths, wanted = [], []
    for case, make in REPORTS.items():
        report = make()
        paths.append(tmp_path / f"{case}.xml")
        paths[-1].write_bytes(written("junit", report))
        text = paths[-1].read_text()
        totals = [
            sum(map(int, re.findall(rf'<testsuite [^>]*\b{name}="(\d+)"', text)))
            for name in ("tests", "failures", "errors", "skipped")
        ]
        assert totals[1] == sum(report.counts.failed_by_severity.values())
        wanted.append(" ".join(map(str, totals)))

    assert run(environment(JUNITPARSER), "-c", COUNT, *paths, cwd=tmp_path).split("\n")[:-1] == wanted
