"""The Markdown summary: verdict, counts, failures, and the table of controls."""

from __future__ import annotations

import io
from dataclasses import replace

from scanner.model.report import CatalogueInfo, Report
from scanner.reporting import markdown
from tests.support.reports import fleet, sample, unreachable


def summary(report: Report) -> str:
    out = io.BytesIO()
    markdown.write(report, out)
    return out.getvalue().decode()


def test_it_has_the_table_that_auditors_keep() -> None:
    lines = summary(sample()).splitlines()
    start = lines.index("| CIS Control | Status | Evidence | Date |")

    assert lines[start + 4] == (
        "| 4.4 Servers have a firewall | not satisfied | 1 fail, 1 pass (ufw\\_enabled); 1 result fails | 2026-11-20 |"
    )


def test_every_control_stands_in_it_and_what_nobody_measured_has_no_date() -> None:
    text = summary(sample())

    for catalogue in sample().catalogues:
        for control in catalogue.controls:
            assert f"| {control.id} {control.title} |" in text
    assert "| 18.1 Penetration tests follow a programme | not evaluated | no rule measures it | not assessed |" in text


def test_a_claim_stands_beside_the_measurement() -> None:
    line = next(line for line in summary(sample()).splitlines() if line.startswith("| 3.11 "))

    assert "partly evaluated" in line
    assert "claimed: compliant (db.md:112, Informal Gap Assessment)" in line


def test_nothing_assessed_has_no_percentage() -> None:
    assert "%" not in summary(unreachable())


def test_failures_are_the_worst_of_all() -> None:
    text = summary(fleet(10, 100))

    assert "### Open failures (the worst 20 of 250)" in text
    assert text.count("| critical |") == 20


def test_it_stays_below_what_ci_pages_take() -> None:
    controls = sample().catalogues[0].controls * 2000
    huge = CatalogueInfo("cis-controls-v8.1", "CIS Controls", "framework", "8.1", "publisher", controls)
    text = summary(replace(sample(), catalogues=(huge,)))

    assert len(text.encode()) < 2**20
    assert text.endswith("The rest is left out: CI pages take no more. See the HTML report.\n")
