"""Facts about S3 buckets that relate what is granted to what blocks it."""

from __future__ import annotations

from scanner.facts.aws.s3 import BUCKET
from scanner.model.fact import BOOL, TEXTS, FactSpec, Field, Input, Shape

SPECS = (
    FactSpec(
        name="aws.s3_exposure",
        tagged=("aws.s3_bucket",),
        says="Whether strangers truly reach a bucket: what policy and ACL grant, less what the blocks and the ownership undo.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        inputs=(Input("aws.s3_public_block"), Input("aws.s3_policy"), Input("aws.s3_acl")),
        fields=(
            *BUCKET,
            Field("by_policy", BOOL, "True where a public policy is not restricted."),
            Field("by_acl", BOOL, "True where a grant to everyone, or to all AWS users, has effect."),
            Field("writable", BOOL, "True where strangers may write, remove or change rights."),
            Field("ways", TEXTS, "The grants that have effect, such as `everyone: READ` or `policy: s3:GetObject`."),
        ),
        example={"arn": "arn:aws:s3:::data", "by_policy": False, "by_acl": False, "writable": False, "ways": []},
    ),
)
