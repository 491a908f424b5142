"""Facts about security groups, network ACLs and VPCs."""

from __future__ import annotations

from scanner.facts.aws.common import ARN, REGION, TAGS, iam, resources
from scanner.model.fact import BOOL, INT, TEXT, Field, enum

_VPC = Field("vpc", TEXT, "Id of its VPC.")
_RANGE = (
    Field("rule", TEXT, "Family, protocol and ports in short, such as `ipv4 tcp 22-22`."),
    Field("family", enum("ipv4", "ipv6"), "Addresses for which it is open."),
    Field("protocol", enum("tcp", "udp", "other"), "Protocol; all protocols give a row for each."),
    Field("first", INT, "First port of the range; absent for protocols without ports."),
    Field("last", INT, "Last port of the range; absent for protocols without ports."),
)

SPECS = (
    resources(
        name="aws.security_group",
        says="A security group.",
        needs=(iam("ec2:DescribeSecurityGroups", "lists the groups with their rules"),),
        fields=(
            ARN,
            REGION,
            Field("id", TEXT, "Id of the group."),
            Field("name", TEXT, "Name of the group; `default` is the one that each VPC has."),
            _VPC,
            Field("inbound", INT, "Number of rules that let something in, also from the group itself."),
            Field("outbound", INT, "Number of rules that let something out."),
            TAGS,
        ),
        example={"arn": "arn:aws:ec2:eu-central-1:123456789012:security-group/sg-1", "name": "default", "inbound": 0},
    ),
    resources(
        name="aws.security_group_open",
        says="A range of ports that a security group opens to the whole Internet, or to networks nearly as large; "
        "groups that open none have no row. Prefix lists are read; one that could not be has rows with gaps.",
        needs=(
            iam("ec2:DescribeSecurityGroups", "lists the groups with their rules"),
            iam("ec2:GetManagedPrefixListEntries", "tells the networks of a prefix list that a group lets in"),
        ),
        fields=(
            ARN,
            REGION,
            Field("source", TEXT, "Network or prefix list that is let in."),
            *_RANGE,
            Field("name", TEXT, "Name of the group."),
            _VPC,
            TAGS,
        ),
        example={
            "arn": "arn:aws:ec2:eu-central-1:123456789012:security-group/sg-1",
            "family": "ipv4",
            "first": 22,
            "last": 22,
        },
        keys=("arn", "source", "rule"),
    ),
    resources(
        name="aws.network_acl_open",
        says="A range of ports that a network ACL lets the Internet in on, after all entries that come first; "
        "ACLs that let none in have no row.",
        needs=(iam("ec2:DescribeNetworkAcls", "lists the ACLs with their entries"),),
        fields=(
            ARN,
            REGION,
            *_RANGE,
            _VPC,
            Field("used", BOOL, "True when it stands before a subnet."),
            TAGS,
        ),
        example={
            "arn": "arn:aws:ec2:eu-central-1:123456789012:network-acl/acl-1",
            "family": "ipv4",
            "first": 22,
            "last": 22,
        },
        keys=("arn", "rule"),
    ),
    resources(
        name="aws.vpc",
        says="A VPC, and what its flow logs record. Flow logs of single subnets and interfaces do not count.",
        needs=(iam("ec2:DescribeVpcs", "lists the VPCs"), iam("ec2:DescribeFlowLogs", "lists the flow logs")),
        fields=(
            ARN,
            REGION,
            Field("id", TEXT, "Id of the VPC."),
            Field("default", BOOL, "True for the VPC that AWS made."),
            Field("rejected_logged", BOOL, "True when an active flow log records what is turned away."),
            Field("accepted_logged", BOOL, "True when an active flow log records what is let through."),
            TAGS,
        ),
        example={
            "arn": "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1",
            "rejected_logged": True,
            "accepted_logged": False,
        },
    ),
)
