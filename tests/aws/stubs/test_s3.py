"""Buckets as AWS tells of them and moto does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.bench import HOME, REGIONS, Replayed, snapshot, verdicts
from tests.aws.conftest import Visit


def outcome(
    rule: str, visit: Visit, operation: str = "", answer: Any = None, told: Mapping[str, Any] | None = None
) -> str:
    """Give a rule's outcome when an operation, or each of several, answers as told."""
    client = Replayed(visit[0].replies, {"regions": REGIONS}, HOME, told=told or {operation: answer})
    return verdicts(snapshot(client))[rule]


def test_mfa_delete(visits: dict[str, Visit]) -> None:
    rule, operation = "s3_bucket_mfa_delete_enabled", "s3:GetBucketVersioning"
    assert outcome(rule, visits["hardened"], operation, {"Status": "Enabled", "MFADelete": "Enabled"}) == "pass"
    assert outcome(rule, visits["hardened"], operation, {"Status": "Enabled", "MFADelete": "Disabled"}) == "fail"
    assert outcome(rule, visits["hardened"], operation, {"Status": "Enabled", "MFADelete": "Perhaps"}) == "error"
