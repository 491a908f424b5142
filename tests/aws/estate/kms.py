"""Keys: weak ones that never rotate and serve everyone, hardened ones that rotate and have a name."""

from __future__ import annotations

import json
from typing import Any

from tests.aws.bench import ACCOUNTS, Maker

LAST = True
"""Other families make keys too: all of the hardened estate are looked after in the end."""
VALUES: dict[str, dict[str, Any]] = {}
_NAMED = ("s3:ListBuckets", "s3:GetBucketLocation", "s3:GetBucketEncryption")
STILL: dict[tuple[str, str], str] = {(call, "kms_key_named"): "aliases are another call's" for call in _NAMED}
STUBBED: dict[str, str] = {"kms_key_rotation_period_bounded": "moto tells no period of rotation"}
UNUSUAL: dict[str, tuple[str, str]] = {"kms_key_in_use_usable": ("fail", "notapplicable")}


def _policy(*principals: str) -> str:
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": each}, "Action": "kms:Decrypt", "Resource": "*"} for each in principals
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def weak(client: Maker) -> None:
    """Make a key for everyone, one that is disabled though an alias leads to it, and one that waits for its deletion."""
    kms = client("kms")
    kms.create_key(Policy=_policy("*", "arn:aws:iam::999999999999:root"), MultiRegion=True)
    gone = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/shop", TargetKeyId=gone)
    kms.disable_key(KeyId=gone)
    waiting = client("kms", "us-east-1")
    waiting.schedule_key_deletion(KeyId=waiting.create_key()["KeyMetadata"]["KeyId"])


def hardened(client: Maker) -> None:
    """Rotate and name every key, whoever made it."""
    for region in ("eu-central-1", "us-east-1"):
        kms = client("kms", region)
        kms.create_key(Policy=_own())
        named = {each.get("TargetKeyId") for each in kms.list_aliases()["Aliases"]}
        for each in kms.list_keys()["Keys"]:
            about = kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"]
            if about["KeyManager"] != "CUSTOMER":
                continue
            if about["KeySpec"] == "SYMMETRIC_DEFAULT":
                kms.enable_key_rotation(KeyId=each["KeyId"])
            if each["KeyId"] not in named:
                kms.create_alias(AliasName=f"alias/{each['KeyId']}", TargetKeyId=each["KeyId"])


def _own() -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNTS['hardened']}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
