"""Reports written: the formats asked for, from a finished value."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from scanner.model.errors import ConfigurationError
from scanner.model.report import Report
from scanner.operations.request import Request
from scanner.operations.sealed import refuse_sealed
from scanner.plugins import find, plugins
from scanner.reporting.table import reporters
from scanner.store import atomic

_MODE = 0o600


def formats_known() -> dict[str, str]:
    """Give every format with its sentence, plug-ins' last."""
    own = {name: entry.says for name, entry in reporters().items()}
    return {**own, **{name: f"of the plug-in {entry.value}" for name, entry in plugins("reporters").items()}}


def open_formats(names: Iterable[str]) -> dict[str, Any]:
    """Give the reporters of these formats; raises ConfigurationError for an unknown one, before anything is scanned."""
    builtin = {name: entry.module for name, entry in reporters().items()}
    return {name: find("reporters", name, builtin) for name in names}


def check_output(request: Request, stdout: BinaryIO | None) -> None:
    """Refuse what could not be written or compared, before anything is connected; raises ConfigurationError."""
    output = request.output
    open_formats(output.formats)
    if output.folder is None and output.runs is None:
        if stdout is None:
            raise ConfigurationError("output: no folder is named, and there is no stream to print to (name a folder)")
        if output.resume:
            raise ConfigurationError(
                "--resume: nothing is kept with -o -, so there is no run to go on with (name a folder)"
            )
        if output.sealing.bundle is not None:
            raise ConfigurationError("--bundle: nothing is kept with -o -, so there is nothing to seal (name a folder)")
    if request.thresholds.fail_on_new and not output.baseline:
        raise ConfigurationError("--fail-on-new: there is nothing to compare with (add --baseline latest, or a run)")


def write_reports(report: Report, names: Iterable[str], folder: Path, mode: int | None = None) -> list[Path]:
    """Write each format into its file below `folder`, atomically; raises ReportError, ConfigurationError.

    Without a mode a format's own `MODE` counts, 0600 for those that have none.
    """
    refuse_sealed(folder)
    written = []
    for reporter in open_formats(names).values():
        path = folder / reporter.FILE
        atomic.make_folder(folder)
        own = mode if mode is not None else getattr(reporter, "MODE", _MODE)
        atomic.write_with(path, partial(reporter.write, report), own)
        written.append(path)
    return written


def print_report(report: Report, names: Iterable[str], out: BinaryIO) -> None:
    """Write formats one after the other to a stream."""
    for reporter in open_formats(names).values():
        reporter.write(report, out)
    out.flush()
