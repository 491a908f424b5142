"""Resource policies: who is let in, what narrows it, and what requires TLS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.collection.aws.policies import foreign, open_actions, parse, tls_only

BUCKET = "arn:aws:s3:::data"
BOTH = [BUCKET, f"{BUCKET}/*"]
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(**changed: Any) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": BOTH,
        "Condition": PLAIN,
        **changed,
    }


@pytest.mark.parametrize(
    ("statements", "wanted"),
    [
        ([deny()], True),
        ([deny(Principal={"AWS": "*"}, Action=["*"], Resource="*")], True),
        ([deny(Resource=BUCKET), deny(Resource=f"{BUCKET}/*")], True),
        ([deny(Resource="arn:aws:s3:::data*")], True),
        ([deny(Condition={"Bool": {"aws:SecureTransport": False}})], True),
        ([deny(Resource=f"{BUCKET}/*")], False),
        ([deny(Resource=[BUCKET, f"{BUCKET}/public/*"])], False),
        ([deny(Action="s3:GetObject")], False),
        ([deny(Principal={"AWS": "arn:aws:iam::1:root"})], False),
        ([deny(Condition={**PLAIN, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], False),
        ([deny(Condition={"Bool": {"aws:SecureTransport": "true"}})], False),
        ([deny(Condition={"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}})], False),
        ([deny(Effect="Allow")], False),
        ([{**deny(), "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}}], False),
        ([], False),
    ],
)
def test_tls_only(statements: list[dict[str, Any]], wanted: bool) -> None:
    assert tls_only(parse(policy(*statements)), BUCKET) is wanted


def allow(**changed: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **changed}


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        (allow(), ["s3:GetObject"]),
        (allow(Principal={"AWS": ["*"]}), ["s3:GetObject"]),
        (allow(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), []),
        (allow(Condition={"StringLike": {"aws:PrincipalOrgID": "o-*"}}), ["s3:GetObject"]),
        (allow(Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}), ["s3:GetObject"]),
        (allow(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), ["s3:GetObject"]),
        (allow(Condition={"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}), []),
        (allow(Condition={"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/0"]}}), ["s3:GetObject"]),
        (allow(Condition={"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}), ["s3:GetObject"]),
        (allow(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}), ["s3:GetObject"]),
        (allow(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:123456789012:*"}}), []),
        (allow(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::ours"}}), []),
        (allow(Condition={"StringLike": {"aws:Referer": "https://example.org/*"}}), ["s3:GetObject"]),
        (allow(Principal={"AWS": "arn:aws:iam::123456789012:root"}), []),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "NotAction": "s3:Put*", "Resource": "*"}, ["*"]),
        (deny(), []),
    ],
)
def test_open_actions(statement: dict[str, Any], wanted: list[str]) -> None:
    assert open_actions(parse(policy(statement))) == wanted


def test_foreign_accounts() -> None:
    principals = {
        "AWS": ["arn:aws:iam::111111111111:root", "222222222222", "arn:aws:iam::333333333333:role/x"],
        "Service": "logging.s3.amazonaws.com",
        "CanonicalUser": "79a5",
    }
    assert foreign(parse(policy(allow(Principal=principals))), "111111111111") == [
        "222222222222",
        "333333333333",
        "canonical:79a5",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Statement": [1]}', '{"Statement": [{"Effect": "Maybe"}]}'])
def test_what_is_no_policy(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)
