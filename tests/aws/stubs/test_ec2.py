"""EC2 as AWS tells of it and moto does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.bench import HOME, REGIONS, Replayed, snapshot, verdicts
from tests.aws.conftest import Visit


def _snapshot(encrypted: bool) -> dict[str, Any]:
    return {"Snapshots": [{"SnapshotId": "snap-1", "Encrypted": encrypted, "State": "completed"}]}


CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("ebs_snapshot_not_public", "DescribeSnapshots", {"Snapshots": []}, "pass"),
    ("ebs_snapshot_not_public", "DescribeSnapshots", {"Snapshots": [{"SnapshotId": "snap-1"}]}, "fail"),
    ("ebs_snapshot_not_public", "DescribeSnapshots", {"Snapshots": [{"Encrypted": True}]}, "error"),
    ("ebs_snapshot_public_access_blocked", "GetSnapshotBlockPublicAccessState", {"State": "block-all-sharing"}, "pass"),
    ("ebs_snapshot_public_access_blocked", "GetSnapshotBlockPublicAccessState", {"State": "block-new-sharing"}, "fail"),
    ("ebs_snapshot_public_access_blocked", "GetSnapshotBlockPublicAccessState", {"State": "unblocked"}, "fail"),
    ("ebs_snapshot_public_access_blocked", "GetSnapshotBlockPublicAccessState", {}, "error"),
    ("ebs_snapshot_encrypted", "DescribeSnapshots", _snapshot(True), "pass"),
    ("ebs_snapshot_encrypted", "DescribeSnapshots", _snapshot(False), "fail"),
    (
        "ec2_image_public_access_blocked",
        "GetImageBlockPublicAccessState",
        {"ImageBlockPublicAccessState": "block-new-sharing"},
        "pass",
    ),
    (
        "ec2_image_public_access_blocked",
        "GetImageBlockPublicAccessState",
        {"ImageBlockPublicAccessState": "unblocked"},
        "fail",
    ),
    (
        "ec2_metadata_default_v2",
        "GetInstanceMetadataDefaults",
        {"AccountLevel": {"HttpTokens": "required"}},
        "pass",
    ),
    ("ec2_metadata_default_v2", "GetInstanceMetadataDefaults", {"AccountLevel": {"HttpTokens": "optional"}}, "fail"),
    ("ec2_metadata_default_v2", "GetInstanceMetadataDefaults", {"AccountLevel": {}}, "fail"),
    ("ec2_metadata_default_v2", "GetInstanceMetadataDefaults", {}, "fail"),
]


@pytest.mark.parametrize(("rule", "operation", "answer", "outcome"), CASES)
def test_ec2_as_aws_answers(
    rule: str, operation: str, answer: dict[str, Any], outcome: str, visits: dict[str, Visit]
) -> None:
    replies = visits["hardened"][0].replies
    client = Replayed(replies, {"regions": REGIONS}, HOME, told={f"ec2:{operation}": answer})
    assert verdicts(snapshot(client))[rule] == outcome


def _group(**rule: Any) -> dict[str, Any]:
    made = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **rule}
    return {"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "x", "IpPermissions": [made]}]}


def _flow(**more: Any) -> dict[str, Any]:
    return {"FlowLogs": [{"ResourceId": "vpc-1", "FlowLogStatus": "ACTIVE", "TrafficType": "ALL", **more}]}


NETWORKS: list[tuple[str, dict[str, Any], str]] = [
    ("security_group_admin_ports_closed_ipv4", {"DescribeSecurityGroups": _group()}, "pass"),
    (
        "security_group_admin_ports_closed_ipv4",
        {"DescribeSecurityGroups": _group(IpRanges=[{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}])},
        "fail",
    ),
    (
        "security_group_admin_ports_closed_ipv4",
        {"DescribeSecurityGroups": _group(PrefixListIds=[{"PrefixListId": "pl-1"}])},
        "error",
    ),
    (
        "security_group_admin_ports_closed_ipv4",
        {"DescribeSecurityGroups": _group(FromPort=443, ToPort=443, PrefixListIds=[{"PrefixListId": "pl-1"}])},
        "pass",
    ),
    *(
        (
            rule,
            {
                "DescribeSecurityGroups": _group(PrefixListIds=[{"PrefixListId": "pl-1"}]),
                "GetManagedPrefixListEntries": {"Entries": [{"Cidr": each} for each in networks]},
            },
            outcome,
        )
        for rule, networks, outcome in (
            ("security_group_admin_ports_closed_ipv4", ["192.0.2.0/24", "10.0.0.0/8"], "pass"),
            ("security_group_admin_ports_closed_ipv4", ["192.0.2.0/24", "0.0.0.0/1", "128.0.0.0/1"], "fail"),
            ("security_group_admin_ports_closed_ipv4", ["::/0"], "pass"),
            ("security_group_admin_ports_closed_ipv6", ["::/0"], "fail"),
            ("security_group_admin_ports_closed_ipv4", ["offices"], "error"),
            ("security_group_admin_ports_closed_ipv4", [], "pass"),
        )
    ),
    (
        "security_group_admin_ports_closed_ipv6",
        {"DescribeSecurityGroups": _group(Ipv6Ranges=[{"CidrIpv6": "2000::/3"}])},
        "fail",
    ),
    ("vpc_flow_logs_enabled", {"DescribeFlowLogs": _flow()}, "pass"),
    ("vpc_flow_logs_enabled", {"DescribeFlowLogs": _flow(TrafficType="REJECT")}, "pass"),
    ("vpc_flow_logs_enabled", {"DescribeFlowLogs": _flow(TrafficType="ACCEPT")}, "fail"),
    ("vpc_flow_logs_enabled", {"DescribeFlowLogs": _flow(DeliverLogsStatus="FAILED")}, "fail"),
    ("vpc_flow_logs_enabled", {"DescribeFlowLogs": _flow(ResourceId="subnet-1")}, "fail"),
]


@pytest.mark.parametrize(("rule", "told", "outcome"), NETWORKS)
def test_networks_as_aws_answers(
    rule: str, told: dict[str, dict[str, Any]], outcome: str, visits: dict[str, Visit]
) -> None:
    answers = {f"ec2:{name}": answer for name, answer in told.items()}
    answers["ec2:DescribeVpcs"] = {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": False}]}
    client = Replayed(visits["hardened"][0].replies, {"regions": REGIONS}, HOME, told=answers)
    assert verdicts(snapshot(client))[rule] == outcome


def test_all_public_addresses_count(visits: dict[str, Visit]) -> None:
    interface = {"Ipv6Addresses": [{"Ipv6Address": "2001:db8::7"}], "Association": {"PublicIp": "198.51.100.7"}}
    instance = {"InstanceId": "i-1", "State": {"Name": "running"}, "NetworkInterfaces": [interface]}
    told = {"ec2:DescribeInstances": {"Reservations": [{"Instances": [instance]}]}}
    client = Replayed(visits["hardened"][0].replies, {"regions": REGIONS}, HOME, told=told)
    taken = snapshot(client)
    assert verdicts(taken)["ec2_instance_not_public"] == "fail"
    assert verdicts(taken)["ec2_instance_metadata_v2_required"] == "error"  # what is not told is not taken for safe
