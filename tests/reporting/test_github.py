"""Annotations: the worst ones, counted, escaped so that nothing in them is a command."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from scanner.model.outcome import Outcome
from scanner.model.report import Report
from scanner.model.result import Finding
from scanner.reporting import github
from tests.support.arbitrary import any_report, poisoned
from tests.support.reports import SAMPLES, finish

COMMAND = re.compile(r"::(error|warning|notice) ((?:(?:file|line|title)=[^:,\r\n]*,?)*)::([^\r\n]*)")


def render(report: Report) -> list[str]:
    out = io.BytesIO()
    github.write(report, out)
    return out.getvalue().decode().removesuffix("\n").split("\n")


@any_report
def test_every_line_is_one_command_or_folded_and_no_more_than_are_shown(report: Report) -> None:
    for given_report in (report, poisoned(report, "\n::set-output name=x::y\r\n::error::%0A##[error]")):
        lines = render(given_report)
        folded = [text for text in lines if text.startswith(("- ", "::group::")) or text == "::endgroup::"]
        levels = [found[1] for text in lines if (found := COMMAND.fullmatch(text))]
        assert len(levels) + len(folded) == len(lines)
        assert not [text for text in folded if "##[" in text]
        assert lines.count("::endgroup::") == sum(text.startswith("::group::") for text in lines)
        assert levels[0] == "notice"
        assert levels.count("error") <= 10
        assert levels.count("warning") <= 10


def test_the_worst_are_shown_and_the_rest_is_counted() -> None:
    report = SAMPLES["two_targets"]()
    failing = next(each for each in report.results if each.outcome is Outcome.FAIL and not each.waived)
    many = tuple(replace(failing, target=f"host{number:02}") for number in range(25))
    lines = render(finish(report, many))
    assert sum(text.startswith("::error ") for text in lines) == 10
    assert "15 more failures" in lines[0]


def test_a_failure_says_where_what_and_how_bad() -> None:
    report = SAMPLES["two_targets"]()
    errors = [text for text in render(report) if text.startswith("::error ")]
    assert errors
    named = [info for info in report.targets.values() if info.path]
    assert any(f"file={info.path},line={info.line},title=" in text for text in errors for info in named)
    assert all(re.search(r"title=(critical|high|medium|low)%3A ", text) for text in errors)


def test_escaping_is_that_of_the_toolkit() -> None:
    assert github.command("error", "a%b\nc:d,e", title="x:y,z%", file="a b.yaml", line="3") == (
        "::error file=a b.yaml,line=3,title=x%3Ay%2Cz%25::a%25b%0Ac:d,e"
    )


def test_waived_failures_are_none() -> None:
    report = SAMPLES["clean"]()
    assert [text for text in render(report) if text.startswith("::error")] == []
    assert render(report)[0].startswith(f"::notice title=controlproof%3A {report.verdict.word}::")


def test_undecided_results_are_warnings_with_what_they_need() -> None:
    report = SAMPLES["two_targets"]()
    one = next(iter(report.results))
    gap = Finding("linux.file", (("path", "/x"),), Outcome.UNKNOWN, reason="denied", needs="root")
    lines = render(finish(report, (replace(one, outcome=Outcome.UNKNOWN, findings=(gap,)),)))
    assert any(text.startswith("::warning ") and text.endswith("unknown: denied. It needs root.") for text in lines)


def test_what_failed_before_and_is_not_assessed_now_is_a_warning() -> None:
    row = {"state": "unassessed", "rule": "r", "target": "db", "last_seen": "2026-11-01T00:00:00Z"}
    lines = render(replace(SAMPLES["clean"](), gone=(row,)))
    said = "db: failed before, last seen 2026-11-01 00:00:00 UTC, not assessed now"
    assert f"::warning title=high%3A r (r)::{said}" in lines
