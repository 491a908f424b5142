"""Buckets: weak ones that keep nothing and let everyone in, hardened ones with archive and log bucket."""

from __future__ import annotations

import json
from typing import Any

from tests.aws.bench import ACCOUNTS, HOME, Maker

VALUES: dict[str, dict[str, Any]] = {}
_EXPOSURE = ("s3_bucket_not_public", "s3_bucket_not_writable_by_strangers")
_CLOSED = (
    "s3:GetBucketAcl",
    "s3:GetBucketLocation",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetPublicAccessBlock",
    "s3control:GetPublicAccessBlock",
)
_OTHER = "another call tells it"
_POLICY = ("s3_access_point_policy_not_public", "s3_access_point_accounts_approved")
_DOORS = {
    "s3control:GetAccessPoint": ("s3_access_point_public_access_blocked", *_POLICY),
    "s3control:GetAccessPointPolicy": ("s3_access_point_public_access_blocked", _POLICY[0]),
    "s3control:GetAccessPointPolicyStatus": ("s3_access_point_public_access_blocked", _POLICY[1]),
    "s3control:GetPublicAccessBlock": ("s3_access_point_public_access_blocked", *_POLICY),
}
STILL: dict[tuple[str, str], str] = {
    **{(call, rule): _OTHER for call, found in _DOORS.items() for rule in found},
    **{(call, rule): "the other halves keep strangers out by themselves" for call in _CLOSED for rule in _EXPOSURE},
    ("s3:GetBucketAcl", "s3_bucket_acls_disabled"): "the ownership is another call's",
    ("s3:GetBucketOwnershipControls", "s3_bucket_acl_grants_none_public"): "the list is another call's",
    ("s3:GetBucketPolicy", "s3_bucket_policy_not_public"): "AWS itself says so by another call",
    ("s3:GetBucketPolicyStatus", "s3_bucket_foreign_accounts_approved"): "the policy is another call's",
    ("s3:GetBucketPolicyStatus", "s3_bucket_tls_required"): "the policy is another call's",
    ("s3control:GetPublicAccessBlock", "s3_bucket_public_access_blocked"): "each bucket has a block of its own",
    ("s3:GetBucketLocation", "s3_bucket_public_access_blocked"): "the account's block holds for all buckets",
    ("s3:GetPublicAccessBlock", "s3_bucket_public_access_blocked"): "the account's block holds for all buckets",
}
COVERED: dict[tuple[str, str], str] = {
    ("s3control:GetAccessPoint", "aws.s3_access_point"): "the account's block closes all that its own would",
    ("s3control:GetPublicAccessBlock", "aws.s3_access_point"): "its own block closes all that the account's would",
    (
        "s3control:GetPublicAccessBlock",
        "aws.s3_public_block",
    ): "each bucket's own block closes all that the account's would",
}
STUBBED: dict[str, str] = {"s3_bucket_mfa_delete_enabled": "moto forgets MFADelete"}
UNUSUAL: dict[str, tuple[str, str]] = {}

_PLACE = {"LocationConstraint": HOME}
_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def weak(client: Maker) -> None:
    """Make one bucket that is open in every way, and one that nobody touched."""
    s3 = client("s3")
    s3.create_bucket(Bucket="weak-open", CreateBucketConfiguration=_PLACE, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket="weak-open")
    s3.put_bucket_acl(Bucket="weak-open", ACL="public-read-write")
    s3.put_bucket_policy(
        Bucket="weak-open",
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:PutObject",
                        "Resource": "arn:aws:s3:::weak-open/*",
                    },
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
                        "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::weak-open/*",
                    },
                ],
            }
        ),
    )
    s3.put_bucket_lifecycle_configuration(
        Bucket="weak-open",
        LifecycleConfiguration={
            "Rules": [{"ID": "gone", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]
        },
    )
    s3.put_bucket_encryption(
        Bucket="weak-open",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        },
    )
    _door(client, "weak", "weak-open", dict.fromkeys(_BLOCKED, False))
    client("s3", "us-east-1").create_bucket(Bucket="weak-untouched")


def _door(client: Maker, estate: str, bucket: str, block: dict[str, bool]) -> None:
    """Make an access point, which is open where nothing blocks it."""
    control, account, name = client("s3control"), ACCOUNTS[estate], f"{estate}-door"
    control.create_access_point(AccountId=account, Name=name, Bucket=bucket, PublicAccessBlockConfiguration=block)
    if not any(block.values()):
        statements = [
            {"Effect": "Allow", "Principal": {"AWS": each}, "Action": "s3:GetObject", "Resource": "*"}
            for each in ("*", "arn:aws:iam::999999999999:root")
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        control.put_access_point_policy(AccountId=account, Name=name, Policy=policy)


def hardened(client: Maker) -> None:
    """Make a bucket of data, one for its logs and one for copies, all closed and kept."""
    s3, kms = client("s3"), client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    client("s3control").put_public_access_block(AccountId=ACCOUNTS["hardened"], PublicAccessBlockConfiguration=_BLOCKED)
    for name in ("hard-logs", "hard-copies", "hard-data"):
        s3.create_bucket(
            Bucket=name,
            CreateBucketConfiguration=_PLACE,
            ObjectLockEnabledForBucket=True,
            ObjectOwnership="BucketOwnerEnforced",
        )
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=_BLOCKED)
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "owner", "Value": "ada"}]})
        _encrypted(s3, name, key)
        s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"}, MFA="serial 123456"
        )
        _kept(s3, name)
    for name in ("hard-logs", "hard-copies", "hard-data"):
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(_tls_only(name)))
        s3.put_bucket_logging(
            Bucket=name,
            BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "hard-logs", "TargetPrefix": f"{name}/"}},
        )
        other = "hard-copies" if name != "hard-copies" else "hard-data"
        s3.put_bucket_replication(Bucket=name, ReplicationConfiguration=_copied(other))
        s3.put_bucket_inventory_configuration(Bucket=name, Id="all", InventoryConfiguration=_listed())
    _door(client, "hardened", "hard-data", _BLOCKED)


def _encrypted(s3: Any, name: str, key: str) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
        },
    )


def _kept(s3: Any, name: str) -> None:
    s3.put_object_lock_configuration(
        Bucket=name,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 366}},
        },
    )
    s3.put_bucket_lifecycle_configuration(
        Bucket=name,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "archive",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}],
                    "Expiration": {"Days": 400},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 400},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                }
            ]
        },
    )


def _copied(other: str) -> dict[str, Any]:
    return {
        "Role": "arn:aws:iam::222222222222:role/copies",
        "Rules": [
            {
                "ID": "all",
                "Priority": 1,
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": f"arn:aws:s3:::{other}"},
            }
        ],
    }


def _listed() -> dict[str, Any]:
    return {
        "Id": "all",
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Weekly"},
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::hard-logs", "Format": "CSV"}},
    }


def _tls_only(name: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{name}/*",
            },
        ],
    }
