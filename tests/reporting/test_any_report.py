"""Whatever texts a report holds, every format comes out valid, and twice the same."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from types import ModuleType

import jsonschema_rs
import pytest
from prometheus_client.parser import text_string_to_metric_families

from scanner.model.outcome import Outcome
from scanner.model.report import Report
from scanner.reporting import controls, csat, csv_check, junit_check, reading, sarif_check, table
from scanner.reporting import csv as csv_reporter
from scanner.reporting.escape import cell, line
from tests.support.arbitrary import any_report, poisoned
from tests.support.reports import finish, sample
from tests.support.schemas import published

SPREADSHEETS = (csv_reporter, controls, csat)


_RENDERED: dict[tuple[str, int], tuple[Report, bytes]] = {}
"""Reports are the same ones for all tests; each is kept with what a format made of it, so that its id stays its own."""


def render(name: str, report: Report) -> bytes:
    if (name, id(report)) not in _RENDERED:
        _RENDERED[name, id(report)] = report, anew(name, report)
    return _RENDERED[name, id(report)][1]


def anew(name: str, report: Report) -> bytes:
    out = io.BytesIO()
    table.open_reporter(name).write(report, out)
    return out.getvalue()


@cache
def schema(name: str) -> jsonschema_rs.Draft4Validator | jsonschema_rs.Draft7Validator | None:
    """Give the validator of a published schema; None where it is not beside the project."""
    path = published(name)
    if path is None:
        return None
    document = json.loads(path.read_bytes())
    # MITRE's names no draft; it is written in the seventh.
    draft = (
        jsonschema_rs.Draft4Validator if "draft-04" in document.get("$schema", "") else jsonschema_rs.Draft7Validator
    )
    return draft(document, validate_formats=True)


def objections(name: str, document: object) -> list[str]:
    checker = schema(name)
    if checker is None:
        return []
    return [f"{list(error.instance_path)}: {error.message[:300]}" for error in checker.iter_errors(document)]


@pytest.mark.parametrize("name", ["sarif", "sarif-full"])
@any_report
def test_sarif_is_valid(name: str, report: Report) -> None:
    log = json.loads(render(name, report))

    assert sarif_check.check(log) == []
    assert objections("sarif-schema-2.1.0.json", log) == []


@any_report
def test_heimdall_s_format_is_valid_and_counts_each_result(report: Report) -> None:
    document = json.loads(render("hdf", report))

    assert objections("hdf-exec-json.schema.json", document) == []
    controls = [control for profile in document["profiles"] for control in profile["controls"]]
    assert all(control["results"] for control in controls)
    told = [result.get("message", "") for control in controls for result in control["results"]]
    assert sum("last seen" in text for text in told) >= sum(1 for _ in reading.lost(report, untold=True))
    outcomes = [control["tags"]["outcome"] for control in controls]
    assert {outcome: outcomes.count(str(outcome)) for outcome in Outcome} == {
        outcome: report.counts.of(outcome) for outcome in Outcome
    }
    for control in controls:
        said = {result["status"] for result in control["results"]}
        assert control["results"]
        if control["tags"]["outcome"] in ("fail", "unknown", "error"):
            assert said & {"failed", "error"}
        lost = any(result.get("message", "").startswith("last seen") for result in control["results"])
        assert (control["impact"] == 0) == (control["tags"]["outcome"] == "notapplicable" and not lost)


@any_report
def test_oscal_is_valid_and_every_reference_leads_somewhere(report: Report) -> None:
    document = json.loads(render("oscal", report))

    assert objections("oscal_assessment-results_schema-1.2.1.json", document) == []
    [result] = document["assessment-results"]["results"]
    observations = [each["uuid"] for each in result.get("observations", ())]
    historic = sum("historic" in each["types"] for each in result.get("observations", ()))
    assert len(observations) - historic == report.counts.total
    assert historic == sum(1 for _ in reading.lost(report))
    assert len(set(observations)) == len(observations)
    items = {each["uuid"] for each in result.get("local-definitions", {}).get("inventory-items", ())}
    assert {each["subject-uuid"] for o in result.get("observations", ()) for each in o.get("subjects", ())} <= items
    findings = result.get("findings", ())
    related = {each["observation-uuid"] for finding in findings for each in finding.get("related-observations", ())}
    assert related <= set(observations)
    satisfied = [each for each in findings if each["target"]["status"]["state"] == "satisfied"]
    told = [control for each in report.catalogues for control in each.controls]
    assert len(satisfied) == sum(control.determination == "satisfied" for control in told)


@any_report
def test_metrics_are_read_by_prometheus_and_no_series_comes_twice(report: Report) -> None:
    text = render("prometheus", report).decode()

    families = list(text_string_to_metric_families(text))
    series = [(each.name, *sorted(each.labels.items())) for family in families for each in family.samples]
    assert len(series) == len(set(series))
    assert all(family.documentation.endswith(".") and family.type == "gauge" for family in families)
    results = {
        each.labels["outcome"]: each.value
        for each in next(f for f in families if f.name == "controlproof_results").samples
    }
    assert results == {outcome.value: report.counts.of(outcome) for outcome in Outcome}


@any_report
def test_junit_can_be_read_and_counts_itself(report: Report) -> None:
    root = ET.fromstring(render("junit", report))

    names: set[tuple[str | None, str | None]] = set()
    for suite in root.iter("testsuite"):
        cases = list(suite.iter("testcase"))
        assert suite.get("tests") == str(len(cases))
        for kind, counter in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert suite.get(counter) == str(sum(case.find(kind) is not None for case in cases))
        assert all(len(case) <= 1 for case in cases)
        names.update((case.get("classname"), case.get("name")) for case in cases)
    assert len(names) == len(list(root.iter("testcase"))), "readers keep the first of two cases with one name"


@pytest.mark.parametrize("module", SPREADSHEETS, ids=lambda module: module.NAME)
@any_report
def test_csv_has_equal_rows_and_no_formula(module: ModuleType, report: Report) -> None:
    data = render(module.NAME, report)
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))

    assert csv_check.check(data, module.COLUMNS) == []
    assert tuple(lines[0]) == module.COLUMNS
    assert {len(line) for line in lines} == {len(module.COLUMNS)}
    assert not [cell for line in lines for cell in line if cell.strip().startswith(("=", "+", "-", "@"))]


def of_controls(report: Report) -> list[tuple[str, str]]:
    lines = csv.DictReader(io.StringIO(render("controls", report).decode("utf-8-sig"), newline=""))
    return [(line["catalogue"], line["determination"]) for line in lines]


def of_heimdall(report: Report) -> list[tuple[str, str]]:
    frameworks = json.loads(render("hdf", report))["passthrough"]["frameworks"]
    return [(each["name"], control["determination"]) for each in frameworks for control in each["controls"]]


def of_sarif(report: Report) -> list[tuple[str, str]]:
    found = json.loads(render("sarif-full", report))["runs"][0]["taxonomies"]
    return [(each["name"], taxon["properties"].get("determination", "")) for each in found for taxon in each["taxa"]]


@pytest.mark.parametrize("reader", [of_controls, of_heimdall, of_sarif])
@any_report
def test_every_control_is_listed_with_its_determination(
    reader: Callable[[Report], list[tuple[str, str]]], report: Report
) -> None:
    shown = cell if reader is of_controls else line
    told = [(each.id, shown(control.determination)) for each in report.catalogues for control in each.controls]

    assert reader(report) == told


@any_report
def test_oscal_selects_or_excludes_every_control(report: Report) -> None:
    [result] = json.loads(render("oscal", report))["assessment-results"]["results"]
    selections = result["reviewed-controls"]["control-selections"]
    listed = [
        each["control-id"]
        for selection in selections
        for name in ("include-controls", "exclude-controls")
        for each in selection.get(name, ())
    ]

    assert len(listed) == sum(len(each.controls) for each in report.catalogues)


class _Page(HTMLParser):
    """Collects what a page would run or load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.handlers.append(f"{tag} {name}")
            if name in {"src", "href", "action", "data", "srcset", "formaction"}:
                self.links.append(value or "")


