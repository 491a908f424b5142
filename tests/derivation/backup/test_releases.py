"""A backup server's place in the dated table of releases."""

from __future__ import annotations

from datetime import date

import pytest

from scanner.derivation.backup.releases import TABLES
from scanner.derivation.table import derive
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Provenance, Query, error, unknown

AT = "2026-11-21T08:00:00Z"
DAY = 86400
SERVER = Query("backup.server")
PBS, PVE, VEEAM, IPERIUS = "Proxmox Backup Server", "Proxmox VE", "Veeam Backup & Replication", "Iperius Backup"


def release(name: Cell, version: Cell, at: str = AT, age: int = 400 * DAY) -> Evidence:
    query = Query.of("backup.release", {"table_age": age})
    return derive(query, {SERVER: Evidence(SERVER, ({"name": name, "version": version},))}, at)


@pytest.mark.parametrize(
    ("name", "version", "at", "wanted"),
    [
        (PBS, "4.0.11", AT, True),
        (PBS, "3.4.9", AT, False),
        (PBS, "3.4.9", "2026-08-30T00:00:00Z", True),
        (PBS, "0.9", AT, False),
        (PVE, "9.1.2", AT, True),
        (PVE, "8.4.14", AT, False),
        (PVE, "5.4", AT, False),
        (VEEAM, "13.0.2.29", AT, True),
        (VEEAM, "12.3.2.4934", AT, True),
        (VEEAM, "12.3.2.4934", "2027-02-01T00:00:00Z", False),
        (VEEAM, "11.0.1.1261", AT, False),
        (VEEAM, "9.5.4.2866", AT, False),
        (IPERIUS, "8.7.4", AT, ABSENT),
    ],
)
def test_supported(name: str, version: str, at: str, wanted: Cell) -> None:
    [row] = release(f"{name} {version}", version, at).rows
    assert row["supported"] is wanted


@pytest.mark.parametrize(
    ("name", "version", "wanted"),
    [
        (VEEAM, "12.3.2.4934", True),
        (VEEAM, "12.3.2.4854", False),
        (VEEAM, "12.1.0.2131", False),
        (VEEAM, "13.1.1.18", True),
        (VEEAM, "13.0.2.29", False),
        (VEEAM, "11.0.1.1261 P20240304", False),
        (IPERIUS, "8.7.4", True),
        (IPERIUS, "8.10.0", True),
        (IPERIUS, "8.7.3", False),
        (IPERIUS, "7.9", False),
        (PBS, "4.0.11", ABSENT),
    ],
)
def test_fixed(name: str, version: str, wanted: Cell) -> None:
    [row] = release(f"{name} {version}", version).rows
    assert row["fixed"] is wanted


@pytest.mark.parametrize("version", ["12.3.2", "13.1.0.411"])
def test_a_version_that_does_not_tell(version: str) -> None:
    [row] = release(VEEAM, version).rows
    assert isinstance(row["fixed"], Gap)


def test_an_old_table_shows_no_good_news() -> None:
    [row] = release(VEEAM, "13.1.1.18", age=DAY).rows
    assert isinstance(row["fixed"], Gap)
    assert row["supported"] is True, "its end is published"
    [row] = release(PBS, "4.0.11", age=DAY).rows
    assert isinstance(row["supported"], Gap)
    [row] = release(IPERIUS, "8.7.2", age=DAY).rows
    assert row["fixed"] is False


@pytest.mark.parametrize(
    ("name", "version"),
    [
        (PBS, "5.0"),
        (VEEAM, "14.0.0.1"),
        (PBS, ABSENT),
        (PBS, unknown("hidden")),
        (VEEAM, error("cut")),
        ("Another product", "1.0"),
        (error("cut"), "1.0"),
        (VEEAM, "newest"),
        (VEEAM, "\u0664.1"),
    ],
)
def test_what_is_not_known(name: Cell, version: Cell) -> None:
    found = release(name, version)
    assert found.gap is not None
    assert not found.rows


def test_the_time_of_the_evidence_counts() -> None:
    asked = Evidence(
        SERVER, ({"name": PBS, "version": "3.4.9"},), provenance=Provenance(taken_at="2026-08-01T00:00:00Z")
    )
    [row] = derive(Query.of("backup.release", {"table_age": DAY}), {SERVER: asked}, AT).rows
    assert row["supported"] is True
    [row] = release(PBS, "3.4.9", at="").rows
    assert isinstance(row["supported"], Gap)


def test_table() -> None:
    for series in TABLES.values():
        assert [each.major for each in series] == sorted({each.major for each in series})
        for each in series:
            assert date.fromisoformat(each.checked) <= date(2026, 11, 21)
            assert each.source
            assert not each.ends or date.fromisoformat(each.ends)
