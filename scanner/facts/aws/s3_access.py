"""Facts about who may reach S3 buckets."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, iam
from scanner.facts.aws.s3 import BUCKET, LIST
from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Shape, enum

_ACCOUNT = iam("s3:GetAccountPublicAccessBlock", "the block of the whole account overrides each bucket's")


def _switches(head: str, tail: str) -> tuple[Field, ...]:
    return (
        Field(f"{head}block_acls", BOOL, f"True where new ACLs that open to everyone are refused{tail}."),
        Field(f"{head}ignore_acls", BOOL, f"True where ACLs that open to everyone have no effect{tail}."),
        Field(f"{head}block_policy", BOOL, f"True where new policies that open to everyone are refused{tail}."),
        Field(f"{head}restrict", BOOL, f"True where a public policy lets only AWS services and the account in{tail}."),
    )


SPECS = (
    FactSpec(
        name="aws.s3_account",
        says="The account's own block of public access, over all its buckets.",
        shape=Shape.ONE,
        platforms=("aws",),
        needs=(_ACCOUNT,),
        fields=(ARN, *_switches("", "")),
        example={"block_acls": True, "ignore_acls": True, "block_policy": True, "restrict": True},
    ),
    FactSpec(
        name="aws.s3_public_block",
        tagged=("aws.s3_bucket",),
        says="The block of public access in force at a bucket: its own, or the account's.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(*LIST, _ACCOUNT, iam("s3:GetBucketPublicAccessBlock", "the block stands at the bucket")),
        fields=(*BUCKET, *_switches("", ""), *_switches("own_", ", by the bucket's own setting")),
        example={"arn": "arn:aws:s3:::data", "ignore_acls": True, "restrict": True, "own_restrict": False},
    ),
    FactSpec(
        name="aws.s3_policy",
        tagged=("aws.s3_bucket",),
        says="What a bucket's policy allows and demands; a bucket without one has a row too.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(
            *LIST,
            iam("s3:GetBucketPolicy", "the policy is read to see whom it lets in"),
            iam("s3:GetBucketPolicyStatus", "AWS itself says whether a policy is public"),
        ),
        fields=(
            *BUCKET,
            Field("present", BOOL, "True where there is a policy."),
            Field("public", BOOL, "True where AWS calls the policy public, whatever blocks it."),
            Field(
                "public_actions",
                TEXTS,
                "Actions that it opens to everyone, as we read it; conditions that keep strangers out count.",
            ),
            Field(
                "tls_only",
                BOOL,
                "True where it denies everyone every request without TLS, on the bucket and on all objects.",
            ),
            Field("foreign_accounts", TEXTS, "Other accounts, and canonical users, that it lets in."),
        ),
        example={
            "arn": "arn:aws:s3:::data",
            "present": True,
            "public": False,
            "tls_only": True,
            "foreign_accounts": [],
        },
    ),
    FactSpec(
        name="aws.s3_acl",
        tagged=("aws.s3_bucket",),
        says="What a bucket's access control list grants beyond its owner.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(
            *LIST,
            iam("s3:GetBucketAcl", "the list stands at the bucket"),
            iam("s3:GetBucketOwnershipControls", "where the owner owns all, lists have no effect"),
        ),
        fields=(
            *BUCKET,
            Field("public_grants", TEXTS, "Rights of everyone or of all AWS users, such as `everyone: READ`."),
            Field("foreign_grants", TEXTS, "Canonical ids of others that hold rights."),
            Field(
                "ownership",
                enum("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"),
                "Who owns objects; under `BucketOwnerEnforced` the list has no effect. Absent in old buckets, which means `ObjectWriter`.",
            ),
        ),
        example={"arn": "arn:aws:s3:::data", "public_grants": [], "ownership": "BucketOwnerEnforced"},
    ),
    FactSpec(
        name="aws.s3_access_point",
        says="An access point of a bucket: a door with a policy and a block of public access of its own. Those for several regions are not listed.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(
            *LIST,
            _ACCOUNT,
            iam("s3:ListAccessPoints", "lists the access points of a region"),
            iam("s3:GetAccessPoint", "the block stands at the access point"),
            iam("s3:GetAccessPointPolicy", "the policy stands at the access point"),
            iam("s3:GetAccessPointPolicyStatus", "tells whether AWS takes the policy for public"),
        ),
        fields=(
            ARN,
            REGION,
            Field("name", TEXT, "Name of the access point."),
            Field("bucket", TEXT, "Name of the bucket that it leads to."),
            Field("origin", enum("internet", "vpc"), "`vpc` where it is reached from one VPC alone."),
            *_switches("", ", by the access point or the account"),
            Field("public", BOOL, "True where AWS itself takes the policy for public."),
            Field("public_actions", TEXTS, "Actions that the policy opens to everyone, as we read it."),
            Field("foreign_accounts", TEXTS, "Other accounts that the policy lets in."),
        ),
        example={
            "arn": "arn:aws:s3:eu-central-1:123456789012:accesspoint/shop",
            "bucket": "data",
            "origin": "internet",
            "restrict": True,
            "public": False,
        },
    ),
)
