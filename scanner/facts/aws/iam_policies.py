"""Facts about what users, groups and roles of IAM may do, and who may become a role."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, iam
from scanner.model.fact import BOOL, MAP, TEXT, TEXTS, TIME, FactSpec, Field, Shape, enum

_DETAILS = (iam("iam:GetAccountAuthorizationDetails", "gives users, groups, roles and policies in one go"),)
_TAGS = Field("tags", MAP, "Tags of it; groups have none.")

SPECS = (
    FactSpec(
        name="aws.iam_principal",
        says="A user, group or role with the policies that it holds.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=_DETAILS,
        fields=(
            ARN,
            Field("name", TEXT, "Name of it."),
            Field("kind", enum("user", "group", "role"), "What it is."),
            Field("attached", TEXTS, "ARNs of the managed policies that are attached to it."),
            Field("inline", TEXTS, "Names of the policies that stand in itself."),
            Field("groups", TEXTS, "Names of a user's groups; empty for others."),
            Field("boundary", TEXT, "ARN of the policy that bounds its rights; absent without one."),
            Field(
                "everything_by",
                TEXTS,
                "Names of its policies that allow every action on every resource; rights through groups are the group's.",
            ),
            Field(
                "service_linked",
                BOOL,
                "True for roles that an AWS service made for itself, whose rights nobody can change.",
            ),
            _TAGS,
        ),
        example={
            "arn": "arn:aws:iam::123456789012:user/ada",
            "kind": "user",
            "attached": [],
            "inline": [],
            "everything_by": [],
            "service_linked": False,
        },
    ),
    FactSpec(
        name="aws.iam_policy",
        tagged=("aws.iam_principal",),
        says="A policy that the account wrote itself: a managed one, or one that stands in a user, group or role.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn", "name"),
        needs=_DETAILS,
        fields=(
            Field("arn", TEXT, "ARN of a managed policy, or of the user, group or role that it stands in."),
            Field("name", TEXT, "Name of the policy."),
            Field("kind", enum("managed", "inline"), "Whether it stands alone or in a user, group or role."),
            Field("used", BOOL, "True where somebody holds it; an inline one always is."),
            Field("everything", BOOL, "True where it allows every action on every resource."),
            Field("by_exception", BOOL, "True where it allows all actions but those that it names, on every resource."),
            Field(
                "wide",
                TEXTS,
                "Delicate actions that it allows on resources of any name: `kms:Decrypt`, `sts:AssumeRole`, `cloudtrail:StopLogging` and the like.",
            ),
            Field(
                "escalations",
                TEXTS,
                "Actions, or pairs of them, by which its holder can raise his own rights, on resources of any name.",
            ),
        ),
        example={
            "arn": "arn:aws:iam::123456789012:policy/deploy",
            "name": "deploy",
            "kind": "managed",
            "used": True,
            "everything": False,
            "escalations": [],
        },
    ),
    FactSpec(
        name="aws.iam_role",
        says="A role, and whom its trust policy lets become it.",
        shape=Shape.LIST,
        platforms=("aws",),
        keys=("arn",),
        needs=_DETAILS,
        fields=(
            ARN,
            Field("name", TEXT, "Name of the role."),
            Field("service_linked", BOOL, "True for roles that an AWS service made for itself."),
            Field("open", BOOL, "True where everyone may become it, and no condition keeps strangers out."),
            Field("foreign_accounts", TEXTS, "Other accounts that may become it."),
            Field(
                "unguarded_accounts",
                TEXTS,
                "Those of them that need neither an external id, nor a second factor, nor an organization or principal that is named.",
            ),
            Field("services", TEXTS, "Services that may become it."),
            Field("federated", TEXTS, "Identity providers whose people may become it."),
            Field(
                "unbound_federated",
                TEXTS,
                "Those of them of which anyone may: no condition on whom the token is for, or whom it speaks of.",
            ),
            Field("used", TIME, "When it was last used; absent when not within AWS's records of 400 days."),
            _TAGS,
        ),
        example={"arn": "arn:aws:iam::123456789012:role/deploy", "open": False, "foreign_accounts": []},
    ),
)
