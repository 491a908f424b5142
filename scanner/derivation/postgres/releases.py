"""A dated table of PostgreSQL's releases, and where a server stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scanner.derivation.inputs import cell, derived, single, source
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error, unknown


@dataclass(frozen=True, slots=True)
class Branch:
    """One major version."""

    major: int
    first: str
    """Date of its first release."""
    ends: str
    """Date of its last release, after which there are no fixes; published at its first."""
    minor: int
    """Newest minor release that is known."""
    released: str
    """Date of that one, or the first day on which it was seen."""
    checked: str
    """Date on which this line was last compared with the world."""


BRANCHES = (
    Branch(10, "2017-10-05", "2022-11-10", 23, "2022-11-10", "2026-11-21"),
    Branch(11, "2018-10-18", "2023-11-09", 22, "2023-11-09", "2026-11-21"),
    Branch(12, "2019-10-03", "2024-11-21", 22, "2024-11-21", "2026-11-21"),
    Branch(13, "2020-09-24", "2025-11-13", 23, "2025-11-13", "2026-11-21"),
    Branch(14, "2021-09-30", "2026-11-12", 24, "2026-08-13", "2026-08-21"),
    Branch(15, "2022-10-13", "2027-11-11", 20, "2026-11-21", "2026-11-21"),
    Branch(16, "2023-09-14", "2028-11-09", 15, "2026-08-13", "2026-08-21"),
    Branch(17, "2024-09-26", "2029-11-08", 11, "2026-08-13", "2026-08-21"),
    Branch(18, "2025-09-25", "2030-11-14", 6, "2026-08-13", "2026-08-21"),
)
"""From the release notes and the versioning policy of the PostgreSQL Global Development Group."""


def release(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give postgres.release: the server's row in the table of releases."""
    server = single(source(inputs, "postgres.server"))
    version, major = cell(server, "version"), cell(server, "major")
    gap = next((found for found in (version, major) if isinstance(found, Gap)), None)
    if gap is not None:
        return derived(query, (), gap, inputs, taken_at)
    branch = next((each for each in BRANCHES if each.major == major), None)
    if branch is None:
        reason = f"PostgreSQL {major} is not in the table of releases (update Controlproof)"
        return derived(query, (), unknown(reason), inputs, taken_at)
    age = query.parameters.get("table_age", 0)
    row = _row(str(version), branch, taken_at, float(age) if isinstance(age, int | float) else 0.0)
    return derived(query, [row], None, inputs, taken_at)


def _row(version: str, branch: Branch, taken_at: str, age: float) -> Row:
    return {
        "version": version,
        "major": branch.major,
        "newest": f"{branch.major}.{branch.minor}",
        "current": _current(version, branch, taken_at, age),
        "released": _time(branch.released),
        "end_of_life": _time(branch.ends),
        "supported": _moment(taken_at) < _moment(branch.ends)
        if taken_at
        else error("the time of collection is not known"),
        "checked": _time(branch.checked),
    }


def _current(version: str, branch: Branch, taken_at: str, age: float) -> Cell:
    """Tell whether the newest known release runs; an old table can only show that it does not."""
    minor = version.partition(".")[2]
    if not minor.isdigit():
        return error(f"not a released version: {version[:40]}")
    if int(minor) < branch.minor:
        return False
    if not taken_at:
        return error("the time of collection is not known")
    if _moment(taken_at) - _moment(branch.checked) > timedelta(seconds=age):
        return unknown(
            f"the table of releases was compared last on {branch.checked} for PostgreSQL {branch.major}, "
            "and newer ones may be out (update Controlproof)"
        )
    return True


def _time(date: str) -> str:
    return f"{date}T00:00:00Z"


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
