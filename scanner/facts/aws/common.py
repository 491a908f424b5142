"""Fields and needs that facts of AWS resources share."""

from __future__ import annotations

from scanner.model.fact import TEXT, Field, Need

ARN = Field("arn", TEXT, "ARN of the resource, by which findings name it.")
REGION = Field("region", TEXT, "Region that it lies in, such as `eu-central-1`.")


def iam(action: str, why: str) -> Need:
    """Give the need of an IAM action."""
    return Need("iam", action, why)
