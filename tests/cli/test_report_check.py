"""`report --check`: written reports are read as code scanning, CI servers and spreadsheets would."""

from __future__ import annotations

import json
import re

import pytest

from scanner.model.evidence import Gap, unknown
from tests.support.cli import Desk, mode, system

FORMATS = "sarif,sarif-full,junit,csv,controls,csat"


@pytest.fixture
def ran(desk: Desk) -> Desk:
    desk.inventory({"web": "platform: linux, labels: {marker: /m, other: /o}"})
    desk.snapshot("web", system(), mode("/m", "0644"), mode("/o"))
    assert desk("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "--format", FORMATS).code == 1
    return desk


def test_what_a_run_wrote_is_in_order(ran: Desk) -> None:
    done = ran("report", "out", "--check", own=False)

    assert done.code == 0, done.stdout
    names = ("controls.csv", "csat.csv", "findings.csv", "junit.xml", "results.full.sarif", "results.sarif")
    assert done.stdout.splitlines() == [f"in order: out/{name}" for name in names]


def test_reports_may_be_written_and_checked_at_once(ran: Desk) -> None:
    done = ran("report", "out", "--format", "sarif,html", "-o", "more", "--check", own=False)

    assert done.code == 0
    assert done.stdout.splitlines()[-1] == "in order: more/results.sarif"


def test_a_broken_report_is_told_with_its_remedy(ran: Desk) -> None:
    path = ran.folder / "out/results.sarif"
    log = json.loads(path.read_text())
    log["runs"][0]["results"][0].pop("locations")
    path.write_text(json.dumps(log))

    done = ran("report", "out", "--check", own=False)

    assert done.code == 1
    remedy = "(write it anew: controlproof report RUN --format sarif)"
    assert f"out/results.sarif: results[0]: 0 locations {remedy}" in done.stdout.splitlines()
    assert ran("report", path, "--check", own=False).code == 1


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", '{"runs": 3}', '{"runs": [[]]}', '{"runs": [{"results": "x"}]}']
)
def test_what_is_no_report_at_all_is_a_problem_and_no_crash(desk: Desk, text: str) -> None:
    for name in ("x.sarif", "x.full.sarif", "x.xml", "x.csv"):
        path = desk.write(name, text)
        done = desk("report", path, "--check", own=False)
        assert done.code == 1, done.stderr
        assert done.stdout.startswith(f"{path}: ")


def test_nothing_to_check_is_an_error(desk: Desk) -> None:
    (desk.folder / "empty").mkdir()

    for place in ("empty", "summary.txt"):
        done = desk("report", place, "--check", own=False)
        assert done.code == 2
        assert "nothing to check is there" in done.stderr
    gone = desk("report", "gone.sarif", "--check", own=False)
    assert gone.code == 2
    assert "cannot be read" in gone.stderr


@pytest.mark.parametrize(
    ("bits", "gap", "code"), [("0600", None, 0), ("0644", None, 1), ("0600", unknown("denied", "root"), 3)]
)
def test_the_exit_code_is_the_same_in_every_format_that_tells_it(
    desk: Desk, bits: str, gap: Gap | None, code: int
) -> None:
    desk.inventory({"web": "platform: linux, labels: {marker: /m, other: /o}"})
    desk.snapshot("web", system(), mode("/m", bits), mode("/o", gap=gap))
    formats = f"{FORMATS},text,markdown,oscal,prometheus"
    ran = desk("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "--format", formats)
    told = {
        "summary.txt": rf"\(exit code {code}\)",
        "summary.md": rf"\(exit code {code}\)",
        "results.sarif": rf'"exitCode":{code}\b',
        "results.full.sarif": rf'"exitCode":{code}\b',
        "junit.xml": rf'name="run.exit_code" value="{code}"',
        "metrics.prom": rf"(?m)^controlproof_run_exit_code {code}$",
        "assessment-results.oscal.json": rf'"exit-code", "ns": "[^"]*", "value": "{code}"',
    }

    assert ran.code == code == ran.document["verdict"].get("exit_code", 0)
    for name, pattern in told.items():
        assert re.search(pattern, (ran.folder / name).read_text()), name
    assert desk("report", "out", "--check", own=False).code == 0
