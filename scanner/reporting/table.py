"""The table of report formats: name > module and file name; a module is imported when its format is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import BinaryIO, Final, Protocol, cast

from scanner.model.errors import ConfigurationError, near
from scanner.model.report import Report


class Reporter(Protocol):
    """What every reporter offers, a module of this room as well as a plug-in's object."""

    NAME: str
    FILE: str

    def write(self, report: Report, out: BinaryIO) -> None:
        """Write the report to a binary stream; the caller opens and closes it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a format is written: the dotted module, the usual file name, and whom it is for."""

    module: str
    file: str
    says: str


_TABLE: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "text": Entry("scanner.reporting.text", "summary.txt", "summary for a terminal"),
        "html": Entry(
            "scanner.reporting.html", "report.html", "the auditor's report, one file without anything external"
        ),
        "sarif": Entry("scanner.reporting.sarif", "results.sarif", "open failures and gaps for code scanning"),
        "sarif-full": Entry("scanner.reporting.sarif_full", "results.full.sarif", "every outcome, waiver and control"),
        "junit": Entry("scanner.reporting.junit", "junit.xml", "test cases for CI servers"),
        "markdown": Entry("scanner.reporting.markdown", "summary.md", "summary for CI pages and merge requests"),
        "github": Entry("scanner.reporting.github", "annotations.txt", "annotations of a GitHub workflow, on stdout"),
        "csv": Entry("scanner.reporting.csv", "findings.csv", "one line per finding, for spreadsheets"),
        "controls": Entry(
            "scanner.reporting.controls",
            "controls.csv",
            "every control of every framework, a statement of applicability",
        ),
        "csat": Entry("scanner.reporting.csat", "csat.csv", "percent of targets per safeguard, for CIS CSAT"),
        "prometheus": Entry(
            "scanner.reporting.prometheus", "metrics.prom", "metrics for node exporter's textfile collector"
        ),
        "hdf": Entry("scanner.reporting.hdf", "results.hdf.json", "for MITRE Heimdall and the SAF tools"),
        "oscal": Entry(
            "scanner.reporting.oscal", "assessment-results.oscal.json", "OSCAL assessment results, for GRC platforms"
        ),
    }
)


def reporters() -> Mapping[str, Entry]:
    """Give the built-in formats by name, in the order in which help texts list them."""
    return _TABLE


def open_reporter(name: str) -> Reporter:
    """Import the reporter of a format; an unknown name is a ConfigurationError with a near word."""
    entry = _TABLE.get(name)
    if entry is None:
        known = ", ".join(_TABLE)
        raise ConfigurationError(f"format '{name}': not known{near(name, _TABLE)} (formats: {known})")
    return cast("Reporter", import_module(entry.module))
