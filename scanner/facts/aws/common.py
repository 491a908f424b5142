"""Fields and needs that facts of AWS resources share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner.model.fact import MAP, TEXT, FactSpec, Field, Need, Shape

ARN = Field("arn", TEXT, "ARN of the resource, by which findings name it.")
REGION = Field("region", TEXT, "Region that it lies in, such as `eu-central-1`.")
TAGS = Field("tags", MAP, "Tags of the resource.")


def iam(action: str, why: str) -> Need:
    """Give the need of an IAM action."""
    return Need("iam", action, why)


def resources(
    name: str, says: str, needs: tuple[Need, ...], fields: tuple[Field, ...], example: Mapping[str, object], **more: Any
) -> FactSpec:
    """Declare a list of resources, keyed by their ARN unless `keys` says otherwise."""
    given = {"keys": ("arn",), **more}
    return FactSpec(
        name=name, says=says, shape=Shape.LIST, platforms=("aws",), needs=needs, fields=fields, example=example, **given
    )
