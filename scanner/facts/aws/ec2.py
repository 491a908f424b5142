"""Facts about instances and images of EC2."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, TAGS, iam, resources
from scanner.model.fact import BOOL, INT, TEXT, TEXTS, TIME, Field, enum

SPECS = (
    resources(
        name="aws.ec2_instance",
        says="An instance of EC2 that is not terminated.",
        needs=(iam("ec2:DescribeInstances", "lists the instances"),),
        fields=(
            ARN,
            REGION,
            Field("id", TEXT, "Id of the instance."),
            Field("state", enum("pending", "running", "shutting-down", "stopping", "stopped"), "What it does."),
            Field("metadata", BOOL, "True when its metadata service answers at all."),
            Field("tokens", enum("required", "optional"), "Whether the metadata service demands tokens (version 2)."),
            Field("hops", INT, "Hops that answers of the metadata service may travel."),
            Field("role", TEXT, "ARN of its instance profile; absent without one."),
            Field("public_addresses", TEXTS, "Its public IPv4 addresses and its IPv6 addresses, of all interfaces."),
            Field("image", TEXT, "Id of the image that it was made of."),
            Field("launched", TIME, "When it was last started."),
            TAGS,
            Field("tagged", TEXTS, "Its tags as `key=value`."),
        ),
        example={"arn": "arn:aws:ec2:eu-central-1:123456789012:instance/i-1", "state": "running", "tokens": "required"},
    ),
    resources(
        name="aws.ec2_metadata_default",
        says="What a region sets for the metadata service of new instances.",
        needs=(iam("ec2:GetInstanceMetadataDefaults", "the default stands at the region"),),
        fields=(
            REGION,
            Field("tokens", enum("required", "optional"), "Whether tokens are demanded; absent without a default."),
        ),
        example={"region": "eu-central-1", "tokens": "required"},
        keys=("region",),
    ),
    resources(
        name="aws.ec2_image",
        says="An image (AMI) that the account owns.",
        needs=(iam("ec2:DescribeImages", "lists the images"),),
        fields=(
            ARN,
            REGION,
            Field("id", TEXT, "Id of the image."),
            Field("name", TEXT, "Name of the image."),
            Field("public", BOOL, "True when everyone may start instances of it."),
            Field("created", TIME, "When it was made; absent where AWS does not say."),
            TAGS,
        ),
        example={"arn": "arn:aws:ec2:eu-central-1::image/ami-1", "public": False},
    ),
    resources(
        name="aws.ec2_image_block",
        says="Whether a region refuses to share images with everyone.",
        needs=(iam("ec2:GetImageBlockPublicAccessState", "the block stands at the region"),),
        fields=(REGION, Field("blocked", BOOL, "True where images cannot be made public; those that are stay so.")),
        example={"region": "eu-central-1", "blocked": True},
        keys=("region",),
    ),
)
