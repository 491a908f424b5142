"""Who may become a role, as we read its trust policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.collection.aws.policies import parse
from scanner.collection.aws.trust import Trust, trust

US, THEM = "111111111111", "999999999999"
PROVIDER = f"arn:aws:iam::{US}:oidc-provider/token.actions.githubusercontent.com"
SUB = "token.actions.githubusercontent.com:sub"


def read(principal: Any, condition: Any = None, action: str = "sts:AssumeRole", effect: str = "Allow") -> Trust:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Condition": condition or {}}
    return trust(parse(json.dumps({"Statement": [statement]})), US)


def test_everyone() -> None:
    assert read("*").open
    assert read({"AWS": "*"}, {"StringEquals": {"sts:ExternalId": "7f"}}).open
    assert not read("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}).open
    assert not read("*", effect="Deny").open
    assert not read({"AWS": f"arn:aws:iam::{US}:root"}).open
    assert not read("*", action="sts:TagSession").open


@pytest.mark.parametrize(
    ("condition", "guarded"),
    [
        (None, False),
        ({"StringEquals": {"sts:ExternalId": "7f"}}, True),
        ({"StringLike": {"sts:ExternalId": "*"}}, False),
        ({"StringNotEquals": {"sts:ExternalId": "7f"}}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}, False),
    ],
)
def test_other_accounts(condition: Any, guarded: bool) -> None:
    found = read({"AWS": [f"arn:aws:iam::{THEM}:root", US]}, condition)
    assert found.foreign_accounts == [THEM]
    assert found.unguarded_accounts == ([] if guarded else [THEM])


@pytest.mark.parametrize(
    ("values", "bound"),
    [
        ("repo:acme/shop:ref:refs/heads/main", True),
        ("repo:acme/shop:*", True),
        ("repo:acme/*", True),
        (["repo:acme/shop:*", "repo:*"], False),
        ("repo:*", False),
        ("repo:acme*", False),
        ("*", False),
        ("system:serviceaccount:shop:web", True),
    ],
)
def test_tokens(values: Any, bound: bool) -> None:
    found = read({"Federated": PROVIDER}, {"StringLike": {SUB: values}}, "sts:AssumeRoleWithWebIdentity")
    assert found.federated == [PROVIDER]
    assert found.unbound_federated == ([] if bound else [PROVIDER])


def test_services_and_saml() -> None:
    assert read({"Service": "ec2.amazonaws.com"}).services == ["ec2.amazonaws.com"]
    saml = {"Federated": f"arn:aws:iam::{US}:saml-provider/people"}
    assert read(saml, action="sts:AssumeRoleWithSAML").unbound_federated
    audience = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    assert not read(saml, audience, "sts:AssumeRoleWithSAML").unbound_federated
