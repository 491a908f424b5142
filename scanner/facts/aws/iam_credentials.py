"""Facts about users of IAM, their access keys and the root user's work, from the account's credential report."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, iam
from scanner.model.fact import BOOL, TEXT, TIME, FactSpec, Field, Shape, enum

REPORT = (
    iam("iam:GenerateCredentialReport", "has AWS write the report anew, at most every four hours"),
    iam("iam:GetCredentialReport", "the report holds all users with their passwords, factors and keys"),
)
REPORTED = Field("reported", TIME, "When AWS wrote the report.")

SPECS = (
    FactSpec(
        name="aws.iam_root_use",
        says="When the root user was last at work, as the credential report says.",
        shape=Shape.ONE,
        platforms=("aws",),
        needs=REPORT,
        fields=(
            ARN,
            Field("used", TIME, "Last use of its password or of one of its keys; absent when none is known."),
            Field("by", TEXT, "What was used then: `password`, `key 1`, `key 2`; absent when no use is known."),
            REPORTED,
        ),
        example={"arn": "arn:aws:iam::123456789012:root", "used": "2026-02-01T08:00:00Z", "by": "password"},
    ),
    FactSpec(
        name="aws.iam_user",
        tagged=("aws.iam_principal",),
        says="A user of IAM with what it signs in with; the root user is `aws.iam_root`.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=REPORT,
        fields=(
            ARN,
            Field("name", TEXT, "Name of the user."),
            Field("created", TIME, "When the user was made."),
            Field("password", BOOL, "True where the user has a password for the console."),
            Field("password_used", TIME, "Last sign-in with it; absent when none is known."),
            Field("password_changed", TIME, "When the password was set; absent without one."),
            Field(
                "password_idle_since", TIME, "Last sign-in, else when the password was set; absent without a password."
            ),
            Field("mfa", BOOL, "True where the user has a second factor."),
            Field("certificates", BOOL, "True where a signing certificate of the user is active."),
            REPORTED,
        ),
        example={"arn": "arn:aws:iam::123456789012:user/ada", "name": "ada", "password": True, "mfa": True},
    ),
    FactSpec(
        name="aws.iam_access_key",
        tagged=("aws.iam_principal",),
        says="An access key of a user of IAM, active or not; the report does not tell ids of keys.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn", "slot"),
        needs=REPORT,
        fields=(
            Field("arn", TEXT, "ARN of the user, by which findings name the key."),
            Field("user", TEXT, "Name of the user."),
            Field("slot", enum("1", "2"), "Which of the two keys that a user may have."),
            Field("active", BOOL, "True while it can be used."),
            Field("created", TIME, "When it was made."),
            Field("used", TIME, "When it was last used; absent when never."),
            Field("idle_since", TIME, "When it was last used, else made."),
            Field("service", TEXT, "Service that it was last used for; absent when never used."),
            Field("spare", BOOL, "True where the user has another active key too."),
            Field(
                "from_setup",
                BOOL,
                "True where it was made within a minute of the user, who has a password too, and was never used.",
            ),
            REPORTED,
        ),
        example={
            "arn": "arn:aws:iam::123456789012:user/ada",
            "slot": "1",
            "active": True,
            "created": "2026-01-01T00:00:00Z",
            "idle_since": "2026-02-01T08:00:00Z",
        },
    ),
)
