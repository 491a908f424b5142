"""Large accounts on made answers: calls counted, and time and memory beside half the size, which must grow with it."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collection.aws.visit import collect
from scanner.model.evidence import Query
from scanner.transport.cloud import Call, Reply, Value
from scanner.transport.shell import Limits
from tests.benchmarks.figures import Figure

BUCKETS = 2_000
SNAPSHOTS = 5_000
PAGE = 1_000
FACTS = (
    "aws.s3_encryption",
    "aws.s3_versioning",
    "aws.s3_public_block",
    "aws.ebs_snapshot",
    "aws.ebs_public_snapshot",
)
PER_BUCKET = 3
"""Calls that each bucket takes for these facts."""
ONCE = 5
"""Who we are, the buckets, the account's block, and the two lists of snapshots in one region."""
_GROWTH = 2.6
"""Twice the size may take so many times as much; twice is what the work grows by, four times would be square."""


@dataclass(slots=True)
class Account:
    """A client that makes its answers up."""

    buckets: int
    snapshots: int
    options: dict[str, str] = field(default_factory=lambda: {"regions": "eu-central-1"})
    home: str = "eu-central-1"
    calls: int = 0

    def ask_all(self, calls: Sequence[Call]) -> dict[Call, Reply]:
        """Count, and answer."""
        self.calls += len(calls)
        return {call: Reply(call, tuple(self._pages(call))) for call in calls}

    def close(self) -> None:
        """Nothing is open."""

    def _pages(self, call: Call) -> Iterator[dict[str, Value]]:
        name = str(call.operation)
        if name == "ec2:DescribeSnapshots":
            shared = "RestorableByUserIds" in call.arguments
            yield from _cut("Snapshots", [] if shared else [_snapshot(each) for each in range(self.snapshots)])
        elif name == "s3:ListBuckets":
            listed = ({"Name": f"bucket-{each}", "BucketRegion": "eu-central-1"} for each in range(self.buckets))
            yield from _cut("Buckets", list(listed))
        else:
            yield _SINGLE[name]


_CLOSED: dict[str, Any] = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
_DEFAULT: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
_SINGLE: dict[str, dict[str, Value]] = {
    "sts:GetCallerIdentity": {"Account": "1", "Arn": "arn:aws:iam::1:user/x"},
    "s3:GetBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": [_DEFAULT]}},
    "s3:GetBucketVersioning": {"Status": "Enabled"},
    "s3:GetPublicAccessBlock": {"PublicAccessBlockConfiguration": _CLOSED},
    "s3control:GetPublicAccessBlock": {"PublicAccessBlockConfiguration": _CLOSED},
}


def _snapshot(number: int) -> dict[str, Any]:
    return {
        "SnapshotId": f"snap-{number}",
        "VolumeId": f"vol-{number}",
        "Encrypted": True,
        "State": "completed",
        "StartTime": "2026-11-20T01:00:00Z",
        "Tags": [{"Key": "env", "Value": "prod"}],
    }


def _cut(key: str, items: Sequence[Value]) -> Iterator[dict[str, Value]]:
    for first in range(0, max(len(items), 1), PAGE):
        yield {key: list(items[first : first + PAGE])}


def visit(account: Account) -> int:
    """Ask an account for all facts; give the number of rows."""
    answer = collect([Query.of(name) for name in FACTS], account, Limits())
    assert answer.started, answer.gap
    assert not any(found.gap for found in answer.evidence)
    return sum(len(found.rows) for found in answer.evidence)


def figures(*, quick: bool) -> Iterator[Figure]:
    """A large account and one of half its size."""
    times = 1 if quick else 3
    half, full = Account(BUCKETS // 2, SNAPSHOTS // 2), Account(BUCKETS, SNAPSHOTS)
    rows = visit(full)
    least = PER_BUCKET * BUCKETS + ONCE
    yield Figure(f"calls for {BUCKETS:,} buckets", full.calls, "", least, note=f"{rows:,} rows, the least is {least:,}")
    slow, fast = _seconds(full, times), _seconds(half, times)
    yield Figure("the same without the network", slow, "s", 5, note=f"{SNAPSHOTS:,} snapshots too")
    yield Figure("time beside that of half the account", slow / fast, "", _GROWTH)
    much, less = _memory(full), _memory(half)
    yield Figure("memory at its highest", much / 2**20, "MiB", 100)
    yield Figure("memory beside that of half the account", much / less, "", _GROWTH)


def _seconds(account: Account, times: int) -> float:
    taken = []
    for _ in range(times):
        begun = time.process_time()
        visit(account)
        taken.append(time.process_time() - begun)
    return min(taken)


def _memory(account: Account) -> int:
    tracemalloc.start()
    try:
        visit(account)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
