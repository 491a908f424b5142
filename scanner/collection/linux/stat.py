"""Rows of files from stat(1): what named files, globs and others share."""

from __future__ import annotations

from datetime import UTC, datetime

from scanner.collection.linux.text import decoded
from scanner.model.evidence import ABSENT, Cell, Gap, error

FORMAT = "%f\t%u\t%g\t%s\t%Y\t%U\t%G"
"""For `stat -c`: raw mode in hexadecimal, ids, size, time, names; a name is printed as UNKNOWN for none."""

FIELDS = ("kind", "mode", "owner", "group", "uid", "gid", "size", "modified")

_KINDS = {
    0o100000: "file",
    0o040000: "directory",
    0o120000: "symlink",
    0o140000: "socket",
    0o010000: "fifo",
    0o060000: "block",
    0o020000: "character",
}


def cells(raw: bytes) -> dict[str, Cell] | None:
    """Read one output of FORMAT into the cells of a file; None when it is not of that form."""
    parts = decoded(raw).split("\t")
    if len(parts) != 7:
        return None
    try:
        mode = int(parts[0], 16)
        uid, gid, size, seconds = (int(part) for part in parts[1:5])
    except ValueError:
        return None
    owner, group = parts[5:]
    return {
        "kind": _KINDS.get(mode & 0o170000, error("a kind of file that is not known")),
        "mode": f"{mode & 0o7777:04o}",
        "owner": ABSENT if owner == "UNKNOWN" else owner,
        "group": ABSENT if group == "UNKNOWN" else group,
        "uid": uid,
        "gid": gid,
        "size": size,
        "modified": _time(seconds),
    }


def every(cell: Cell) -> dict[str, Cell]:
    """Give the cells of a file of which nothing but this is known."""
    return dict.fromkeys(FIELDS, cell)


def _time(seconds: int) -> str | Gap:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)
    except (OverflowError, ValueError, OSError):
        return error(f"a time of change beyond the calendar ({seconds})")
