"""Facts about keys of KMS, in every region."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, TAGS, iam
from scanner.model.fact import BOOL, INT, TEXT, TEXTS, TIME, FactSpec, Field, Input, Shape, enum

_LIST = (
    iam("kms:ListKeys", "lists the keys of a region"),
    iam("kms:DescribeKey", "tells whose key it is, what it is for, and its state"),
)
_KEY = (ARN, REGION, Field("id", TEXT, "Id of the key."))
STATE = enum(
    "Enabled",
    "Disabled",
    "PendingDeletion",
    "PendingReplicaDeletion",
    "PendingImport",
    "Creating",
    "Updating",
    "Unavailable",
)

SPECS = (
    FactSpec(
        name="aws.kms_key",
        tagged=("aws.kms_tags",),
        says="A key of KMS, our own or one that AWS keeps for a service.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=_LIST,
        fields=(
            *_KEY,
            Field(
                "manager",
                enum("customer", "aws"),
                "`customer` for keys of our own, `aws` for the default keys of services.",
            ),
            Field("state", STATE, "State of the key; only an enabled one encrypts and decrypts."),
            Field(
                "usage",
                enum("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"),
                "What it is for.",
            ),
            Field("symmetric", BOOL, "True for a symmetric key that encrypts, the only kind that rotates by itself."),
            Field(
                "origin",
                enum("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"),
                "Where the key material comes from.",
            ),
            Field("multi_region", BOOL, "True where the same key material lies in several regions."),
            Field("replica", BOOL, "True for a copy of a key of another region, which follows that one's rotation."),
            Field("deletion", TIME, "When it will be deleted; absent when that is not planned."),
            Field("created", TIME, "When it was made."),
        ),
        example={"arn": "arn:aws:kms:eu-central-1:123456789012:key/5f0d", "manager": "customer", "state": "Enabled"},
    ),
    FactSpec(
        name="aws.kms_rotation",
        tagged=("aws.kms_tags",),
        says="Whether a key rotates by itself: enabled symmetric keys of our own, made by KMS and no replica.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*_LIST, iam("kms:GetKeyRotationStatus", "the rotation stands at the key")),
        fields=(
            *_KEY,
            Field("enabled", BOOL, "True where it rotates by itself."),
            Field("days", INT, "Days from one rotation to the next; absent when it does not rotate."),
            Field("next", TIME, "When it rotates next; absent when it does not rotate."),
        ),
        example={"arn": "arn:aws:kms:eu-central-1:123456789012:key/5f0d", "enabled": True, "days": 365},
    ),
    FactSpec(
        name="aws.kms_policy",
        tagged=("aws.kms_tags",),
        says="Whom the policy of a key of our own lets in.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*_LIST, iam("kms:GetKeyPolicy", "the policy stands at the key")),
        fields=(
            *_KEY,
            Field(
                "open_actions", TEXTS, "Actions that it opens to everyone; conditions that keep strangers out count."
            ),
            Field("foreign_accounts", TEXTS, "Other accounts that it lets in."),
            Field(
                "account_rules",
                BOOL,
                "True where the account itself keeps all rights, so that it cannot be locked out.",
            ),
        ),
        example={
            "arn": "arn:aws:kms:eu-central-1:123456789012:key/5f0d",
            "open_actions": [],
            "foreign_accounts": [],
            "account_rules": True,
        },
    ),
    FactSpec(
        name="aws.kms_tags",
        says="The tags of a key of our own.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*_LIST, iam("kms:ListResourceTags", "the tags stand at the key")),
        unused="profiles and waivers go by the tags of keys; a site's own rules may look at them",
        fields=(*_KEY, TAGS),
        example={"arn": "arn:aws:kms:eu-central-1:123456789012:key/5f0d", "tags": {"env": "prod"}},
    ),
    FactSpec(
        name="aws.kms_alias",
        says="An alias, by which applications name a key.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(iam("kms:ListAliases", "lists the aliases of a region"),),
        unused="rules look at `aws.kms_key_use`, which joins aliases with keys",
        fields=(
            ARN,
            REGION,
            Field("name", TEXT, "Name, such as `alias/shop`; those of services begin with `alias/aws/`."),
            Field("key", TEXT, "Id of the key; absent for an alias of a service that has no key yet."),
        ),
        example={"arn": "arn:aws:kms:eu-central-1:123456789012:alias/shop", "name": "alias/shop", "key": "5f0d"},
    ),
    FactSpec(
        name="aws.kms_key_use",
        tagged=("aws.kms_tags",),
        says="What relies on a key of our own, as far as aliases and the default encryption of buckets tell.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        inputs=(Input("aws.kms_key"), Input("aws.kms_alias"), Input("aws.s3_encryption")),
        fields=(
            *_KEY,
            Field("state", STATE, "State of the key."),
            Field("usable", BOOL, "True where it encrypts and decrypts now."),
            Field("aliases", TEXTS, "Names of its aliases."),
            Field("buckets", TEXTS, "Names of the buckets that encrypt by it."),
            Field("used_by", TEXTS, "Both together."),
        ),
        example={
            "arn": "arn:aws:kms:eu-central-1:123456789012:key/5f0d",
            "usable": True,
            "aliases": ["alias/shop"],
            "buckets": [],
            "used_by": ["alias/shop"],
        },
    ),
)
