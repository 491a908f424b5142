"""The table of report formats: name > module and file name; a module is imported when its format is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import BinaryIO, Final, Protocol, cast, runtime_checkable

from scanner.model.errors import ConfigurationError, near
from scanner.model.report import Report


class Reporter(Protocol):
    """What every reporter offers, a module of this room as well as a plug-in's object."""

    NAME: str
    FILE: str

    def write(self, report: Report, out: BinaryIO) -> None:
        """Write the report to a binary stream; the caller opens and closes it."""


Writer = Callable[[BinaryIO], None]
"""What fills one file."""

PARTS: Final = "report"
"""The folder beside the reports that further files of a format lie in."""


@runtime_checkable
class Dividing(Protocol):
    """What a reporter offers beyond `Reporter` when a large report becomes several files."""

    FILE: str
    MARK: bytes
    """Bytes near the start of each further file, by which one that an earlier run left behind is known."""

    def parts(self, report: Report) -> Iterable[tuple[str, Writer]]:
        """Give each file by name with what fills it, `FILE` last; the others lie in the folder `PARTS`.

        A file is filled before the next one is asked for.
        """


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a format is written: the dotted module, the usual file name, and whom it is for."""

    module: str
    file: str
    says: str


_TABLE: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "text": Entry("scanner.reporting.text", "summary.txt", "summary for a terminal"),
        "html": Entry("scanner.reporting.html", "report.html", "the auditor's report, without anything external"),
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


def files(reporter: Reporter, report: Report) -> Iterator[tuple[str, Writer]]:
    """Give the files that a format makes of this report, each with what fills it; the one named `FILE` is the last."""
    if isinstance(reporter, Dividing):
        yield from reporter.parts(report)
    else:
        yield reporter.FILE, partial(reporter.write, report)


def open_reporter(name: str) -> Reporter:
    """Import the reporter of a format; an unknown name is a ConfigurationError with a near word."""
    entry = _TABLE.get(name)
    if entry is None:
        known = ", ".join(_TABLE)
        raise ConfigurationError(f"format '{name}': not known{near(name, _TABLE)} (formats: {known})")
    return cast("Reporter", import_module(entry.module))
