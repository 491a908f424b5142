"""Written reports read as their consumers would read them: what these would refuse, drop or run is told beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from scanner.model.errors import ConfigurationError, ReportError
from scanner.reporting import controls, csat, csv_check, junit_check, sarif_check
from scanner.reporting.table import PARTS

Checker = Callable[[bytes], list[str]]

_CHECKERS: Final[Mapping[str, tuple[str, Checker]]] = {
    ".full.sarif": ("sarif-full", partial(sarif_check.check_file, limits=False)),
    ".sarif": ("sarif", sarif_check.check_file),
    ".xml": ("junit", junit_check.check),
    controls.FILE: (controls.NAME, partial(csv_check.check, columns=controls.COLUMNS)),
    csat.FILE: (csat.NAME, partial(csv_check.check, columns=csat.COLUMNS)),
    ".csv": ("csv", csv_check.check),
}
"""End of a file's name > format and what checks it; the first that fits counts."""
_TOLD: Final = 50


def check_reports(places: Iterable[Path]) -> Iterator[tuple[Path, list[str]]]:
    """Check files, and those in folders that can be checked; gives each with its objections, `place: what (what to do)`.

    Raises ConfigurationError where there is nothing to check, ReportError where a file cannot be read.
    """
    named = list(places)
    paths = [path for place in named for path in _within(place) if _checker(path)]
    if not paths:
        known = ", ".join(f"*{end}" for end in _CHECKERS)
        raise ConfigurationError(f"{named[0] if named else 'report'}: nothing to check is there (checked are {known})")
    for path in paths:
        yield path, _objections(path)


def _within(place: Path) -> list[Path]:
    folders = [folder for folder in (place, place / PARTS) if folder.is_dir()]
    return [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()] or [place]


def _checker(path: Path) -> tuple[str, Checker] | None:
    return next((checker for end, checker in _CHECKERS.items() if path.name.endswith(end)), None)


def _objections(path: Path) -> list[str]:
    name, check = _checker(path) or ("", lambda data: [])
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise ReportError(f"{path}: cannot be read: {problem.strerror} (name a report or a run folder)") from problem
    found = check(data)
    remedy = f"write it anew: controlproof report RUN --format {name}"
    told = [f"{path}: {objection} ({remedy})" for objection in found[:_TOLD]]
    more = len(found) - _TOLD
    return [*told, f"{path}: {more:,} more problems ({remedy})"] if more > 0 else told
