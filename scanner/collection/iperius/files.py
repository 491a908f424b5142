"""Backup files in the destination of Iperius: the only trustworthy evidence of what can be restored."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.collection.exported.values import moment, seconds_between
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error, unknown
from scanner.transport.dropped import Dropped

LOCATION = "destination"
_STILL_WRITTEN = 600.0
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Naming:
    """How the names of backup files are read."""

    pattern: re.Pattern[str] | None
    covers: str

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Naming | Gap:
        """Read the settings `pattern` and `covers`; a gap for a pattern that is none."""
        text = settings.get("pattern", "")
        try:
            return cls(re.compile(text) if text else None, settings.get("covers", ""))
        except re.error as problem:
            return error(f"pattern: is no regular expression: {problem}")


def point_rows(
    files: Sequence[Dropped], naming: Naming, runs: Mapping[str, tuple[Cell, str]], now: str
) -> tuple[list[Row], list[Gap]]:
    """Give a restore point for each file that fits the pattern; `runs` are status and end of each job's last run."""
    rows: list[Row] = []
    gaps: list[Gap] = []
    for file in files:
        if file.failure:
            reason = f"{file.name}: {file.failure}"
            gaps.append(unknown(reason, f"the right to list {file.name}") if file.denied else error(reason))
            continue
        name = file.name.partition("/")[2]
        found = naming.pattern.search(name) if naming.pattern else None
        if naming.pattern and found is None:
            continue
        rows.append(_row(file, name, found.groupdict() if found else {}, naming.covers, runs, now))
    return rows, gaps


def _row(
    file: Dropped, name: str, groups: Mapping[str, Any], covers: str, runs: Mapping[str, tuple[Cell, str]], now: str
) -> Row:
    own = str(groups.get("object") or covers or (name.partition("/")[0] if "/" in name else "files"))
    told = moment(groups["time"], "the time in the name") if groups.get("time") else file.modified_at
    return {
        "system": "iperius",
        "object": own,
        "asset_keys": [f"iperius:{own}"],
        "location": LOCATION,
        "point": name,
        "kind": "files",
        "data_time": told or error("the file tells no time"),
        "started_at": ABSENT,
        "completed_at": file.modified_at or error("the file tells no time"),
        "status": _status(file, own, runs, now),
        "verification": "none",
        "verified_at": ABSENT,
        "verified_by": ABSENT,
        "encryption": unknown("a listing does not tell whether a file is encrypted"),
        "key_fingerprint": ABSENT,
        "protected": False,
        "expires_at": ABSENT,
        "immutable_until": ABSENT,
        "size": file.size,
        "storage_class": ABSENT,
        "base": ABSENT,
    }


def _status(file: Dropped, own: str, runs: Mapping[str, tuple[Cell, str]], now: str) -> Cell:
    """Judge a file by its size, its age, and the run that may have made it."""
    if file.size == 0:
        return "failed"
    age = seconds_between(file.modified_at, now) if file.modified_at else None
    if age is None:
        return unknown("when it was written is not known")
    if age < _STILL_WRITTEN:
        return "running"
    status, ended = runs.get(own, ("ok", ""))
    lead = seconds_between(file.modified_at, ended) if ended else None
    if lead is not None and -300.0 <= lead <= _DAY and status not in ("ok", "warning"):
        said = status if isinstance(status, str) else "not known"
        return unknown(f"the outcome of the run that may have made it is {said}")
    return "ok"
