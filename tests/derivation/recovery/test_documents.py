"""Demands of the policy on the estate stand in the rows that rules judge: documents and alerts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.table import derive_estate
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, error, unknown
from scanner.model.recovery import Leaf, Section
from tests.monitoring import test_alerts
from tests.support.estate import DAY, TODAY, ago, derive

FACT = "git.document"
YEARLY = Section(
    "estate",
    {
        "documents_reviewed_every": Leaf("estate.documents_reviewed_every", 366 * DAY, "12 months", "handbook:12"),
        "alerted_within": Leaf("estate.alerted_within", 900.0, "15m", "handbook:14"),
    },
)


def documents(last: Cell, policy: Section = YEARLY, gap: Gap | None = None) -> Evidence:
    row = {"document": "docs/recovery.md", "present": last is not ABSENT, "last_commit": last, "commit": "abc"}
    answers = {"conf": {FACT: Evidence(Query(FACT), (row,), gap)}}
    return derive("document", Scene(TODAY, "UTC", (), (), answers, {"conf": "git"}, {}, estate=policy))


def test_age_and_demand() -> None:
    [row] = documents(ago(90 * DAY)).rows
    assert (row["target"], row["age"]) == ("conf", 90 * DAY)
    assert (row["demanded"], row["demanded_source"]) == (366 * DAY, "handbook:12")
    [row] = documents(ago(90 * DAY), Section("estate")).rows
    assert (row["demanded"], row["demanded_source"]) == (ABSENT, ABSENT)


@pytest.mark.parametrize("last", [unknown("hidden"), error("the clone is shallow")])
def test_what_is_not_known_stays_so(last: Gap) -> None:
    assert documents(last).rows[0]["age"] == last


@pytest.mark.parametrize("last", [ago(-DAY), "yesterday", "2026-01-01T00:00:00"])
def test_a_time_that_no_commit_can_have(last: str) -> None:
    assert isinstance(documents(last).rows[0]["age"], Gap)


def test_a_document_that_is_not_there_has_no_age() -> None:
    assert documents(ABSENT).rows[0]["age"] is ABSENT


def test_a_repository_that_did_not_tell_all() -> None:
    found = documents(ago(DAY), gap=unknown("cut"))
    assert found.gap is not None
    assert found.gap.reason == "conf: cut"


def test_alerts_carry_the_demand() -> None:
    [row] = derive_estate(Query("monitoring.alert"), replace(test_alerts.scene(), estate=YEARLY)).rows
    assert (row["demanded"], row["demanded_source"]) == (900, "handbook:14")
