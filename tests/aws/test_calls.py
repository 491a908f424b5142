"""How many calls facts on IAM, KMS, CloudTrail and Config take, and regions that do not answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scanner.collection.aws.account import IDENTITY
from scanner.collection.aws.visit import collect
from scanner.model.evidence import Gap, Query
from scanner.transport.sql import Failure
from tests.aws.bench import HOME, LIMITS, REGIONS, Recorder, Replayed
from tests.aws.conftest import Visit

ID = {"Account": "111111111111", "Arn": "arn:aws:iam::111111111111:user/x", "UserId": "x"}
KEYS = [{"KeyId": f"k{n}", "KeyArn": f"arn:aws:kms:{HOME}:1:key/k{n}"} for n in range(50)]
KEY = {
    "KeyId": "k",
    "KeyManager": "CUSTOMER",
    "KeyState": "Enabled",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "Origin": "AWS_KMS",
}
TOLD: dict[str, Any] = {
    "sts:GetCallerIdentity": ID,
    "iam:GenerateCredentialReport": {"State": "COMPLETE"},
    "iam:GetCredentialReport": {"Content": b""},
    "kms:ListKeys": {"Keys": KEYS},
    "kms:DescribeKey": {"KeyMetadata": KEY},
    "kms:GetKeyRotationStatus": {"KeyRotationEnabled": True},
    "kms:GetKeyPolicy": {"Policy": '{"Statement": []}'},
    "cloudtrail:DescribeTrails": {"trailList": [{"TrailARN": "arn:aws:cloudtrail:x:1:trail/t", "HomeRegion": HOME}]},
}


@pytest.mark.parametrize(
    ("facts", "calls"),
    [
        (("iam_policy", "iam_principal", "iam_role"), 1),
        (("iam_user", "iam_access_key", "iam_root_use"), 2),
        (("iam_root",), 2),
        (("kms_key",), 1 + 50),
        (("kms_key", "kms_rotation"), 1 + 100),
        (("kms_rotation", "kms_policy"), 1 + 150),
        (("cloudtrail",), 1 + 2),
        (("config_recorder",), 3),
    ],
)
def test_calls(facts: tuple[str, ...], calls: int) -> None:
    recorder = Recorder(Replayed({}, {"regions": HOME}, HOME, told=TOLD))
    collect([Query.of(f"aws.{fact}") for fact in facts], recorder, LIMITS)
    assert len([call for call in recorder.replies if call.operation != IDENTITY]) == calls


def test_a_trail_that_many_regions_see_is_asked_once() -> None:
    regions = ",".join(f"r{n}" for n in range(20))
    recorder = Recorder(Replayed({}, {"regions": regions}, "r0", told=TOLD))
    (found,) = collect([Query.of("aws.cloudtrail")], recorder, LIMITS).evidence
    assert len(found.rows) == 1
    assert len(recorder.replies) == 1 + 20 + 2


@pytest.mark.parametrize("fact", ["kms_key", "kms_alias", "cloudtrail", "config_recorder", "access_analyzer"])
def test_a_region_that_denies_is_named(fact: str, visits: dict[str, Visit]) -> None:
    recorder, _ = visits["hardened"]
    denied = Failure("AccessDenied", "AccessDenied: not authorized", denied=True)
    replies = {
        call: replace(reply, pages=(), failure=denied) if call.region == "us-east-1" else reply
        for call, reply in recorder.replies.items()
    }
    (found,) = collect([Query.of(f"aws.{fact}")], Replayed(replies, {"regions": REGIONS}, HOME), LIMITS).evidence
    near = [row for row in found.rows if row["region"] == HOME]
    far = [row for row in found.rows if row["region"] == "us-east-1"]
    assert near
    assert not any(isinstance(cell, Gap) for row in near for cell in row.values())
    if found.gap is None:
        assert far
        assert all(any(isinstance(cell, Gap) and cell.needs for cell in row.values()) for row in far)
    else:
        assert "us-east-1" in found.gap.reason
        assert found.gap.needs


def test_a_key_that_may_not_be_described_keeps_its_row() -> None:
    told = {**TOLD, "kms:DescribeKey": Failure("AccessDenied", "AccessDenied: no", denied=True)}
    recorder = Recorder(Replayed({}, {"regions": HOME}, HOME, told=told))
    for fact in ("kms_key", "kms_rotation", "kms_policy"):
        (found,) = collect([Query.of(f"aws.{fact}")], recorder, LIMITS).evidence
        assert len(found.rows) == 50
        cells = [cell for cell in found.rows[0].values() if isinstance(cell, Gap)]
        assert cells
        assert {cell.needs for cell in cells} == {"kms:DescribeKey"}
    asked = {str(call.operation) for call in recorder.replies}
    assert asked == {"sts:GetCallerIdentity", "kms:ListKeys", "kms:DescribeKey"}
