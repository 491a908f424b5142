"""Every control of every reported framework stands in every format, with the determination that it has in `controls`."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from scanner.model.report import CatalogueInfo, ControlStatus, Report
from scanner.operations import ingestion, reporting
from scanner.reporting import csv as csv_reporter
from scanner.reporting import table
from tests.support.reports import CIS, sample

ISO, CSF, RMF = "iso-27001-2022", "nist-csf-2.0", "nist-ai-rmf-1.0"
WORDS = (
    "satisfied",
    "mapped rules pass (partial coverage)",
    "not satisfied",
    "partly evaluated",
    "attested",
    "not evaluated",
    "not applicable",
)
Found = set[tuple[str, str, str]]


def framework(name: str, *numbers: str) -> CatalogueInfo:
    """A catalogue whose controls go through all determinations, with a reason and without."""
    controls = [
        ControlStatus(name, number, f"Title of {number}", WORDS[at % len(WORDS)], "why so" if at % 2 else "")
        for at, number in enumerate(numbers)
    ]
    return CatalogueInfo(name, f"Framework {name}", "framework", "1", "Publisher", tuple(controls))


@pytest.fixture(scope="module")
def report() -> Report:
    """Frameworks with controls of every determination; numbers as publishers write them."""
    more = (
        framework(ISO, *(f"A.5.{number}" for number in range(1, 38))),
        framework(CSF, *(f"GV.OC-{number:02}" for number in range(1, 30))),
        framework(RMF, "GOVERN", "GOVERN 1", "GOVERN 1.1", "MAP", "MAP 1", "MAP 1.1", "MEASURE", "MEASURE 1"),
    )
    return replace(sample(), catalogues=(*sample().catalogues, *more))


def rendered(name: str, report: Report) -> str:
    out = io.BytesIO()
    table.open_reporter(name).write(report, out)
    return out.getvalue().decode("utf-8-sig")


def of_controls(text: str) -> Found:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return {(row["catalogue"], row["control"], row["determination"]) for row in rows}


def titles(report: Report) -> dict[str, CatalogueInfo]:
    return {f"{each.title} {each.version}": each for each in report.catalogues}


def of_text(text: str, report: Report) -> Found:
    found, name, word = set(), "", ""
    for line in text.partition("\nCONTROLS\n")[2].splitlines():
        if heading := re.fullmatch(r"  (\S.*), \d+ controls?", line):
            name = titles(report)[heading[1]].id
        elif said := re.fullmatch(r"    +\d+  (.*)", line):
            word = said[1]
        else:
            numbers = [one.id for each in report.catalogues if each.id == name for one in each.controls]
            for told in line.strip().removesuffix(",").split(", "):
                first, _, last = told.partition(" to ")
                run = numbers[numbers.index(first) : numbers.index(last or first) + 1]
                found |= {(name, number, word) for number in run}
    return found


def of_html(text: str, report: Report) -> Found:
    found = set()
    for each in report.catalogues:
        part = text.partition(f"<summary>All controls of {each.id}</summary>")[2].partition("</table>")[0]
        rows = re.findall(r'<tr><th scope="row">(.*?)</th>.*?<span class="mark \w+">(.*?)</span>', part)
        found |= {(each.id, html.unescape(number), html.unescape(word)) for number, word in rows}
    return found


def of_sarif(text: str, _: Report) -> Found:
    told = json.loads(text)["runs"][0]["properties"]["controls"]
    return {(name, number, how["determination"]) for name, each in told.items() for number, how in each.items()}


def of_sarif_full(text: str, _: Report) -> Found:
    taxonomies = json.loads(text)["runs"][0]["taxonomies"]
    return {
        (each["name"], taxon["id"], taxon["properties"]["determination"])
        for each in taxonomies
        for taxon in each["taxa"]
    }


def of_junit(text: str, _: Report) -> Found:
    run = next(ET.fromstring(text).iter("testsuite"))
    told = {each.attrib["name"]: each.attrib["value"] for each in run.iter("property")}
    names = {name: name.removeprefix("control.").split("/", 1) for name in told if name.startswith("control.")}
    return {(catalogue, number, told[name].partition(";")[0]) for name, (catalogue, number) in names.items()}


def of_markdown(text: str, report: Report) -> Found:
    found = set()
    for title, each in titles(report).items():
        part = text.partition(f"\n### {title}\n")[2].partition("\n### ")[0].replace("\\", "")
        rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
        numbers = {f"{control.id} {control.title}": control.id for control in each.controls}
        found |= {(each.id, numbers[row[0]], row[1]) for row in rows if row[0] in numbers}
    return found


def of_github(text: str, report: Report) -> Found:
    found, name = set(), ""
    for line in text.splitlines():
        if heading := re.fullmatch(r"::group::.* \((\S+)\), \d+ controls?", line):
            name = heading[1]
        elif line.startswith("- "):
            number, _, said = line.removeprefix("- ").partition(": ")
            found.add((name, number, said.partition(";")[0]))
    return found


def of_prometheus(text: str, _: Report) -> Found:
    [family] = [each for each in text_string_to_metric_families(text) if each.name == "controlproof_control_info"]
    return {tuple(each.labels[name] for name in ("catalogue", "control", "determination")) for each in family.samples}  # type: ignore[misc]


def of_hdf(text: str, _: Report) -> Found:
    frameworks = json.loads(text)["passthrough"]["frameworks"]
    return {(each["name"], one["id"], one["determination"]) for each in frameworks for one in each["controls"]}


def of_oscal(text: str, report: Report) -> Found:
    [result] = json.loads(text)["assessment-results"]["results"]
    properties: list[dict[str, Any]] = [
        {each["name"]: each["value"] for each in finding["props"]} for finding in result["findings"]
    ]
    found = {(each["catalogue"], each["control"], each["determination"]) for each in properties}
    for selection in result["reviewed-controls"]["control-selections"]:
        each = titles(report)[selection["description"].partition(";")[0]]
        for said in selection.get("remarks", "").removeprefix("Not judged: ").split("; "):
            told = next((one for one in each.controls if said.startswith(f"{one.id} not ")), None)
            found |= {(each.id, told.id, said.removeprefix(f"{told.id} ").partition(":")[0])} if told else set()
    return found


READERS: Mapping[str, Callable[[str, Report], Found]] = {
    "text": of_text,
    "html": of_html,
    "sarif": of_sarif,
    "sarif-full": of_sarif_full,
    "junit": of_junit,
    "markdown": of_markdown,
    "github": of_github,
    "prometheus": of_prometheus,
    "hdf": of_hdf,
    "oscal": of_oscal,
}
ELSEWHERE = {
    "controls": "the measure of all others",
    "csv": "a file of its own beside the findings",
    "csat": "safeguards of the CIS Controls alone, which CSAT is about",
}


def test_each_format_is_read_here() -> None:
    assert READERS.keys() | ELSEWHERE.keys() == set(table.reporters())


@pytest.mark.parametrize("name", READERS)
def test_every_control_stands_in_it_as_in_the_list_of_controls(name: str, report: Report) -> None:
    told = {(each.id, one.id, one.determination) for each in report.catalogues for one in each.controls}
    assert {word for *_, word in told} == set(WORDS)
    assert of_controls(rendered("controls", report)) == told

    assert READERS[name](rendered(name, report), report) == told


def test_the_terminal_tells_runs_of_controls_by_their_ends(report: Report) -> None:
    many = framework(ISO, *(f"A.5.{number}" for number in range(1, 38)))
    alike = tuple(replace(one, determination="not evaluated") for one in many.controls)
    text = rendered("text", replace(report, catalogues=(replace(many, controls=alike),)))

    assert text.endswith("       37  not evaluated\n           A.5.1 to A.5.37\n")


def test_the_list_for_csat_has_every_safeguard(report: Report) -> None:
    rows = csv.DictReader(io.StringIO(rendered("csat", report), newline=""))
    safeguards = next(each.controls for each in report.catalogues if each.id == CIS)

    assert [(row["safeguard"], row["determination"]) for row in rows] == [
        (each.id, each.determination) for each in safeguards
    ]


def test_controls_lie_beside_the_findings_and_go_with_them(report: Report, tmp_path: Path) -> None:
    written = reporting.write_reports(report, ["csv"], tmp_path)
    beside = tmp_path / "report" / "controls.csv"

    assert written == [tmp_path / "findings.csv", tmp_path / "report"]
    assert beside.read_bytes().decode("utf-8-sig") == rendered("controls", report)
    assert dict(ingestion.check_reports([tmp_path])) == {tmp_path / "findings.csv": [], beside: []}
    assert csv_reporter.MARK in beside.read_bytes()[:4096]

    assert reporting.write_reports(replace(report, catalogues=()), ["csv"], tmp_path) == [tmp_path / "findings.csv"]
    assert not beside.exists()


def test_no_plain_line_of_a_job_is_a_command(report: Report) -> None:
    hostile = ControlStatus("x", "::error::", "T", "not evaluated", "\n::set-output name=a::b ##[error]c")
    text = rendered("github", replace(report, catalogues=(CatalogueInfo("x", "##[group]", "f", "", "", (hostile,)),)))
    plain = [line for line in text.splitlines() if not line.startswith("::")]

    assert len(plain) == 1
    assert "##[" not in text
    assert re.findall(r"^::(\w+)", text, re.MULTILINE)[-2:] == ["group", "endgroup"]
