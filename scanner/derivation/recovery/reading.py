"""Reads rows of backup systems into plain values; what does not fit its type is a gap, never a guess."""

from __future__ import annotations

from datetime import datetime

from scanner.derivation.recovery.arithmetic.points import Point
from scanner.model.evidence import ABSENT, UNREPORTED, Cell, Gap, Row, error

_DECIDE = ("data_time", "completed_at", "status", "verification")
"""Cells without which it is not known whether a point can be used."""


def moment(cell: object) -> float | None:
    """Give the seconds since 1970 of an RFC 3339 time; None for anything else, times without a zone included."""
    if not isinstance(cell, str) or not cell:
        return None
    try:
        read = datetime.fromisoformat(cell)
        return read.timestamp() if read.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def text(cell: object) -> str:
    """Give a text; an empty one for anything else."""
    return cell if isinstance(cell, str) else ""


def number(cell: object) -> int | None:
    """Give a whole number; None for anything else."""
    return cell if isinstance(cell, int) and not isinstance(cell, bool) else None


def length(cell: object) -> float | None:
    """Give a duration above zero; None for anything else."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and 0 < cell < 1e12:
        return float(cell)
    return None


def cell_or_absent(held: Cell | None) -> Cell:
    """Give a value as a cell: None is absent."""
    return ABSENT if held is None else held


def read_point(row: Row, target: str, shift: float = 0.0) -> tuple[Point, Gap | None]:
    """Read a row of `backup.restore_point`; with it a gap where it is not known whether the point can be used.

    `shift` is by how much the target's clock is ahead of ours: its times are set back by it.
    """
    gap = next((found for name in _DECIDE if (found := _undecided(row, name)) is not None), None)
    data, completed = _shifted(row, "data_time", shift), _shifted(row, "completed_at", shift)
    status, verification = text(row.get("status")), text(row.get("verification"))
    encryption = text(row.get("encryption"))
    point = Point(
        data,
        completed,
        status or "of unknown status",
        verification or "none",
        system=text(row.get("system")),
        target=target,
        location=text(row.get("location")),
        object=text(row.get("object")),
        point=text(row.get("point")),
        kind=text(row.get("kind")),
        verified_at=_shifted(row, "verified_at", shift),
        verified_by=text(row.get("verified_by")),
        encryption=encryption or None,
        fingerprint=text(row.get("key_fingerprint")),
        protected=row.get("protected") is True,
        expires=_shifted(row, "expires_at", shift),
        immutable_until=moment(row.get("immutable_until")),
        size=number(row.get("size")),
        storage_class=text(row.get("storage_class")),
        base=text(row.get("base")),
    )
    return point, gap


def _undecided(row: Row, name: str) -> Gap | None:
    cell = row.get(name, UNREPORTED)
    if isinstance(cell, Gap):
        return Gap(cell.kind, f"{name}: {cell.reason}", cell.needs)
    if cell is ABSENT:
        return None
    timed = name in ("data_time", "completed_at")
    if not isinstance(cell, str) or (timed and moment(cell) is None):
        return error(f"{name}: {str(cell)[:60]!r} is no {'time with a zone' if timed else 'text'}")
    return None


def _shifted(row: Row, name: str, shift: float) -> float | None:
    found = moment(row.get(name))
    return None if found is None else found - shift
