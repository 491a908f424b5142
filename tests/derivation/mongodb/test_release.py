"""The server's release beside the table of releases."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.derivation.table import derive
from scanner.model.evidence import Evidence, Gap, Provenance, Query, error
from scanner.model.outcome import Outcome

QUERY, SERVER = Query.of("mongodb.release"), Query.of("mongodb.server")


def release(version: str, taken_at: str = "2026-11-20T02:00:00Z") -> Any:
    series = ".".join(version.split(".")[:2])
    given = Evidence(SERVER, ({"version": version, "series": series},), None, Provenance(taken_at=taken_at))
    found = derive(QUERY, {SERVER: given}, "2026-11-20T02:00:00Z")
    assert found.gap is None
    return found.rows[0]


@pytest.mark.parametrize(
    ("version", "supported", "fixed"),
    [
        ("7.0.30", True, True),
        ("7.0.28", True, True),
        ("7.0.9", True, False),
        ("7.0.27", True, False),
        ("8.0.17-6", True, True),
        ("6.0.27", False, True),
        ("8.2.3", False, True),
        ("7.3.4", False, False),
        ("4.4.30", False, True),
    ],
)
def test_releases(version: str, supported: bool, fixed: bool) -> None:
    row = release(version)
    assert (row["supported"], row["fixed"]) == (supported, fixed)


def test_the_time_of_the_evidence_decides() -> None:
    assert release("7.0.30", "2027-03-01T00:00:00Z")["supported"] is True
    assert release("7.0.30", "2027-09-01T00:00:00Z")["supported"] is False
    assert release("6.0.27", "2025-07-01T00:00:00Z")["supported"] is True


def test_an_old_table_supports_nothing() -> None:
    row = release("8.0.20", "2027-06-01T00:00:00Z")
    assert isinstance(row["supported"], Gap)
    assert row["supported"].kind is Outcome.UNKNOWN
    assert row["fixed"] is True


@pytest.mark.parametrize("version", ["9.0.1", "8.3.0", "odd"])
def test_what_the_table_does_not_know_is_unknown(version: str) -> None:
    row = release(version)
    assert all(isinstance(row[name], Gap) for name in ("supported", "fixed", "supported_until"))


def test_a_version_that_cannot_be_compared() -> None:
    assert isinstance(release("7.0.x")["fixed"], Gap)


def test_gaps_are_carried_through() -> None:
    lost = error("lost")
    assert derive(QUERY, {SERVER: Evidence(SERVER, (), lost)}, "").gap == lost
    assert derive(QUERY, {SERVER: Evidence(SERVER, ({"version": lost, "series": lost},))}, "").gap == lost
    assert derive(QUERY, {}, "").gap is not None
