"""EC2 as AWS tells of it and moto does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.bench import HOME, REGIONS, Replayed, snapshot, verdicts
from tests.aws.conftest import Visit


def _snapshot(encrypted: bool) -> dict[str, Any]:
    return {"Snapshots": [{"SnapshotId": "snap-1", "Encrypted": encrypted, "State": "completed"}]}


CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("ebs_snapshot_not_public", "DescribeSnapshots", {"Snapshots": []}, "pass"),
    ("ebs_snapshot_not_public", "DescribeSnapshots", {"Snapshots": [{"SnapshotId": "snap-1"}]}, "fail"),
    ("ebs_snapshot_not_public", "DescribeSnapshots", {"Snapshots": [{"Encrypted": True}]}, "error"),
    ("ebs_snapshot_public_access_blocked", "GetSnapshotBlockPublicAccessState", {"State": "block-all-sharing"}, "pass"),
    ("ebs_snapshot_public_access_blocked", "GetSnapshotBlockPublicAccessState", {"State": "block-new-sharing"}, "fail"),
    ("ebs_snapshot_public_access_blocked", "GetSnapshotBlockPublicAccessState", {"State": "unblocked"}, "fail"),
    ("ebs_snapshot_public_access_blocked", "GetSnapshotBlockPublicAccessState", {}, "error"),
    ("ebs_snapshot_encrypted", "DescribeSnapshots", _snapshot(True), "pass"),
    ("ebs_snapshot_encrypted", "DescribeSnapshots", _snapshot(False), "fail"),
    (
        "ec2_image_public_access_blocked",
        "GetImageBlockPublicAccessState",
        {"ImageBlockPublicAccessState": "block-new-sharing"},
        "pass",
    ),
    (
        "ec2_image_public_access_blocked",
        "GetImageBlockPublicAccessState",
        {"ImageBlockPublicAccessState": "unblocked"},
        "fail",
    ),
    (
        "ec2_metadata_default_v2",
        "GetInstanceMetadataDefaults",
        {"AccountLevel": {"HttpTokens": "required"}},
        "pass",
    ),
    ("ec2_metadata_default_v2", "GetInstanceMetadataDefaults", {"AccountLevel": {"HttpTokens": "optional"}}, "fail"),
    ("ec2_metadata_default_v2", "GetInstanceMetadataDefaults", {"AccountLevel": {}}, "fail"),
    ("ec2_metadata_default_v2", "GetInstanceMetadataDefaults", {}, "fail"),
]


@pytest.mark.parametrize(("rule", "operation", "answer", "outcome"), CASES)
def test_ec2_as_aws_answers(
    rule: str, operation: str, answer: dict[str, Any], outcome: str, visits: dict[str, Visit]
) -> None:
    replies = visits["hardened"][0].replies
    client = Replayed(replies, {"regions": REGIONS}, HOME, told={f"ec2:{operation}": answer})
    assert verdicts(snapshot(client))[rule] == outcome
