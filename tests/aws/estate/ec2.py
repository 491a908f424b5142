"""Volumes, snapshots, instances, groups and VPCs: weak ones that are open and plain, hardened ones in both regions."""

from __future__ import annotations

from typing import Any

from tests.aws.bench import REGIONS, Maker

_SETTING = "moto lacks the setting of the region"
STUBBED: dict[str, str] = {
    "ebs_snapshot_not_public": "moto ignores RestorableByUserIds",
    "ebs_snapshot_public_access_blocked": _SETTING,
    "ec2_image_public_access_blocked": _SETTING,
    "ec2_metadata_default_v2": _SETTING,
}
UNUSUAL: dict[str, tuple[str, str]] = {
    "ebs_snapshot_encrypted": ("fail", "fail"),  # moto makes a plain snapshot of its own for each image
}
_OTHERS = ("databases_closed", "file_sharing_closed", "management_closed", "not_wide_open")
STILL: dict[tuple[str, str], str] = {
    ("ec2:GetManagedPrefixListEntries", f"security_group_{rule}"): "the list is let in on SSH alone" for rule in _OTHERS
}
_ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]
_ANYWHERE_6 = [{"CidrIpv6": "::/0"}]


def weak(client: Maker) -> None:
    """Leave defaults as they are, and open a group entirely."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="open", Description="open", VpcId=vpc)["GroupId"]
    everything = {"IpProtocol": "-1", "IpRanges": _ANYWHERE, "Ipv6Ranges": _ANYWHERE_6}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[everything])
    _let_in(ec2, group, "everybody", "0.0.0.0/0")
    volume = ec2.create_volume(AvailabilityZone="eu-central-1a", Size=8)["VolumeId"]
    ec2.create_snapshot(VolumeId=volume)
    instance = _instance(ec2, subnet, group, public=True, HttpTokens="optional")
    image = ec2.create_image(InstanceId=instance, Name="weak")["ImageId"]
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})


def _let_in(ec2: Any, group: str, name: str, network: str) -> None:
    """Let a prefix list in on SSH."""
    made = ec2.create_managed_prefix_list(
        PrefixListName=name, MaxEntries=2, AddressFamily="IPv4", Entries=[{"Cidr": network, "Description": name}]
    )
    lists = [{"PrefixListId": made["PrefixList"]["PrefixListId"]}]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": lists}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])


def hardened(client: Maker) -> None:
    """Close the defaults of both regions, and make an instance that is closed too."""
    for region in REGIONS.split(","):
        ec2 = client("ec2", region)
        ec2.enable_ebs_encryption_by_default()
        client("logs", region).create_log_group(logGroupName="flow")
        _closed(ec2)
    ec2, iam = client("ec2"), client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": _ANYWHERE, "Ipv6Ranges": _ANYWHERE_6},
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        ],
    )
    _let_in(ec2, group, "offices", "192.0.2.0/24")
    volume = ec2.create_volume(AvailabilityZone="eu-central-1a", Size=8, Encrypted=True)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    iam.create_instance_profile(InstanceProfileName="web")
    instance = _instance(ec2, subnet, group, public=False, HttpTokens="required")
    ec2.associate_iam_instance_profile(IamInstanceProfile={"Name": "web"}, InstanceId=instance)
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}
    ec2.register_image(Name="hardened", RootDeviceName="/dev/sda1", BlockDeviceMappings=[disk])
    _closed(ec2)


def _instance(ec2: Any, subnet: str, group: str, public: bool, **metadata: str) -> str:
    made = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "Encrypted": not public}}],
        NetworkInterfaces=[
            {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group], "AssociatePublicIpAddress": public}
        ],
        MetadataOptions={"HttpEndpoint": "enabled", **metadata},
    )
    return str(made["Instances"][0]["InstanceId"])


def _closed(ec2: Any) -> None:
    """Close default groups and ACLs of a region, and log what its VPCs turn away."""
    for group in ec2.describe_security_groups()["SecurityGroups"]:
        if group["GroupName"] == "default":
            for way, revoke in (
                ("IpPermissions", ec2.revoke_security_group_ingress),
                ("IpPermissionsEgress", ec2.revoke_security_group_egress),
            ):
                if group[way]:
                    revoke(GroupId=group["GroupId"], IpPermissions=group[way])
    for acl in ec2.describe_network_acls()["NetworkAcls"]:
        for entry in acl["Entries"]:
            if entry["RuleAction"] == "allow" and not entry["Egress"] and entry["RuleNumber"] == 100:
                ec2.delete_network_acl_entry(NetworkAclId=acl["NetworkAclId"], RuleNumber=100, Egress=False)
    logged = {log["ResourceId"] for log in ec2.describe_flow_logs()["FlowLogs"]}
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        if vpc["VpcId"] not in logged:
            ec2.create_flow_logs(
                ResourceIds=[vpc["VpcId"]],
                ResourceType="VPC",
                TrafficType="ALL",
                LogGroupName="flow",
                DeliverLogsPermissionArn="arn:aws:iam::222222222222:role/flow",
            )
