"""Every control of every reported catalogue as a spreadsheet: what a statement of applicability is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from scanner.model.report import CatalogueInfo, ControlStatus, Report
from scanner.reporting import standing, wording
from scanner.reporting.escape import spreadsheet

NAME: Final = "controls"
FILE: Final = "controls.csv"

COLUMNS: Final = (
    "run",
    "catalogue",
    "version",
    "control",
    "title",
    "section",
    "groups or level",
    "applicable",
    "determination",
    "reason",
    *(str(outcome) for outcome in wording.OUTCOMES),
    "waived",
    "applicable targets",
    "passing targets",
    "rules",
    "rules cover",
    "supported by",
    "mapping",
    "claimed",
    "date",
)


def write(report: Report, out: BinaryIO) -> None:
    """Write one line per control, as `csv` writes its lines.

    Numbers are results of the control's rules on all targets. `applicable` is no where a profile says so, or every
    rule that covers the control applies to no target; the reason says which.
    """
    spreadsheet(out, COLUMNS, _rows(report))


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    dates = standing.dates(report)
    for catalogue in report.catalogues:
        for control in catalogue.controls:
            yield _row(report, catalogue, control, dates.get(f"{catalogue.id}/{control.id}", ""))


def _row(report: Report, catalogue: CatalogueInfo, control: ControlStatus, date: str) -> tuple[str, ...]:
    passing = control.targets_passing
    return (
        report.header.run_id,
        catalogue.id,
        catalogue.version,
        control.id,
        control.title,
        wording.words(control.attributes.get("section")),
        ", ".join(standing.levels(control)),
        "yes" if standing.applicable(control) else "no",
        control.determination,
        control.reason,
        *(str(control.outcomes.get(outcome, 0)) for outcome in wording.OUTCOMES),
        str(control.waived),
        str(passing.whole),
        str(passing.part),
        ", ".join(control.rules),
        control.covers,
        ", ".join(control.supported_by),
        standing.mappings(catalogue, control),
        "; ".join(control.claimed),
        date,
    )
