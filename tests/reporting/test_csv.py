"""CSV: a line per finding, a line for each result without any, safe to open."""

from __future__ import annotations

import csv
import io

from scanner.model.outcome import Outcome
from scanner.model.report import Report
from scanner.model.result import Result
from scanner.reporting import csv as reporter
from tests.support.reports import finding, finish, sample


def table(report: Report) -> list[dict[str, str]]:
    out = io.BytesIO()
    reporter.write(report, out)
    return list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))


def test_a_finding_tells_everything() -> None:
    row = next(row for row in table(sample()) if row["resource"] == "Match user backup")

    assert row["target"] == "db01"
    assert (row["rule"], row["severity"], row["result"], row["outcome"]) == (
        "sshd_root_login_disabled",
        "high",
        "fail",
        "fail",
    )
    assert (row["expected"], row["found"]) == ("permitrootlogin is one of no", "permitrootlogin is yes")
    assert row["controls"] == "cis-controls-v8.1 5.4; cis-ubuntu-24.04-v1.0.0 5.1.20"
    assert row["since baseline"] == "new"


def test_a_pass_without_findings_has_its_line() -> None:
    rows = [row for row in table(sample()) if (row["target"], row["rule"]) == ("web01", "password_hashes_strong")]

    assert [(row["outcome"], row["passing rows"], row["reason"]) for row in rows] == [("pass", "31", "")]


def test_a_waiver_is_told_beside_the_outcome() -> None:
    row = next(row for row in table(sample()) if row["waiver"])

    assert (row["outcome"], row["waiver until"]) == ("fail", "2027-02-01")


def test_formulae_and_line_breaks_of_a_host_do_no_harm() -> None:
    bad = finding("ufw_enabled", "web01", Outcome.FAIL, "f", {}, found='=cmd|"/C calc"!A0', reason='a\n"b",c')
    row = table(finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=(bad,)),)))[0]

    assert row["found"] == '\'=cmd|"/C calc"!A0'
    assert row["reason"] == 'a\n"b",c'


def test_the_caller_keeps_its_stream() -> None:
    out = io.BytesIO()
    reporter.write(sample(), out)

    assert not out.closed
    assert out.getvalue().endswith(b"\r\n")
