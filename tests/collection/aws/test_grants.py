"""What identity policies allow, as we read them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.aws.grants import by_exception, escalations, everything, statements_of, wide
from scanner.collection.aws.policies import Statement
from scanner.model.evidence import Gap

ALL: dict[str, Any] = {"Action": "*", "Resource": "*"}


def read(*statements: dict[str, Any]) -> list[Statement]:
    found = statements_of({"Statement": [{"Effect": "Allow", **each} for each in statements]})
    assert not isinstance(found, Gap)
    return found


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (ALL, True),
        ({**ALL, "Action": ["s3:Get*", "*"]}, True),
        ({**ALL, "Action": "*:*"}, True),
        ({**ALL, "Resource": ["arn:aws:s3:::a", "*"]}, True),
        ({**ALL, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, True),
        ({"Action": "*", "NotResource": "arn:aws:s3:::a"}, True),
        ({**ALL, "Action": "s3:*"}, False),
        ({**ALL, "Resource": "arn:aws:s3:::*"}, False),
        ({**ALL, "Effect": "Deny"}, False),
        ({"NotAction": "iam:*", "Resource": "*"}, False),
    ],
)
def test_everything(statement: dict[str, Any], expected: bool) -> None:
    assert everything(read(statement)) is expected


def test_by_exception() -> None:
    assert by_exception(read({"NotAction": "iam:*", "Resource": "*"}))
    assert not by_exception(read({"NotAction": "iam:*", "Resource": "arn:aws:s3:::a"}))
    assert not by_exception(read({"NotAction": "iam:*", "Resource": "*", "Effect": "Deny"}))


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([{"Action": "KMS:decrypt", "Resource": "*"}], ["kms:Decrypt"]),
        ([{"Action": "kms:De*t", "Resource": "arn:aws:kms:*:1:key/*"}], ["kms:Decrypt"]),
        ([{"Action": "kms:Decrypt", "Resource": "arn:aws:kms:eu-west-1:1:key/5f0d"}], []),
        ([{"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/*"}], ["sts:AssumeRole"]),
        ([{"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/audit"}], []),
        ([{"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::1:role/team-*"}], []),
        ([{"Action": "kms:Decrypt", "Resource": "*"}, {"Action": "kms:*", "Resource": "*", "Effect": "Deny"}], []),
        (
            [{"Action": "kms:Decrypt", "Resource": "*"}, {"Action": "kms:*", "Resource": "arn:x", "Effect": "Deny"}],
            ["kms:Decrypt"],
        ),
        ([{"Action": "kms:Decrypt*", "NotResource": "arn:aws:kms:eu-west-1:1:key/5f0d"}], ["kms:Decrypt"]),
    ],
)
def test_wide(statements: list[dict[str, Any]], expected: list[str]) -> None:
    assert wide(read(*statements)) == expected


def test_escalations() -> None:
    assert escalations(read({"Action": "iam:Put*Policy", "Resource": "*"})) == [
        "iam:PutGroupPolicy",
        "iam:PutRolePolicy",
        "iam:PutUserPolicy",
    ]
    passing = {"Action": "iam:PassRole", "Resource": "*"}
    assert escalations(read(passing)) == []
    assert escalations(read({"Action": "lambda:CreateFunction", "Resource": "*"})) == []
    assert escalations(read(passing, {"Action": "lambda:CreateFunction", "Resource": "*"})) == [
        "iam:PassRole with lambda:CreateFunction"
    ]
    own = {"Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::*:user/${aws:username}"}
    assert escalations(read(own)) == []
    assert "iam:CreateAccessKey" in escalations(read(ALL))
    assert "iam:CreateAccessKey" in escalations(read({"NotAction": "s3:*", "Resource": "*"}))


def test_documents_come_in_three_shapes() -> None:
    plain: Any = {"Statement": [{"Effect": "Allow", **ALL}]}
    read_all = [statements_of(each) for each in (plain, json.dumps(plain), quote(json.dumps(plain)))]
    assert read_all[0] == read_all[1] == read_all[2]
    odd: list[Any] = [None, 3, "", "x", [], {}, {"Statement": [3]}]
    assert all(isinstance(statements_of(each), Gap) for each in odd)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda part: (
            st.lists(part, max_size=3)
            | st.dictionaries(
                st.sampled_from(["Statement", "Effect", "Action", "Resource", "Principal", "Condition", "x"]),
                part,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_odd_documents_never_raise(document: Any) -> None:
    found = statements_of(document)
    if not isinstance(found, Gap):
        everything(found)
        by_exception(found)
        wide(found)
        escalations(found)
