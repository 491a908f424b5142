"""Percent of targets per safeguard of the CIS Controls, in the ranges that CIS CSAT asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from scanner.model.report import CatalogueInfo, ControlStatus, Ratio, Report
from scanner.reporting import reading, standing
from scanner.reporting.escape import spreadsheet

NAME: Final = "csat"
FILE: Final = "csat.csv"

COLUMNS: Final = (
    "safeguard",
    "title",
    "implementation groups",
    "applicable",
    "applicable targets",
    "passing targets",
    "percent",
    "score: implemented",
    "check",
    "rules cover",
    "score: policy defined",
    "score: automated",
    "score: reported",
    "determination",
    "reason",
    "date",
    "controls version",
)
UNMEASURED: Final = "not measured"


def write(report: Report, out: BinaryIO) -> None:
    """Write one line per safeguard, as `csv` writes its lines; without the CIS Controls there are none.

    CSAT asks four scores of each safeguard. Only that of its implementation can be measured: the share of targets on
    which every rule of the safeguard was decided and passes, in fifths from 1 to 5. The others are for people.
    """
    spreadsheet(out, COLUMNS, _rows(report))


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    dates, attested = standing.dates(report), standing.attested(report)
    for catalogue in report.catalogues:
        if catalogue.id.startswith("cis-controls"):
            for control in catalogue.controls:
                key = f"{catalogue.id}/{control.id}"
                check = _check(report, control, key in attested)
                yield _row(catalogue, control, check, dates.get(key, ""))


def _row(catalogue: CatalogueInfo, control: ControlStatus, check: str, date: str) -> tuple[str, ...]:
    applies = standing.applicable(control)
    passing = control.targets_passing if applies else Ratio(0, 0)
    return (
        control.id,
        control.title,
        ", ".join(standing.levels(control)),
        "yes" if applies else "no",
        str(passing.whole),
        str(passing.part),
        percent(passing),
        score(passing),
        check,
        control.covers or "none",
        UNMEASURED,
        UNMEASURED,
        UNMEASURED,
        control.determination,
        control.reason,
        date,
        catalogue.version,
    )


def percent(passing: Ratio) -> str:
    """Give the share with one digit, rounded down, so that 100.0 means all; empty where nothing applies."""
    if not passing.whole:
        return ""
    tenths = 1000 * passing.part // passing.whole
    return f"{tenths // 10}.{tenths % 10}"


def score(passing: Ratio) -> str:
    """Give CSAT's score of a share: 1 up to 20 percent, 2 up to 40, 3 up to 60, 4 up to 80, else 5; empty without one."""
    if not passing.whole:
        return ""
    return str(max(1, -(-5 * passing.part // passing.whole)))


def _check(report: Report, control: ControlStatus, attested: bool) -> str:
    """Say who answered: `automated` rules, a person who `attested`, both, or none."""
    rules = [reading.information(report, rule) for rule in control.rules if rule in report.rules]
    automated = any(not rule.manual for rule in rules)
    person = attested or control.determination == "attested"
    said = [word for word, holds in (("automated", automated), ("attested", person)) if holds]
    return " and ".join(said) or "none"
