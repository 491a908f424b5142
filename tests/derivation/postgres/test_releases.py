"""A server's place in the dated table of releases."""

from __future__ import annotations

import pytest

from scanner.derivation.postgres.releases import BRANCHES
from scanner.derivation.table import derive
from scanner.model.evidence import Cell, Evidence, Gap, Query, unknown

AT = "2026-11-21T08:00:00Z"
DAY = 86400
SERVER = Query("postgres.server")


def release(version: Cell, major: Cell, at: str = AT, age: int = 100 * DAY) -> Evidence:
    query = Query.of("postgres.release", {"table_age": age})
    return derive(query, {SERVER: Evidence(SERVER, ({"version": version, "major": major},))}, at)


@pytest.mark.parametrize(
    ("version", "at", "wanted"),
    [
        ("16.14", AT, False),
        ("16.0", AT, False),
        ("16.15", AT, True),
        ("16.99", AT, True),
        ("15.20", AT, True),
        ("15.19", AT, False),
        ("16.14", "2036-01-01T00:00:00Z", False),
    ],
)
def test_current(version: str, at: str, wanted: bool) -> None:
    [row] = release(version, int(version.split(".", maxsplit=1)[0]), at).rows
    assert row["current"] is wanted


def test_old_table_cannot_show_that_a_release_is_the_newest() -> None:
    [row] = release("16.15", 16, age=DAY).rows
    assert isinstance(row["current"], Gap)
    assert "update Controlproof" in row["current"].reason
    assert row["supported"] is True


@pytest.mark.parametrize("version", ["19beta1", "16devel", "16.x"])
def test_what_is_no_release(version: str) -> None:
    [row] = release(version, 16).rows
    assert isinstance(row["current"], Gap)


@pytest.mark.parametrize(
    ("major", "at", "wanted"), [(14, "2026-11-11T00:00:00Z", True), (14, AT, False), (13, AT, False)]
)
def test_supported(major: int, at: str, wanted: bool) -> None:
    [row] = release(f"{major}.99", major, at).rows
    assert row["supported"] is wanted


def test_newer_than_the_table_is_unknown() -> None:
    found = release("42.1", 42)
    assert found.gap == unknown("PostgreSQL 42 is not in the table of releases (update Controlproof)")


def test_gaps_are_carried_through() -> None:
    hidden = unknown("hidden")
    assert release(hidden, 16).gap == hidden
    query = Query.of("postgres.release", {"table_age": DAY})
    assert derive(query, {SERVER: Evidence(SERVER, gap=hidden)}, AT).gap == hidden


def test_table_is_in_order() -> None:
    assert [each.major for each in BRANCHES] == sorted({each.major for each in BRANCHES})
    for each in BRANCHES:
        assert each.first < each.released <= each.checked
        assert each.first < each.ends
        assert int(each.ends[:4]) - int(each.first[:4]) == 5
