"""All formats show the same numbers: those of the report, counted once."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from scanner.model.outcome import Outcome
from scanner.model.report import Report
from scanner.reporting import reading, table
from tests.support.reports import SAMPLES, fleet

REPORTS = {**{name: make() for name, make in SAMPLES.items()}, "fleet": fleet(5, 40)}


def render(name: str, report: Report) -> str:
    out = io.BytesIO()
    table.open_reporter(name).write(report, out)
    return out.getvalue().decode("utf-8-sig")


def expected(report: Report) -> dict[str, int]:
    return {str(outcome): report.counts.of(outcome) for outcome in Outcome}


def of_text(text: str) -> dict[str, int]:
    line = next(line for line in text.splitlines() if line.startswith("  fail "))
    return {name: int(number) for name, number in (part.split() for part in line.split(", "))}


def of_markdown(text: str) -> dict[str, int]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], lines[2])]
    return {name: int(number) for name, number in zip(*rows, strict=True) if name in set(Outcome)}


def of_html(text: str) -> dict[str, int]:
    table = {name: int(number.replace(",", "")) for name, number in re.findall(r'data-count="(\w+)">([\d,]+)<', text)}
    chips = re.findall(r'data-outcome="(\w+)".*?<b>([\d,]+)</b>', text)
    assert {name: int(number.replace(",", "")) for name, number in chips} == {
        name: table[name] for name in map(str, Outcome)
    }
    return {name: table[name] for name in map(str, Outcome)}


def of_island(text: str) -> dict[str, int]:
    data = json.loads(text.partition('id="island">')[2].partition("</script>")[0])
    found = Counter(data["outcomes"][row[2] if len(row) > 2 else 0] for row in data["rows"])
    return {name: found[name] for name in map(str, Outcome)}


def of_csv(text: str) -> dict[str, int]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    found = Counter(result for _, _, result in {(row["target"], row["rule"], row["result"]) for row in rows})
    return {name: found[name] for name in map(str, Outcome)}


def of_full_sarif(text: str) -> dict[str, int]:
    return dict(json.loads(text)["runs"][0]["properties"]["counts"])


def of_junit(text: str) -> dict[str, int]:
    run = next(ET.fromstring(text.encode()).iter("testsuite"))
    told = {one.get("name"): one.get("value") for one in run.iter("property")}
    return {name: int(told[f"results.{name}"] or 0) for name in map(str, Outcome)}


def of_hdf(text: str) -> dict[str, int]:
    told = [
        control["tags"]["outcome"]
        for profile in json.loads(text)["profiles"]
        for control in profile["controls"]
        if control["tags"]["outcome"] != "unassessed"
    ]
    return {name: told.count(name) for name in map(str, Outcome)}


def of_oscal(text: str) -> dict[str, int]:
    [result] = json.loads(text)["assessment-results"]["results"]
    told = {each["class"]: int(each["value"]) for each in result["props"] if each["name"] == "results"}
    made = Counter(
        prop["value"] for each in result["observations"] for prop in each["props"] if prop["name"] == "outcome"
    )
    assert told == {name: made[name] for name in told}
    return told


def of_prometheus(text: str) -> dict[str, int]:
    return {
        name: int(number) for name, number in re.findall(r'^controlproof_results{outcome="(\w+)"} (\d+)$', text, re.M)
    }


READERS = {
    "text": of_text,
    "markdown": of_markdown,
    "html": of_html,
    "csv": of_csv,
    "sarif-full": of_full_sarif,
    "junit": of_junit,
    "hdf": of_hdf,
    "oscal": of_oscal,
    "prometheus": of_prometheus,
}
EXIT_CODES = {
    "text": r"^\w+  \(exit code (\d)\)",
    "markdown": r"^## Compliance: \w+ \(exit code (\d)\)",
    "sarif": r'"exitCode":(\d)',
    "sarif-full": r'"exitCode":(\d)',
    "junit": r'name="run.exit_code" value="(\d)"',
    "oscal": r'"name": "exit-code", "ns": "[^"]*", "value": "(\d)"',
    "prometheus": r"^controlproof_run_exit_code (\d)$",
}


@pytest.mark.parametrize("case", list(REPORTS))
@pytest.mark.parametrize("name", list(READERS))
def test_outcomes_are_those_of_the_report(name: str, case: str) -> None:
    assert READERS[name](render(name, REPORTS[case])) == expected(REPORTS[case])


@pytest.mark.parametrize("case", list(REPORTS))
@pytest.mark.parametrize("name", list(EXIT_CODES))
def test_the_exit_code_is_that_of_the_verdict(name: str, case: str) -> None:
    report = REPORTS[case]

    assert set(re.findall(EXIT_CODES[name], render(name, report), re.M)) == {str(report.verdict.exit_code)}


@pytest.mark.parametrize("case", list(REPORTS))
def test_code_scanning_gets_every_open_failure_and_every_lost_one(case: str) -> None:
    report = REPORTS[case]
    alerts = json.loads(render("sarif", report))["runs"][0]["results"]
    found = Counter(alert["ruleId"].startswith("SCAN-") for alert in alerts)

    assert found[False] == sum(len(reading.open_failures(one)) for one in report.results) + lost(report)


def lost(report: Report) -> int:
    return sum(row["state"] == "unassessed" for row in report.gone)


LOST = "last seen 2026-11-12 02:00:09 UTC, not assessed now"


@pytest.mark.parametrize("name", [name for name in table.reporters() if name not in ("prometheus", "controls", "csat")])
def test_what_failed_before_and_was_not_assessed_now_stays_open_in_every_format(name: str) -> None:
    text = render(name, REPORTS["two_targets"])

    assert LOST in text.replace("Last seen", "last seen")
    assert "web09" in text


def test_metrics_count_what_was_not_assessed_now() -> None:
    report = REPORTS["two_targets"]

    assert f"controlproof_unassessed_failures {lost(report)}\n" in render("prometheus", report)


@pytest.mark.parametrize("case", list(REPORTS))
def test_github_tells_the_rates_and_marks_as_many_lines_as_it_says(case: str) -> None:
    report, text = REPORTS[case], render("github", REPORTS[case])
    shown = Counter(line.split()[0] for line in text.splitlines())
    left = sum(int(number) for number in re.findall(r"(\d+) more (?:failures|undecided)", text))
    failing = sum(bool(reading.open_failures(one)) for one in report.results)
    gaps = sum(bool(reading.gaps(one)) and not reading.open_failures(one) for one in report.results)

    assert str(report.counts.coverage).replace("%", "%25") in text
    assert shown["::error"] + shown["::warning"] + left == failing + gaps + lost(report)


@pytest.mark.parametrize("case", list(REPORTS))
def test_owners_add_up_to_the_whole(case: str) -> None:
    report = REPORTS[case]

    for outcome in Outcome:
        assert sum(info.counts.of(outcome) for info in report.owners) in (report.counts.of(outcome), 0)
    assert bool(report.owners) == any("owner" in info.labels for info in report.targets.values())


@pytest.mark.parametrize("case", list(REPORTS))
def test_the_interactive_part_holds_every_result(case: str) -> None:
    assert of_island(render("html", REPORTS[case])) == expected(REPORTS[case])


@pytest.mark.parametrize("case", list(REPORTS))
def test_junit_cases_add_up(case: str) -> None:
    report = REPORTS[case]
    suites = list(ET.fromstring(render("junit", report).encode()).iter("testsuite"))
    cases = [one for suite in suites for one in suite.iter("testcase") if "[" in (one.get("name") or "")]
    kinds = Counter(child.get("type") for one in cases for child in one)

    assert len(cases) == report.counts.total
    assert kinds["waived"] == report.counts.waived
    assert kinds["fail"] == sum(report.counts.failed_by_severity.values())
    assert kinds["unknown"] + kinds["collector-error"] == sum(report.counts.undecided_by_severity.values())


@pytest.mark.parametrize("case", list(REPORTS))
@pytest.mark.parametrize("name", ["text", "markdown", "html", "sarif-full", "junit"])
def test_rates_carry_both_numbers(name: str, case: str) -> None:
    report, text = REPORTS[case], render(name, REPORTS[case])
    for ratio in (report.counts.coverage, report.counts.pass_rate):
        assert f"{ratio.part}/{ratio.whole}" in text


@pytest.mark.parametrize("case", list(REPORTS))
def test_targets_are_counted_as_in_the_report(case: str) -> None:
    text = render("html", REPORTS[case])
    matrix = text.partition("<caption>Results by target</caption>")[2].partition("</tbody>")[0]
    rows = re.findall(r'<th scope="row">([^<]+)</th>(.*?)</tr>', matrix)

    assert [name for name, _ in rows] == list(REPORTS[case].targets)
    for name, cells in rows:
        numbers = [int(number) for number in re.findall(r'<td class="num[^"]*">(\d+)<', cells)]
        counts = REPORTS[case].targets[name].counts
        assert sum(numbers[:-1]) == counts.total
        assert numbers[-1] == counts.waived
