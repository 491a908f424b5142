"""Facts about an account's root user, its password policy and what else IAM keeps once per account."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, iam
from scanner.model.fact import BOOL, INT, TEXT, TEXTS, TIME, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="aws.iam_root",
        says="What opens the root user of the account: password, access keys, second factor.",
        shape=Shape.ONE,
        platforms=("aws",),
        needs=(
            iam("iam:GetAccountSummary", "counts the root user's keys and factors"),
            iam("iam:ListVirtualMFADevices", "a factor of the root user that is listed there is an application"),
        ),
        fields=(
            ARN,
            Field(
                "password",
                BOOL,
                "True where the root user has a password; false once it was removed. Absent where AWS does not say.",
            ),
            Field("access_keys", INT, "Number of access keys of the root user."),
            Field("mfa", BOOL, "True where the root user takes a second factor."),
            Field("hardware", BOOL, "True where there is a second factor, and none of them is a virtual device."),
        ),
        example={"arn": "arn:aws:iam::123456789012:root", "access_keys": 0, "mfa": True, "hardware": True},
    ),
    FactSpec(
        name="aws.iam_password_policy",
        says="What passwords of users must be like.",
        shape=Shape.ONE,
        platforms=("aws",),
        needs=(iam("iam:GetAccountPasswordPolicy", "the policy stands at the account"),),
        fields=(
            ARN,
            Field(
                "present",
                BOOL,
                "True where the account has set one; else AWS's own holds, which asks for 8 characters.",
            ),
            Field("length", INT, "Least number of characters."),
            Field("remembered", INT, "How many old passwords may not come back; absent when all may."),
            Field("max_days", INT, "Days until a password runs out; absent when it never does."),
            Field("uppercase", BOOL, "True where a capital letter is asked for."),
            Field("lowercase", BOOL, "True where a small letter is asked for."),
            Field("digits", BOOL, "True where a digit is asked for."),
            Field("symbols", BOOL, "True where a symbol is asked for."),
        ),
        example={"present": True, "length": 14, "remembered": 24, "max_days": 365},
    ),
    FactSpec(
        name="aws.iam_server_certificate",
        says="A certificate that is stored in IAM; those of ACM are elsewhere.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=(iam("iam:ListServerCertificates", "lists the certificates with their terms"),),
        fields=(ARN, Field("name", TEXT, "Name of the certificate."), Field("expires", TIME, "When it runs out.")),
        example={"arn": "arn:aws:iam::123456789012:server-certificate/shop", "expires": "2027-01-01T00:00:00Z"},
    ),
    FactSpec(
        name="aws.access_analyzer",
        says="The access analyzers of a region; a region without any has a row too.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("region",),
        needs=(iam("access-analyzer:ListAnalyzers", "an analyzer looks at one region only"),),
        fields=(
            REGION,
            Field("external", TEXTS, "Names of active analyzers that look for access from outside."),
            Field("unused", TEXTS, "Names of active analyzers that look for rights nobody uses."),
            Field("inactive", TEXTS, "Names of analyzers that do not work: being made, disabled, failed."),
        ),
        example={"region": "eu-central-1", "external": ["outside"], "unused": [], "inactive": []},
    ),
)