@any_report
def test_html_runs_and_loads_nothing_of_the_data(report: Report) -> None:
    text = render("html", report).decode()
    page = _Page()
    page.feed(text)

    assert page.tags.count("script") == 2
    assert not {"img", "iframe", "object", "embed", "link", "base", "audio", "video"} & set(page.tags)
    assert page.handlers == []
    assert all(link.startswith("#") for link in page.links)
    island = text.partition('<script type="application/json" id="island">')[2].partition("</script>")[0]
    assert len(json.loads(island)["rows"]) == report.counts.total


@any_report
def test_markdown_holds_no_markup_of_the_data(report: Report) -> None:
    text = render("markdown", report).decode()

    assert "<" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "http://" not in text


@any_report
def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    for name in table.reporters():
        assert render(name, report) == anew(name, report)


HOSTILE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
POISONS = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "\u202egnp.exe\u2066\u200f\ufeff",
    "\x00\x08\ufffe\ud800",
    "\n=HYPERLINK(1)\r\n+1\t@x",
    '"}]}\n::error::x\n# HELP x',
)


def strings(value: object) -> Iterator[str]:
    """Give every text of a decoded document, names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for each in pair for text in strings(each))
    elif isinstance(value, list):
        yield from (text for each in value for text in strings(each))


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("name", list(table.reporters()))
def test_poison_in_every_field_of_a_report_is_harmless_in_every_format(name: str, poison: str) -> None:
    report = poisoned(sample(), poison)
    report = replace(
        report,
        rules={info.id: info for info in report.rules.values()},
        targets={info.id: info for info in report.targets.values()},
    )
    text = render(name, report).decode("utf-8-sig")

    assert not HOSTILE.search(text.replace("\r\n", "\n"))
    if name in ("sarif", "sarif-full", "hdf", "oscal"):
        assert not [each for each in strings(json.loads(text)) if HOSTILE.search(each)]
    if name in ("sarif", "sarif-full"):
        log = json.loads(text)
        assert sarif_check.check(log) == []
        assert objections("sarif-schema-2.1.0.json", log) == []
    if name == "hdf":
        assert objections("hdf-exec-json.schema.json", json.loads(text)) == []
    if name == "oscal":
        assert objections("oscal_assessment-results_schema-1.2.1.json", json.loads(text)) == []
    if name == "prometheus":
        families = list(text_string_to_metric_families(text))
        assert {family.name.partition("_")[0] for family in families} == {"controlproof"}
    if name == "junit":
        assert junit_check.check(text.encode()) == []
    for module in SPREADSHEETS:
        if name == module.NAME:
            assert csv_check.check(render(name, report), module.COLUMNS) == []
    if name == "github":
        assert all(re.match("::(notice|warning|error) |::(end)?group::|- ", line) for line in text.splitlines())
        assert "##[" not in re.sub("^::(notice|warning|error) .*", "", text, flags=re.MULTILINE)
    if name in ("html", "markdown"):
        assert "<img" not in text
        assert "<script>alert" not in text


@any_report
def test_no_format_holds_a_control_or_direction_character(report: Report) -> None:
    for name in table.reporters():
        assert not HOSTILE.search(render(name, report).decode("utf-8-sig").replace("\r\n", "\n")), name


@pytest.mark.parametrize("name", list(table.reporters()))
def test_a_report_without_any_result_renders(name: str) -> None:
    empty = finish(sample(), ())

    assert render(name, empty)
