"""Exposure of buckets: what is not known decides nothing, and never closes anything."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from scanner.derivation.aws.s3_exposure import exposure
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, unknown
from scanner.model.outcome import Outcome
from tests.collection.parity import check

LOST = unknown("denied", "s3:GetAny")
BUCKET: Row = {"arn": "arn:aws:s3:::data", "name": "data", "region": "eu-central-1"}


def derive(block: Row, policy: Row, acl: Row, gap: Gap | None = None) -> Evidence:
    rows = {"public_block": block, "policy": policy, "acl": acl}
    inputs = {
        Query.of(f"aws.s3_{name}"): Evidence(Query.of(f"aws.s3_{name}"), ({**BUCKET, **row},), gap)
        for name, row in rows.items()
    }
    made = exposure(Query.of("aws.s3_exposure"), inputs, "2026-11-20T02:00:00Z")
    check(made)
    return made


@pytest.mark.parametrize(
    ("restrict", "public", "wanted"),
    [
        (True, True, False),
        (False, True, True),
        (False, False, False),
        (LOST, False, False),
        (True, LOST, False),
        (LOST, True, LOST),
        (False, LOST, LOST),
    ],
)
def test_by_policy(restrict: Cell, public: Cell, wanted: Cell) -> None:
    closed: dict[str, Any] = {"public_grants": [], "ownership": "BucketOwnerEnforced"}
    policy: dict[str, Any] = {"public": public, "public_actions": ["s3:PutObject"]}
    [row] = derive({"restrict": restrict, "ignore_acls": True}, policy, closed).rows
    assert (row["by_policy"], row["by_acl"]) == (wanted, False)
    assert row["writable"] == wanted


def test_what_is_not_known_never_closes() -> None:
    """With any cell taken away the answer stays what it was or is not known."""
    cells: list[tuple[str, str, list[Any]]] = [
        ("block", "restrict", [True, False]),
        ("block", "ignore_acls", [True, False]),
        ("policy", "public", [True, False]),
        ("policy", "public_actions", [[], ["s3:GetObject"], ["s3:*"]]),
        ("acl", "public_grants", [[], ["everyone: READ"], ["everyone: WRITE"]]),
        ("acl", "ownership", ["BucketOwnerEnforced", "ObjectWriter"]),
    ]
    for values in product(*(each[2] for each in cells)):
        rows: dict[str, dict[str, Any]] = {"block": {}, "policy": {}, "acl": {}}
        for (row, name, _), value in zip(cells, values, strict=True):
            rows[row][name] = value
        [whole] = derive(**rows).rows
        for row, name, _ in cells:
            [less] = derive(**{**rows, row: {**rows[row], name: LOST}}).rows
            for field in ("by_policy", "by_acl", "writable", "ways"):
                assert less[field] == whole[field] or isinstance(less[field], Gap), (rows, name, field)


def test_lists_that_are_cut_stay_so() -> None:
    made = derive(
        {"restrict": True, "ignore_acls": True},
        {"public": False, "public_actions": []},
        {"public_grants": [], "ownership": "ObjectWriter"},
        LOST,
    )
    assert made.gap is not None
    assert made.gap.kind is Outcome.UNKNOWN
