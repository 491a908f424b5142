"""The terminal summary: what to know first, in the order of importance."""

from __future__ import annotations

import io
from dataclasses import replace

from scanner.model.outcome import Outcome
from scanner.model.report import Report
from scanner.model.result import Result
from scanner.reporting import text
from tests.support.arbitrary import poisoned
from tests.support.reports import TARGETS, clean, finding, finish, fleet, sample, unreachable


def summary(report: Report) -> str:
    out = io.BytesIO()
    text.write(report, out)
    return out.getvalue().decode()


def section(report: Report, heading: str) -> list[str]:
    lines = list(text.lines(report))
    start = lines.index(heading) + 1
    return lines[start : lines.index("", start) if "" in lines[start:] else len(lines)]


def test_the_verdict_comes_first() -> None:
    assert summary(sample()).startswith("FAIL  (exit code 1)\n")
    assert summary(unreachable()).startswith("INCOMPLETE  (exit code 3)\n")


def test_the_worst_failure_is_told_with_what_proves_it() -> None:
    found = section(sample(), "OPEN FAILURES")

    assert found[:4] == [
        "  CRITICAL  The host firewall filters incoming traffic",
        "            web01  [ufw_enabled]",
        "            expected  state is active",
        "            found     state is inactive",
    ]


def test_a_result_with_several_findings_is_told_once() -> None:
    assert section(sample(), "OPEN FAILURES")[-1] == "            and 1 more finding of this rule there"


def test_more_failures_than_shown_are_numbered() -> None:
    assert "WORST FAILURES (10 of 1,250 failing results)" in summary(fleet(20, 250))


def test_rules_are_grouped_by_the_privilege_that_they_need() -> None:
    assert section(sample(), "WOULD NEED ANOTHER PRIVILEGE") == [
        "  root",
        "    1 rule on 1 target: password_hashes_strong",
    ]


def test_undecided_results_are_grouped_by_reason() -> None:
    assert section(unreachable(), "COULD NOT BE DECIDED: NOT ASKED OR NOT READ")[:1] == [
        "  192.0.2.10:22: connection refused"
    ]


def test_nothing_assessed_has_no_percentage() -> None:
    assert "%" not in summary(unreachable())


def test_a_clean_run_is_short() -> None:
    assert "FAILURES" not in summary(clean())
    assert "coverage   8/8 (100.0 %)" in summary(clean())


def test_escapes_of_a_host_do_not_reach_the_terminal() -> None:
    report = poisoned(sample(), "\x1b]0;owned\x07\r\x9b2J\u202e")

    assert not {"\x1b", "\x07", "\r", "\x9b", "\u202e"} & set(summary(report))


def test_a_long_answer_stays_one_short_line() -> None:
    bad = finding("ufw_enabled", "web01", Outcome.FAIL, "f", {}, found="A\n" * 100_000)
    report = finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=(bad,)),))

    assert max(map(len, text.lines(report))) < 400


def test_what_was_not_assessed_again_is_told() -> None:
    said = "last seen 2026-11-12 02:00:09 UTC, not assessed now: medium world_writable_files_absent on web09: /tmp/x"
    assert f"  {said}" in section(sample(), "SINCE THE BASELINE")


def test_owners_are_added_up_where_a_target_has_one() -> None:
    assert "  ops: 1 of 1 target, open 1 fail, 1 undecided; waived 1, coverage 5/6 (83.3 %)" in section(
        sample(), "BY OWNER"
    )
    targets = {name: replace(info, labels={}) for name, info in TARGETS.items()}
    assert "BY OWNER" not in list(text.lines(finish(replace(sample(), targets=targets), ())))
