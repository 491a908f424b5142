"""Trails: a weak one that stands still, a hardened one that records everything."""

from __future__ import annotations

from typing import Any

from tests.aws.bench import ACCOUNTS, HOME, Maker

LAST = True
"""It needs the buckets of S3."""
VALUES: dict[str, dict[str, Any]] = {}
_DESCRIBED = "what a trail is like is told by another call"
_ELSEWHERE = "another half of the bucket's settings"
_DETAILS = ("cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors")
_REACHED = (
    "s3:GetBucketAcl",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetPublicAccessBlock",
    "s3control:GetPublicAccessBlock",
)
_BUCKETS = {
    "cloudtrail_bucket_not_public": (
        *_REACHED,
        "s3:GetBucketLocation",
        "s3:GetBucketLogging",
        "s3:GetObjectLockConfiguration",
    ),
    "cloudtrail_bucket_logged": (*_REACHED, "s3:GetObjectLockConfiguration"),
    "cloudtrail_bucket_locked": (*_REACHED, "s3:GetBucketLogging"),
}
_RULES = ("cloudtrail_encrypted_by_kms", "cloudtrail_validation_enabled", *_BUCKETS)
STILL: dict[tuple[str, str], str] = {
    **{(call, rule): _DESCRIBED for call in _DETAILS for rule in _RULES},
    **{(call, rule): _ELSEWHERE for rule, calls in _BUCKETS.items() for call in calls},
    ("cloudtrail:GetEventSelectors", "cloudtrail_logging_on"): "whether it records is told by another call",
    ("cloudtrail:GetEventSelectors", "cloudtrail_delivery_sound"): "whether it delivers is told by another call",
}
STUBBED: dict[str, str] = {
    "cloudtrail_events_reach_log_group": "moto does not tell when events reached a log group",
}
UNUSUAL: dict[str, tuple[str, str]] = {"cloudtrail_delivery_sound": ("notapplicable", "pass")}


def weak(client: Maker) -> None:
    """Make a trail of one region into an open bucket, and do not start it."""
    client("cloudtrail").create_trail(Name="weak", S3BucketName="weak-open")


def hardened(client: Maker) -> None:
    """Make a trail of all regions, calls and objects into the bucket of logs."""
    trails = client("cloudtrail")
    trails.create_trail(
        Name="all",
        S3BucketName="hard-logs",
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        KmsKeyId=f"arn:aws:kms:{HOME}:{ACCOUNTS['hardened']}:key/trail",
    )
    objects = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ]
    trails.put_event_selectors(
        TrailName="all",
        AdvancedEventSelectors=[
            {"Name": "calls", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
            {"Name": "objects", "FieldSelectors": objects},
        ],
    )
    trails.start_logging(Name="all")
