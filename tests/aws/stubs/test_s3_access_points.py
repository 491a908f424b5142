"""Access points as AWS tells of them and moto does not: one region each, closed by several hands."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collection.aws.visit import collect
from scanner.model.evidence import Evidence, Query
from scanner.model.outcome import Outcome
from scanner.transport.sql import Failure
from tests.aws.bench import LIMITS, Recorder, Replayed
from tests.collection.parity import check

ARN = "arn:aws:s3:eu-west-1:1:accesspoint/shop"
OPEN = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
POLICY = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}'
NONE = Failure("NoSuchAccessPointPolicy", "there is none")
DENIED = Failure("AccessDenied", "AccessDenied: no", denied=True)
TOLD: dict[str, Any] = {
    "sts:GetCallerIdentity": {"Account": "1", "Arn": "arn:aws:iam::1:user/x", "UserId": "x"},
    "s3:ListBuckets": {"Buckets": [{"Name": "data", "BucketRegion": "eu-west-1"}]},
    "s3control:ListAccessPoints": {
        "AccessPointList": [{"Name": "shop", "NetworkOrigin": "Internet", "Bucket": "data", "AccessPointArn": ARN}]
    },
    "s3control:GetAccessPoint": {"PublicAccessBlockConfiguration": OPEN},
    "s3control:GetAccessPointPolicy": {"Policy": POLICY},
    "s3control:GetAccessPointPolicyStatus": {"PolicyStatus": {"IsPublic": True}},
    "s3control:GetPublicAccessBlock": {"PublicAccessBlockConfiguration": OPEN},
}


def _ask(**told: Any) -> tuple[Evidence, Recorder]:
    given = {**TOLD, **{f"s3control:{name}": answer for name, answer in told.items()}}
    recorder = Recorder(Replayed({}, {"regions": "eu-central-1"}, told=given))
    (found,) = collect([Query.of("aws.s3_access_point")], recorder, LIMITS).evidence
    check(found)
    return found, recorder


def test_they_are_sought_wherever_a_bucket_lies() -> None:
    found, recorder = _ask()
    asked = {call.region for call in recorder.replies if call.operation.name == "ListAccessPoints"}
    assert asked == {"eu-central-1", "eu-west-1"}
    (row,) = found.rows
    assert (row["arn"], row["bucket"], row["origin"], row["public"]) == (ARN, "data", "internet", True)
    assert (row["public_actions"], row["restrict"]) == (["s3:GetObject"], False)


def test_one_without_a_policy_opens_nothing() -> None:
    found, _ = _ask(GetAccessPointPolicy=NONE, GetAccessPointPolicyStatus=NONE)
    (row,) = found.rows
    assert (row["public"], row["public_actions"], row["foreign_accounts"]) == (False, [], [])


def test_the_accounts_block_closes_them_too() -> None:
    closed = {"PublicAccessBlockConfiguration": dict.fromkeys(OPEN, True)}
    assert _ask(GetPublicAccessBlock=closed, GetAccessPoint=DENIED)[0].rows[0]["restrict"] is True


@pytest.mark.parametrize(
    ("name", "answer", "kind"),
    [
        ("ListAccessPoints", DENIED, Outcome.UNKNOWN),
        (
            "ListAccessPoints",
            {"AccessPointList": [{"Name": "x", "NetworkOrigin": "VPC", "Bucket": "b"}]},
            Outcome.ERROR,
        ),
    ],
)
def test_a_list_that_is_not_whole_is_said(name: str, answer: Any, kind: Outcome) -> None:
    found, _ = _ask(**{name: answer})
    assert found.gap is not None
    assert found.gap.kind is kind


def test_a_policy_that_cannot_be_read_is_an_error() -> None:
    found, _ = _ask(GetAccessPointPolicy={"Policy": "no"}, GetAccessPointPolicyStatus={"PolicyStatus": {}})
    (row,) = found.rows
    assert "cannot be read" in str(row["public_actions"])
    assert "did not say" in str(row["public"])
