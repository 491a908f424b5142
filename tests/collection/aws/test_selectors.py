"""What event selectors cover as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collection.aws.selectors import covered

EVERYTHING = {"management_reads", "management_writes", "object_reads", "object_writes"}
OBJECTS = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
DATA = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]


def classic(**more: Any) -> set[str]:
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [OBJECTS], **more}
    return covered({"EventSelectors": [selector]}, "aws")


def advanced(*fields: dict[str, Any]) -> set[str]:
    return covered({"AdvancedEventSelectors": [{"FieldSelectors": list(fields)}]}, "aws")


def test_classic() -> None:
    assert classic() == EVERYTHING
    assert classic(ReadWriteType="WriteOnly") == {"management_writes", "object_writes"}
    assert classic(IncludeManagementEvents=False) == {"object_reads", "object_writes"}
    assert classic(ExcludeManagementEventSources=["kms.amazonaws.com"]) == EVERYTHING
    assert classic(ExcludeManagementEventSources=["iam.amazonaws.com"]) == {"object_reads", "object_writes"}
    assert classic(DataResources=[{**OBJECTS, "Values": ["arn:aws:s3:::"]}]) == EVERYTHING
    one = {**OBJECTS, "Values": ["arn:aws:s3:::archive/"]}
    assert classic(DataResources=[one]) == {"management_reads", "management_writes"}
    assert classic(ReadWriteType="Odd") == set()


def test_advanced() -> None:
    assert advanced({"Field": "eventCategory", "Equals": ["Management"]}) == {"management_reads", "management_writes"}
    assert advanced(*DATA) == {"object_reads", "object_writes"}
    assert advanced(*DATA, {"Field": "readOnly", "Equals": ["false"]}) == {"object_writes"}
    assert advanced(*DATA, {"Field": "readOnly", "Equals": ["true"]}) == {"object_reads"}
    assert advanced(*DATA, {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::"]}) == {
        "object_reads",
        "object_writes",
    }
    assert advanced(DATA[0], {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]}) == set()


@pytest.mark.parametrize(
    "narrowing",
    [
        {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::archive/"]},
        {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::logs/"]},
        {"Field": "eventName", "Equals": ["PutObject"]},
        {"Field": "userIdentity.arn", "NotEquals": ["arn:aws:iam::1:user/ada"]},
    ],
)
def test_what_narrows_covers_nothing(narrowing: dict[str, Any]) -> None:
    assert advanced(*DATA, narrowing) == set()


def test_an_answer_without_selectors_is_none() -> None:
    with pytest.raises(TypeError):
        covered({}, "aws")
    assert covered({"EventSelectors": []}, "aws") == set()
