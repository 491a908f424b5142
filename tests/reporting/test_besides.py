"""What a fact tells of its rows besides stands in the formats that tell findings, of a pass too."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from scanner.model.outcome import Outcome
from scanner.model.report import Report
from scanner.model.result import Result
from scanner.reporting import table
from tests.support.reports import finding, finish, sample

FAILING, PASSING = "the point of yesterday decides", "the point of today decides"
RULE = "sshd_root_login_disabled"


@pytest.fixture(scope="module")
def report() -> Report:
    """A failing and a passing finding, each of which tells something besides."""
    told = (
        finding(RULE, "db01", Outcome.FAIL, "t.estate", {"asset": "vm101"}, expected="x", found="y", besides=FAILING),
        finding(RULE, "db01", Outcome.PASS, "t.estate", {"asset": "vm102"}, besides=PASSING),
    )
    kept = tuple(each for each in sample().results if each.rule != RULE)
    return finish(replace(sample(), results=()), (Result(RULE, "db01", Outcome.FAIL, findings=told, passing=1), *kept))


@pytest.mark.parametrize(
    "name", ["text", "sarif", "sarif-full", "junit", "html", "markdown", "csv", "github", "hdf", "oscal"]
)
def test_a_failure_tells_it(name: str, report: Report) -> None:
    assert FAILING in rendered(name, report)


@pytest.mark.parametrize("name", ["sarif-full", "html", "csv"])
def test_a_pass_tells_it(name: str, report: Report) -> None:
    assert PASSING in rendered(name, report)


def rendered(name: str, report: Report) -> str:
    out = io.BytesIO()
    table.open_reporter(name).write(report, out)
    return out.getvalue().decode("utf-8-sig")
