"""Reports written: the formats asked for, from a finished value."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from scanner.model.errors import ConfigurationError, ReportError
from scanner.model.report import Report
from scanner.operations.request import Request
from scanner.operations.sealed import refuse_sealed
from scanner.plugins import find, plugins
from scanner.reporting.table import PARTS, Dividing, files, reporters
from scanner.store import atomic

_MODE = 0o600
_HEAD = 4096
"""Bytes of a file that are searched for a format's mark."""


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
    """Write each format into its files below `folder`, each atomically; raises ReportError, ConfigurationError.

    Gives each format's own file, and after it the folder of its further ones, if it has some.
    Without a mode a format's own `MODE` counts, 0600 for those that have none.
    """
    refuse_sealed(folder)
    written = []
    for reporter in open_formats(names).values():
        atomic.make_folder(folder)
        own = mode if mode is not None else getattr(reporter, "MODE", _MODE)
        further = set()
        for name, writer in files(reporter, report):
            if name != reporter.FILE:
                further.add(check_part(name))
                atomic.make_folder(folder / PARTS)
            atomic.write_with(folder / name, writer, own)
        written.append(folder / reporter.FILE)
        if further:
            written.append(folder / PARTS)
        if isinstance(reporter, Dividing):
            _remove_left(folder / PARTS, further, reporter.MARK)
    return written


def check_part(name: str) -> str:
    """Give the name of a format's further file, without its folder; raises ReportError for one that lies elsewhere."""
    path = PurePosixPath(name)
    if str(path.parent) != PARTS or path.name.startswith(".") or path.name != name.removeprefix(f"{PARTS}/"):
        raise ReportError(f"{name}: a format's further files lie in {PARTS}/ (mend the plug-in)")
    return path.name


def _remove_left(folder: Path, written: set[str], mark: bytes) -> None:
    """Remove files that an earlier report left here: they would tell of another run. Others' files stay."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for path in sorted(folder.iterdir()):
        if path.name in written or path.is_symlink() or not path.is_file():
            continue
        try:
            with path.open("rb") as stream:
                ours = mark in stream.read(_HEAD)
            if ours:
                path.unlink()
        except OSError as problem:
            raise ReportError(f"{path}: is of an earlier run, and stays: {problem.strerror} (remove it)") from problem
    with suppress(OSError):
        # Others' files keep the folder.
        folder.rmdir()


def print_report(report: Report, names: Iterable[str], out: BinaryIO) -> None:
    """Write formats one after the other to a stream."""
    for reporter in open_formats(names).values():
        reporter.write(report, out)
    out.flush()
