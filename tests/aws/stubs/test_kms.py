"""Keys as AWS tells of them and moto does not."""

from __future__ import annotations

from tests.aws.conftest import Visit
from tests.aws.stubs.test_s3 import outcome


def test_period_of_rotation(visits: dict[str, Visit]) -> None:
    rule, operation = "kms_key_rotation_period_bounded", "kms:GetKeyRotationStatus"
    hardened = visits["hardened"]
    assert outcome(rule, hardened, operation, {"KeyRotationEnabled": True, "RotationPeriodInDays": 365}) == "pass"
    assert outcome(rule, hardened, operation, {"KeyRotationEnabled": True, "RotationPeriodInDays": 2560}) == "fail"
    assert outcome(rule, hardened, operation, {"KeyRotationEnabled": False}) == "notapplicable"


def test_a_disabled_key_that_nothing_relies_on(visits: dict[str, Visit]) -> None:
    rule, operation = "kms_key_in_use_usable", "kms:DescribeKey"
    key = {"KeyId": "none", "KeyManager": "CUSTOMER", "KeyState": "Disabled", "Origin": "AWS_KMS"}
    assert outcome(rule, visits["empty"], operation, {"KeyMetadata": key}) == "notapplicable"
    assert outcome(rule, visits["hardened"], operation, {"KeyMetadata": key}) == "fail"
