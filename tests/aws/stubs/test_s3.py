"""Buckets as AWS tells of them and moto does not."""

from __future__ import annotations

from tests.aws.bench import HOME, REGIONS, Replayed, snapshot, verdicts
from tests.aws.conftest import Visit


def outcome(rule: str, visit: Visit, operation: str, answer: dict[str, object]) -> str:
    client = Replayed(visit[0].replies, {"regions": REGIONS}, HOME, told={operation: answer})
    return verdicts(snapshot(client))[rule]


def test_mfa_delete(visits: dict[str, Visit]) -> None:
    rule, operation = "s3_bucket_mfa_delete_enabled", "s3:GetBucketVersioning"
    assert outcome(rule, visits["hardened"], operation, {"Status": "Enabled", "MFADelete": "Enabled"}) == "pass"
    assert outcome(rule, visits["hardened"], operation, {"Status": "Enabled", "MFADelete": "Disabled"}) == "fail"
    assert outcome(rule, visits["hardened"], operation, {"Status": "Enabled", "MFADelete": "Perhaps"}) == "error"
