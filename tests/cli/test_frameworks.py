"""Frameworks asked for beside a profile, and what a statement of applicability and CIS CSAT take from a run."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from textwrap import dedent

import pytest

from scanner.catalog.catalogues import catalogue_folders, load_catalogues
from tests.support.cli import ROOT, Desk, _content_read_once, desk, mode, policy, system

__all__ = ["_content_read_once", "desk", "policy"]

HOST = "platform: linux, labels: {marker: /m, other: /o}"


@pytest.fixture
def told(desk: Desk) -> Desk:
    desk.inventory({"web01": HOST})
    desk.snapshot("web01", system(), mode("/m", "0644"), mode("/o"))
    return desk


def table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path("out", name).read_text("utf-8-sig").splitlines()))


def evaluate(desk: Desk, *more: str) -> int:
    return desk("evaluate", "evidence", "-i", "inventory.yaml", *more, "--format", "controls,csat").code


def test_a_framework_is_reported_without_a_profile_that_names_it(told: Desk) -> None:
    assert evaluate(told, "-p", "files", "--framework", "nist-800-53-r5", "--framework", "nist-ai-rmf-1.0") == 1

    found = {(row["catalogue"], row["control"]): row for row in table("controls.csv")}
    assert len(found) == 300 + 95
    assert found["nist-800-53-r5", "CM-6"]["determination"] == "not evaluated"
    assert found["nist-800-53-r5", "CM-6"]["reason"] == (
        "no rule measures it; cis-controls-v8.1/4.1 leads here and is not satisfied"
    )
    assert table("csat.csv") == [], "the CIS Controls were not asked for"


def test_what_passes_supports_and_satisfies_nothing(told: Desk) -> None:
    told.snapshot("web01", system(), mode("/m"), mode("/o"))
    assert evaluate(told, "-p", "files", "--framework", "cis-controls-v8.1,nist-800-53-r5") == 0

    found = {(row["catalogue"], row["control"]): row for row in table("controls.csv")}
    led = found["nist-800-53-r5", "CM-6"]
    assert (led["determination"], led["supported by"]) == ("not evaluated", "cis-controls-v8.1/4.1")
    assert led["mapping"].startswith("cis-controls-v8.1 published: Center for Internet Security, ")
    assert not [row for row in found.values() if row["determination"] == "satisfied"]
    measured = next(row for row in table("csat.csv") if row["safeguard"] == "4.1")
    assert (measured["percent"], measured["score: implemented"], measured["rules cover"]) == ("100.0", "5", "part")


def test_a_profile_makes_a_statement_of_applicability(told: Desk) -> None:
    reason = "all hosts stand in a provider's data centre"
    told.write(
        "own.yaml",
        "schema: profile/1\nextends: [files]\nframeworks: [iso-27001-2022]\n"
        f'controls: [{{id: iso-27001-2022/A.7.4, applicable: false, reason: "{reason}"}}]\n',
    )
    assert evaluate(told, "-p", "own.yaml") == 1

    found = {row["control"]: row for row in table("controls.csv")}
    assert len(found) == 93
    line = found["A.7.4"]
    assert (line["applicable"], line["determination"], line["reason"]) == ("no", "not applicable", reason)
    assert [number for number, row in found.items() if row["applicable"] == "no"] == ["A.7.4"]


def test_the_file_names_frameworks_too(told: Desk) -> None:
    told.write("controlproof.yaml", "schema: config/1\ninventory: inventory.yaml\nframeworks: [nist-ai-rmf-1.0]\n")
    assert told("evaluate", "evidence", "-p", "files", "--format", "controls").code == 1
    assert {row["catalogue"] for row in table("controls.csv")} == {"nist-ai-rmf-1.0"}


def page(schema: str) -> str:
    """The example of the page that begins with this schema."""
    text = (ROOT / "docs/frameworks.md").read_text()
    (block,) = re.findall(rf"(?:^    schema: {schema}/1\n)(?:^    .*\n)+", text, re.MULTILINE)
    return str(dedent(block))


def test_the_profile_of_the_page_works_as_told(told: Desk) -> None:
    told.write("our-isms.yaml", page("profile"))
    ran = told(
        "evaluate", "evidence", "-i", "inventory.yaml", "-p", "./our-isms.yaml", "--format", "controls", own=False
    )

    assert ran.code in (1, 3)
    outside = {row["control"]: row["reason"] for row in table("controls.csv") if row["applicable"] == "no"}
    assert outside["A.7.4"] == "all hosts stand in a provider's data centre"
    assert outside["A.8.30"] == "nothing is developed by others"


def test_the_catalogue_of_the_page_is_sound(told: Desk) -> None:
    told.write("own/our-policy-2026.yaml", page("catalogue"))
    ran = told("rules", "lint", "--catalogues", "own")
    assert (ran.code, ran.stderr) == (0, "")


def test_the_page_counts_the_controls(told: Desk) -> None:
    text = (ROOT / "docs/frameworks.md").read_text()
    rows = dict(re.findall(r"^\| `([\w.-]+)` \| [^|]+ \| (\d+) \|$", text, re.MULTILINE))
    shipped = load_catalogues(catalogue_folders())
    frameworks = {name: str(len(each.controls)) for name, each in shipped.items() if each.kind == "framework"}
    assert rows == frameworks


@pytest.mark.parametrize("written", [["--framework", "nist-800-53-r4"], []])
def test_a_framework_that_there_is_not_is_told_with_a_near_word(told: Desk, written: list[str]) -> None:
    if not written:
        told.write("controlproof.yaml", "schema: config/1\ninventory: inventory.yaml\nframeworks: [nist-800-53-r4]\n")
    ran = told("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", *written)

    assert ran.code == 2
    assert "nist-800-53-r4: no catalogue is called so (did you mean 'nist-800-53-r5'?)" in ran.stderr
    assert told("scan", "--local", "-p", "files", "--framework", "zzz").stderr.count("(catalogues: cis-") == 1


def test_controls_of_a_framework_select_rules(told: Desk) -> None:
    words = ("-p", "files", "--framework", "cis-controls-v8.1", "--control", "4.1")
    assert evaluate(told, *words) == 1


def test_a_claim_on_a_system_without_a_collector_is_not_measurable_yet(told: Desk) -> None:
    told.write(
        "access.md",
        "| CIS Control | Implementation Status |\n| --- | --- |\n| 4.1 Secure configuration | Implemented |\n",
    )
    ran = told("claims", "import", "access.md", "-o", "claims.yaml", "--system", "entra", own=False)
    assert (ran.code, "system: entra" in Path("claims.yaml").read_text()) == (0, True)
    words = ("-i", "inventory.yaml", "-p", "files", "--framework", "cis-controls-v8.1", "--claims", "claims.yaml")
    done = told("evaluate", "evidence", *words, "--format", "markdown,text,html")

    [row] = done.document["claims"]
    assert (row["verdict"], row["reason"]) == ("not measurable", "not measurable yet: no collector reads entra")
    for name in ("summary.md", "summary.txt", "report.html"):
        assert "not measurable yet: no collector reads entra" in Path("out", name).read_text(), name
    assert told("claims", "check", "out", "--claims", "claims.yaml", own=False).code == 3


def test_a_system_that_there_is_not_is_told(told: Desk) -> None:
    told.write("access.md", "")
    ran = told("claims", "import", "access.md", "--system", "entar", own=False)
    assert (ran.code, "--system entar: no platform is called so (did you mean 'entra'?)" in ran.stderr) == (2, True)
    told.write(
        "claims.yaml",
        "schema: claims/1\nclaims: [{control: cis-controls-v8.1/4.1, status: compliant, source: x, system: entar}]\n",
    )
    ran = told("claims", "lint", "claims.yaml", own=False)
    assert (ran.code, "no platform is called 'entar'" in ran.stderr) == (2, True)
