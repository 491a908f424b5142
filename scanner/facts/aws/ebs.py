"""Facts about volumes and snapshots of EBS."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, TAGS, iam, resources
from scanner.model.fact import BOOL, SIZE, TEXT, TIME, Field, enum

_SNAPSHOTS = iam("ec2:DescribeSnapshots", "lists the snapshots")
_KEY = Field("key", TEXT, "ARN of the KMS key; absent without encryption.")

SPECS = (
    resources(
        name="aws.ebs_default",
        says="Whether a region encrypts new volumes by itself.",
        needs=(iam("ec2:GetEbsEncryptionByDefault", "the default stands at the region"),),
        fields=(REGION, Field("encrypted", BOOL, "True where every new volume and copied snapshot is encrypted.")),
        example={"region": "eu-central-1", "encrypted": True},
        keys=("region",),
    ),
    resources(
        name="aws.ebs_snapshot_block",
        says="Whether a region refuses to share snapshots with everyone.",
        needs=(iam("ec2:GetSnapshotBlockPublicAccessState", "the block stands at the region"),),
        fields=(
            REGION,
            Field(
                "state",
                enum("all", "new", "off"),
                "`all` also closes snapshots that are shared already, `new` refuses to share more, `off` nothing.",
            ),
        ),
        example={"region": "eu-central-1", "state": "all"},
        keys=("region",),
    ),
    resources(
        name="aws.ebs_volume",
        says="A volume of EBS.",
        needs=(iam("ec2:DescribeVolumes", "lists the volumes"),),
        fields=(
            ARN,
            REGION,
            Field("id", TEXT, "Id of the volume."),
            Field("encrypted", BOOL, "True when its data are encrypted."),
            _KEY,
            Field("attached", BOOL, "True while an instance has it."),
            Field("size", SIZE, "Size in bytes."),
            Field("created", TIME, "When it was made."),
            TAGS,
        ),
        example={"arn": "arn:aws:ec2:eu-central-1:123456789012:volume/vol-1", "encrypted": True, "attached": True},
    ),
    resources(
        name="aws.ebs_snapshot",
        says="A snapshot that the account owns.",
        needs=(_SNAPSHOTS,),
        fields=(
            ARN,
            REGION,
            Field("id", TEXT, "Id of the snapshot."),
            Field("volume", TEXT, "Id of the volume that it was made of; absent where AWS does not say."),
            Field("encrypted", BOOL, "True when its data are encrypted."),
            _KEY,
            Field("state", enum("pending", "completed", "error", "recoverable", "recovering"), "How far it is."),
            Field("created", TIME, "When making it began: the moment whose data it holds."),
            TAGS,
        ),
        example={"arn": "arn:aws:ec2:eu-central-1::snapshot/snap-1", "encrypted": True, "state": "completed"},
    ),
    resources(
        name="aws.ebs_public_snapshot",
        says="A snapshot of the account that everyone may copy; one call per region gives them all.",
        needs=(_SNAPSHOTS,),
        fields=(
            ARN,
            REGION,
            Field("id", TEXT, "Id of the snapshot."),
            Field("encrypted", BOOL, "True when encrypted."),
            TAGS,
        ),
        example={"arn": "arn:aws:ec2:eu-central-1::snapshot/snap-1", "encrypted": False},
    ),
)
