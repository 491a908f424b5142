"""A dated table of the releases of backup systems: how long each series gets updates, and from where on known holes are closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from scanner.derivation.inputs import cell, derived, single, source
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown


@dataclass(frozen=True, slots=True)
class Series:
    """Releases that share the first number of their version."""

    major: int
    ends: str
    """Date from which on there are no updates any more; empty where the vendor has not told one."""
    checked: str
    """Date of the newest source that this line was compared with."""
    source: str
    fixed_in: str = ""
    """First release without the holes that are known; empty where none is tracked, `none` where none was made."""
    sure_from: str = ""
    """First release that is surely without them, where that is a later one: between the two it is not known."""


_PBS = "pbs.proxmox.com/docs/faq.html, release support table"
_PVE = "pve.proxmox.com/wiki/FAQ, release support table"
_VEEAM = "veeam.com/product-lifecycle.html"

TABLES: Mapping[str, tuple[Series, ...]] = MappingProxyType(
    {
        "Proxmox Backup Server": (
            Series(1, "2022-09-30", "2026-08-20", _PBS),
            Series(2, "2024-07-31", "2026-08-20", _PBS),
            Series(3, "2026-08-31", "2026-08-20", _PBS),
            Series(4, "", "2026-08-20", _PBS),
        ),
        "Proxmox VE": (
            Series(6, "2022-09-30", "2026-08-12", _PVE),
            Series(7, "2024-07-31", "2026-08-12", _PVE),
            Series(8, "2026-08-31", "2026-08-12", _PVE),
            Series(9, "", "2026-08-12", _PVE),
        ),
        "Veeam": (
            Series(10, "2023-02-01", "2026-10-07", _VEEAM, "none"),
            Series(11, "2024-02-01", "2026-10-07", _VEEAM, "none"),
            Series(12, "2027-02-01", "2026-10-07", f"{_VEEAM}; veeam.com/kb4934", "12.3.2.4934"),
            Series(13, "2028-11-01", "2026-10-07", f"{_VEEAM}; veeam.com/kb4902, kb4852", "13.0.3", "13.1.1.18"),
        ),
        "Iperius": (Series(0, "", "2026-04-23", "CVE-2026-4822, CVE-2026-4824", "8.7.4"),),
    }
)
"""How the product is called > its series, the oldest first; `0` stands for all.

Veeam: the advisory of October 2026 closes CVE-2025-64393 (a viewer runs code on the server) in series 12; that of August
closes CVE-2026-58070 in 13.0.3, and was completed in October by CVE-2026-58069, for which the fixed build of series 13 is
not known to us. 13.1.1.18 is the newest build known then. Iperius publishes no lifetimes.
"""


def release(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give backup.release: the server's row in the table of its product."""
    asked = source(inputs, "backup.server")
    server = single(asked)
    name, version = cell(server, "name"), cell(server, "version")
    gap = next((found for found in (version, name) if isinstance(found, Gap)), None)
    numbers = _numbers(str(version))
    table = next((table for product, table in TABLES.items() if str(name).startswith(product)), None)
    if gap is None and table is None:
        gap = error(f"no table of releases is kept for {str(name)[:60]!r}")
    elif gap is None and not numbers:
        gap = unknown("the version is not told")
    if gap is not None or table is None:
        return derived(query, (), gap, inputs, taken_at)
    series = _series(table, numbers[0])
    if series is None:
        reason = (
            f"version {str(version)[:40]} is of a series that is not in the table of releases (update Controlproof)"
        )
        return derived(query, (), unknown(reason), inputs, taken_at)
    age = query.parameters.get("table_age", 0)
    old = timedelta(seconds=float(age) if isinstance(age, int | float) else 0.0)
    row = _row(numbers, series, asked.provenance.taken_at or taken_at, old)
    return derived(query, [{"version": version, **row}], None, inputs, taken_at)


def _series(table: tuple[Series, ...], major: int) -> Series | None:
    """Give the line of a series; what is older than the oldest line ended before it."""
    if major < table[0].major:
        return table[0]
    return next((each for each in table if each.major in (0, major)), None)


def _row(numbers: tuple[int, ...], series: Series, now: str, age: timedelta) -> Row:
    return {
        "supported_until": f"{series.ends}T00:00:00Z" if series.ends else ABSENT,
        "supported": _supported(series, now, age),
        "fixed_in": ABSENT if series.fixed_in in ("", "none") else series.fixed_in,
        "fixed": _fixed(numbers, series, now, age),
        "checked": f"{series.checked}T00:00:00Z",
        "source": series.source,
    }


def _supported(series: Series, now: str, age: timedelta) -> Cell:
    if series.major == 0:
        return ABSENT
    at = _moment(now)
    if at is None:
        return error("the time of collection is not known")
    if series.ends:
        return at < datetime.fromisoformat(f"{series.ends}T00:00:00Z")
    return _aged(series, at, age, "it may have ended since") or True


def _fixed(numbers: tuple[int, ...], series: Series, now: str, age: timedelta) -> Cell:
    """Tell whether the known holes are closed; an old table can only show that they are not."""
    if series.fixed_in in ("", "none"):
        return False if series.fixed_in else ABSENT
    first, sure = _numbers(series.fixed_in), _numbers(series.sure_from or series.fixed_in)
    if numbers < first:
        if numbers == first[: len(numbers)]:
            return unknown(f"the version is told without its build, and {series.fixed_in} is the first that is mended")
        return False
    if numbers < sure:
        return unknown(f"not every hole is known to be closed before {series.sure_from} (see {series.source})")
    at = _moment(now)
    if at is None:
        return error("the time of collection is not known")
    return _aged(series, at, age, "newer holes may be known") or True


def _aged(series: Series, at: datetime, age: timedelta, what: str) -> Gap | None:
    if at - datetime.fromisoformat(f"{series.checked}T00:00:00Z") <= age:
        return None
    return unknown(f"the table of releases was compared last on {series.checked}, and {what} (update Controlproof)")


def _numbers(version: str) -> tuple[int, ...]:
    """Give the numbers of a version up to what is none: `8.7.4 (beta)` has three."""
    found: list[int] = []
    for part in version.replace("-", ".").split(" ")[0].split("."):
        if not (part.isascii() and part.isdigit()) or len(part) > 9:
            break
        found.append(int(part))
    return tuple(found)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
