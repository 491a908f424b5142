"""Large accounts: what is asked grows with the account, and with nothing else."""

from __future__ import annotations

import pytest

from scanner.collection.aws.ebs import OPEN, OWN, SNAPSHOTS
from scanner.collection.aws.visit import collect
from scanner.model.evidence import Query
from scanner.transport.cloud import Call
from tests.aws.bench import LIMITS
from tests.benchmarks.bench_aws import BUCKETS, ONCE, PER_BUCKET, Account, visit
from tests.benchmarks.bench_aws import SNAPSHOTS as MANY


@pytest.mark.parametrize("part", [1, 4])
def test_calls_are_the_least(part: int) -> None:
    account = Account(BUCKETS // part, MANY // part)
    rows = visit(account)
    assert account.calls == PER_BUCKET * BUCKETS // part + ONCE
    assert rows == (PER_BUCKET * BUCKETS + MANY) // part


def test_public_snapshots_take_one_call_per_region() -> None:
    account = Account(0, MANY, options={"regions": "eu-central-1,us-east-1"})
    (found,) = collect([Query.of("aws.ebs_public_snapshot")], account, LIMITS).evidence
    assert (len(found.rows), found.gap) == (0, None)
    assert account.calls == 1 + 2  # who we are, and each region once


def test_snapshots_are_asked_for_by_the_thousand() -> None:
    assert OWN["MaxResults"] == 1000
    assert Call.of(SNAPSHOTS, "eu-central-1", OPEN).arguments["RestorableByUserIds"] == ["all"]
