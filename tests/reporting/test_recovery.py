"""Recovery in reports: time lines tell what was measured, and what is not known stays so."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import pytest

from scanner.model.report import Report
from scanner.reporting import html, markdown, recovery
from tests.support.recovery import recovery as rows
from tests.support.reports import clean, sample

NOW = "2026-11-20T12:00:00Z"


def report(**exposure: Any) -> Report:
    """Give a report with one asset, whose row has these cells."""
    row = {**rows(NOW)["recovery.exposure"][0], **exposure}
    whole = clean()
    return replace(whole, header=replace(whole.header, ended=NOW), recovery={"recovery.exposure": (row,)})


def line(**exposure: Any) -> Any:
    return recovery.told(report(**exposure))["assets"][0]["line"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min"), (900, "15 min"), (5400, "1 h 30 min"), (90061, "1 d 1 h"), (None, ""), (True, "")],
)
def test_durations_are_spelt_in_two_units(seconds: Any, words: str) -> None:
    assert recovery.spell(seconds) == words


def test_what_is_not_known_says_why() -> None:
    told = recovery.told(report(exposure_now={"gap": "pbs02 is blind"}, timeline={"gap": "pbs02 is blind"}))
    assert told["assets"][0]["now"] == "now: not known: pbs02 is blind"
    assert told["assets"][0]["line"] is None


def test_the_band_is_the_limit_before_the_end() -> None:
    found = line(limit=3600, window=36000, timeline=["2026-11-20T11:30:00Z"])
    assert found["band"] == {"x": "90.00", "width": "10.00"}
    assert found["points"] == ["95.00"]
    assert found["late"] == []


def test_time_beyond_the_limit_is_marked() -> None:
    found = line(limit=3600, window=36000, timeline=["2026-11-20T02:00:00Z", "2026-11-20T07:00:00Z"])
    assert found["points"] == ["0.00", "50.00"]
    assert found["late"] == [{"x": "10.00", "width": "40.00"}, {"x": "60.00", "width": "40.00"}]


def test_without_any_point_everything_is_late() -> None:
    found = line(limit=3600, window=36000, timeline=[])
    assert found["points"] == []
    assert found["late"] == [{"x": "0.00", "width": "100.00"}]


def test_an_old_newest_point_still_stands_on_the_line() -> None:
    found = line(limit=60, window=2592000, timeline=["2026-11-10T12:00:00Z"])
    assert len(found["points"]) == 1
    assert 0 < float(found["points"][0]) < 100


def test_without_a_demand_there_is_no_band() -> None:
    found = line(limit=None, rpo=None, timeline=["2026-11-10T12:00:00Z"])
    assert found["band"] is None
    assert found["late"] == []


def test_points_that_fall_together_are_drawn_once() -> None:
    many = [f"2026-11-20T11:{minute:02}:{second:02}Z" for minute in range(60) for second in range(60)]
    assert len(line(limit=86400, window=2592000, timeline=many)["points"]) <= 401


@pytest.mark.parametrize("odd", ["soon", None, 5, ["soon", None, 7]])
def test_odd_rows_draw_nothing_and_break_nothing(odd: Any) -> None:
    found = line(timeline=odd, window=3600)
    assert found is None or found["points"] == []


def test_the_section_is_there_only_with_results_about_recovery() -> None:
    def page(report: Report) -> str:
        out = io.BytesIO()
        html.write(report, out)
        return out.getvalue().decode()

    assert 'id="recovery"' not in page(clean())
    shown = page(sample())
    assert len(re.findall(r'<svg class="timeline"', shown)) == 2
    assert "not known: pbs02 could not be reached" in shown
    assert "recovery.md:159" in shown


def test_the_summary_has_the_measures_of_control_11() -> None:
    out = io.BytesIO()
    markdown.write(sample(), out)
    assert (
        "| 11.2 | Assets with a usable restore point of an authorised system | 2 | 3 | 1 |" in out.getvalue().decode()
    )
