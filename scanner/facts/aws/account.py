"""Facts about an AWS account as a whole."""

from __future__ import annotations

from scanner.model.fact import TEXT, TEXTS, FactSpec, Field, Need, Shape

SPECS = (
    FactSpec(
        name="aws.account",
        says="The account that answers, and as whom we are there.",
        shape=Shape.ONE,
        platforms=("aws",),
        needs=(
            Need("iam", "sts:GetCallerIdentity", "tells which account the credentials lead to; AWS never denies it"),
            Need("iam", "iam:ListAccountAliases", "the alias is how people know an account"),
            Need("iam", "ec2:DescribeRegions", "lists the regions, where the inventory does not"),
        ),
        fields=(
            Field("arn", TEXT, "ARN of the account's root."),
            Field("name", TEXT, "Name in reports, such as `AWS account 123456789012`."),
            Field("account", TEXT, "Number of the account, twelve digits."),
            Field("caller", TEXT, "ARN of the user or role that we are."),
            Field("aliases", TEXTS, "Aliases of the account, at most one."),
            Field("regions", TEXTS, "Regions that are asked: those of the inventory, else all that are switched on."),
        ),
        example={"account": "123456789012", "name": "AWS account 123456789012", "regions": ["eu-central-1"]},
    ),
)
