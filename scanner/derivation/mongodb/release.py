"""The server's release beside a dated table of releases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

from scanner.derivation.inputs import derived, single, source
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, unknown

TABLE_DATE = date(2026, 2, 10)
_OLDEST = 400
"""Days after which the table is no longer believed."""

_SERIES: Mapping[str, tuple[date, str]] = MappingProxyType(
    {
        "4.4": (date(2024, 2, 29), "4.4.30"),
        "5.0": (date(2024, 10, 31), "5.0.32"),
        "6.0": (date(2025, 7, 31), "6.0.27"),
        "6.1": (date(2023, 2, 9), ""),
        "6.2": (date(2023, 4, 24), ""),
        "6.3": (date(2023, 8, 31), ""),
        "7.0": (date(2027, 8, 31), "7.0.28"),
        "7.1": (date(2024, 1, 23), ""),
        "7.2": (date(2024, 3, 27), ""),
        "7.3": (date(2024, 10, 31), ""),
        "8.0": (date(2029, 10, 31), "8.0.17"),
        "8.1": (date(2025, 9, 30), ""),
        "8.2": (date(2026, 7, 31), "8.2.3"),
    }
)
"""Release series > last day of support, and the first release without CVE-2025-14847 (empty: none was made).

By the vendor's lifecycle schedules and its security update of December 2025.
"""


def release(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give the row of `mongodb.release`; ages count to the time of the evidence."""
    server = single(source(inputs, "mongodb.server"))
    if isinstance(server, Gap):
        return derived(query, (), server, inputs, taken_at)
    version, series = server.get("version"), server.get("series")
    for cell in (version, series):
        if isinstance(cell, Gap):
            return derived(query, (), cell, inputs, taken_at)
    row: dict[str, Cell] = {
        "version": version if version is not None else ABSENT,
        "series": series if series is not None else ABSENT,
        "table_date": f"{TABLE_DATE}T00:00:00Z",
        **_judged(str(version), str(series), source(inputs, "mongodb.server").provenance.taken_at or taken_at),
    }
    return derived(query, (row,), None, inputs, taken_at)


def _judged(version: str, series: str, taken_at: str) -> dict[str, Cell]:
    known = _SERIES.get(series)
    if known is None:
        gap = unknown(f"release series {series} is not in our table of {TABLE_DATE}")
        return dict.fromkeys(("supported_until", "supported", "fixed_in", "fixed"), gap)
    until, fixed_in = known
    return {
        "supported_until": f"{until}T23:59:59Z",
        "supported": _supported(until, taken_at),
        "fixed_in": fixed_in or ABSENT,
        "fixed": _at_least(version, fixed_in) if fixed_in else False,
    }


def _supported(until: date, taken_at: str) -> Cell:
    try:
        today = datetime.fromisoformat(taken_at).date()
    except ValueError:
        return unknown("the time of the evidence is not known")
    if today > until:
        return False
    if (today - TABLE_DATE).days > _OLDEST:
        return unknown(f"our table of releases is of {TABLE_DATE}, too old to say that a series is supported")
    return True


def _at_least(version: str, fixed_in: str) -> Cell:
    """Compare releases; what follows a hyphen (Percona's builds) does not count."""
    try:
        ours = [int(part) for part in version.partition("-")[0].split(".")]
    except ValueError:
        return unknown(f"release {version[:40]} cannot be compared")
    return ours >= [int(part) for part in fixed_in.split(".")]
