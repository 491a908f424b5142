"""Databases joined with what their owners can do."""

from __future__ import annotations

from scanner.derivation.postgres.owners import database_owner
from scanner.model.evidence import Evidence, Gap, Query, Row, unknown
from scanner.model.outcome import Outcome
from tests.collection.parity import check

DATABASES, ROLES = Query("postgres.database"), Query("postgres.role")
STAMP = "2026-11-20T00:00:00Z"
SKY: Row = {"database": "sky", "template": False, "owner": "sky_owner"}
OWNER: Row = {"role": "sky_owner", "can_login": False, "becomes_superuser": False}


def owners(databases: Evidence, roles: Evidence) -> Evidence:
    found = database_owner(Query("postgres.database_owner"), {DATABASES: databases, ROLES: roles}, STAMP)
    check(found)
    return found


def test_the_owner_is_found() -> None:
    found = owners(Evidence(DATABASES, (SKY,)), Evidence(ROLES, (OWNER,)))
    assert found.rows == ({**SKY, "can_login": False, "becomes_superuser": False},)
    assert found.complete


def test_an_owner_who_is_not_known_is_a_gap() -> None:
    for roles, kind in (
        (Evidence(ROLES, (), unknown("denied", "x")), Outcome.UNKNOWN),
        (Evidence(ROLES, ()), Outcome.ERROR),
    ):
        [row] = owners(Evidence(DATABASES, (SKY,)), roles).rows
        assert isinstance(row["can_login"], Gap)
        assert row["can_login"].kind is kind


def test_databases_that_are_missing_stay_missing() -> None:
    found = owners(Evidence(DATABASES, (), unknown("denied")), Evidence(ROLES, (OWNER,)))
    assert found.gap is not None
    nothing = database_owner(Query("postgres.database_owner"), {}, STAMP)
    assert nothing.gap is not None
