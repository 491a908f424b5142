"""Claims from a document to the report: imported, their numbers checked, set beside what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Desk, _content_read_once, desk, mode, policy, system

__all__ = ["_content_read_once", "desk", "policy"]

HOST = "platform: linux, labels: {marker: /m, other: /o}"
DOCUMENT = """\
# Access

| CIS Control | Implementation Status | Evidence Location | Assessment Date |
| --- | --- | --- | --- |
| 4.1 Secure configuration | Implemented | wiki | Informal Gap Assessment |
| 11.4 Recovery testing | Planned | | TBD |
"""


@pytest.fixture
def told(desk: Desk) -> Desk:
    desk.write("access.md", DOCUMENT)
    desk.write("own.yaml", "schema: profile/1\nextends: [files]\nframeworks: [cis-controls-v8.1]\n")
    desk.inventory({"web01": HOST})
    ran = desk("claims", "import", "access.md", "-o", "claims.yaml", own=False)
    assert (ran.code, ran.stdout) == (
        0,
        "written: claims.yaml: 2 claims (next: controlproof claims lint claims.yaml)\n",
    )
    return desk


def scan(told: Desk, permissions: str, *more: str) -> int:
    told.snapshot("web01", system(), mode("/m", permissions), mode("/o"))
    words = ("evaluate", "evidence", "-i", "inventory.yaml", "-p", "own.yaml", "--claims", "claims.yaml", *more)
    return told(*words).code


def test_what_was_imported_can_be_linted(told: Desk) -> None:
    ran = told("claims", "lint", "claims.yaml", own=False)
    assert ran.code == 1
    assert "the document calls 11.4 'Recovery testing'" in ran.stderr
    assert "(perhaps 11.5, " in ran.stderr
    assert ran.stdout == "2 claims: 1 with a wrong number\n"


def test_a_claim_is_refuted_in_every_report(told: Desk) -> None:
    assert scan(told, "0644", "--format", "html,markdown,text") == 1
    rows = {row["control"]: row for row in json.loads(Path("out/run.json").read_text())["claims"]}
    assert rows["cis-controls-v8.1/4.1"]["verdict"] == "refuted"
    assert rows["cis-controls-v8.1/4.1"]["against"] == ["marker_closed on web01"]
    assert rows["cis-controls-v8.1/11.4"]["verdict"] == "not measurable"
    for name in ("report.html", "summary.md", "summary.txt"):
        assert "refuted" in Path("out", name).read_text()
    ran = told("claims", "check", "out", own=False)
    assert ran.code == 1
    assert "marker_closed on web01 fails" in ran.stdout


def test_check_ends_as_the_claims_stand(told: Desk) -> None:
    assert scan(told, "0600") == 0
    assert told("claims", "check", "out", own=False).code == 0
    rows = json.loads(told("claims", "check", "out", "--json", own=False).stdout)
    assert [row["verdict"] for row in rows] == ["partly", "not measurable"]
    told.write(
        "away.yaml", "schema: claims/1\nclaims: [{control: cis-controls-v8.1/11.4, status: compliant, source: x}]\n"
    )
    assert told("claims", "check", "out", "--claims", "away.yaml", own=False).code == 3


def test_wrong_input_is_told_with_its_place(told: Desk) -> None:
    ran = told("claims", "import", "nowhere.md", own=False)
    assert (ran.code, "nowhere.md: cannot be read" in ran.stderr) == (2, True)
    ran = told("claims", "import", "access.md", "--catalogue", "cis-controls-v9", own=False)
    assert (ran.code, "did you mean 'cis-controls-v8.1'" in ran.stderr) == (2, True)
    Path("odd.md").write_bytes(b"\xff\xfe|")
    assert told("claims", "import", "odd.md", own=False).code == 2
    told.write(
        "unknown.yaml", "schema: claims/1\nclaims: [{control: cis-controls-v8.1/99.9, status: compliant, source: x}]\n"
    )
    assert told("claims", "lint", "unknown.yaml", own=False).code == 1
    assert told("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "--claims", "unknown.yaml").code == 2


def test_a_run_without_claims_says_what_to_do(told: Desk) -> None:
    told.snapshot("web01", system(), mode("/m"), mode("/o"))
    told("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files")
    ran = told("claims", "check", "out", own=False)
    assert (ran.code, "(name a file with --claims)" in ran.stderr) == (2, True)
