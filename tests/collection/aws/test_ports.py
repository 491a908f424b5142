"""Which ports groups and ACLs open: ranges, all traffic, halves of the Internet, order of entries."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collection.aws.ports import acl_ranges, group_ranges, worldwide
from scanner.model.evidence import Gap, unknown


@pytest.mark.parametrize(
    ("network", "world"),
    [
        ("0.0.0.0/0", True),
        ("0.0.0.0/1", True),
        ("128.0.0.0/1", True),
        ("10.0.0.0/8", False),
        ("203.0.113.0/24", False),
        ("::/0", True),
        ("2000::/3", True),
        ("fc00::/7", False),
        ("2001:db8::/32", False),
    ],
)
def test_worldwide(network: str, world: bool) -> None:
    assert worldwide(network) is world


def _names(rule: dict[str, Any]) -> list[str]:
    return [each.name for each in group_ranges({"IpPermissions": [rule]}, {})]


def test_rules_of_groups() -> None:
    four, six = [{"CidrIp": "0.0.0.0/0"}], [{"CidrIpv6": "::/0"}]
    assert _names({"IpProtocol": "tcp", "FromPort": 20, "ToPort": 25, "IpRanges": four}) == ["ipv4 tcp 20-25"]
    assert _names({"IpProtocol": "6", "FromPort": -1, "ToPort": -1, "Ipv6Ranges": six}) == ["ipv6 tcp 0-65535"]
    assert _names({"IpProtocol": "-1", "IpRanges": four}) == ["ipv4 tcp 0-65535", "ipv4 udp 0-65535", "ipv4 other"]
    assert _names({"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": four}) == ["ipv4 other"]
    assert _names({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": "sg-1"}]}) == []


@pytest.mark.parametrize(
    ("prefixes", "families"),
    [
        ({}, [Gap]),
        ({"pl-1": unknown("denied")}, [Gap]),
        ({"pl-1": []}, []),
        ({"pl-1": ["10.0.0.0/8"]}, []),
        ({"pl-1": ["10.0.0.0/8", "0.0.0.0/0", "::/0"]}, ["ipv4", "ipv6"]),
    ],
)
def test_prefix_lists_of_groups(prefixes: dict[str, Any], families: list[Any]) -> None:
    listed = group_ranges(
        {
            "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": "pl-1"}]}
            ]
        },
        prefixes,
    )
    assert [each.family if isinstance(each.family, str) else type(each.family) for each in listed] == families


@pytest.mark.parametrize(
    "odd", ["x", [None], [{"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "?"}]}], [{"IpRanges": 1}]]
)
def test_what_cannot_be_read_is_no_closed_group(odd: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        group_ranges({"IpPermissions": odd}, {})


def _entry(number: int, action: str, first: int, last: int, network: str = "0.0.0.0/0") -> dict[str, Any]:
    ports = {"From": first, "To": last}
    return {
        "RuleNumber": number,
        "RuleAction": action,
        "Protocol": "6",
        "Egress": False,
        "CidrBlock": network,
        "PortRange": ports,
    }


def _open(*entries: dict[str, Any]) -> list[str]:
    return [each.name for each in acl_ranges({"Entries": list(entries)})]


def test_entries_of_acls_decide_in_order() -> None:
    allow, deny = _entry(100, "allow", 0, 65535), _entry(90, "deny", 22, 22)
    assert _open(allow) == ["ipv4 tcp 0-65535"]
    assert _open(allow, deny) == ["ipv4 tcp 0-21", "ipv4 tcp 23-65535"]
    assert _open(allow, _entry(110, "deny", 22, 22)) == ["ipv4 tcp 0-65535"]
    assert _open(allow, _entry(90, "deny", 0, 65535)) == []
    assert _open(allow, _entry(90, "deny", 22, 22, "203.0.113.0/24")) == ["ipv4 tcp 0-65535"]
    assert _open(_entry(100, "allow", 22, 22, "10.0.0.0/8")) == []
    assert _open({**allow, "Egress": True}) == []
    last = {"RuleNumber": 32767, "RuleAction": "deny", "Protocol": "-1", "Egress": False, "CidrBlock": "0.0.0.0/0"}
    assert _open(last, _entry(100, "allow", 443, 443)) == ["ipv4 tcp 443-443"]


@pytest.mark.parametrize(
    "odd",
    [{"RuleAction": "perhaps"}, {"RuleNumber": None}, {"CidrBlock": "?"}, {"Protocol": None}, {"PortRange": "all"}],
)
def test_entries_that_cannot_be_read(odd: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        acl_ranges({"Entries": [{**_entry(100, "allow", 22, 22), **odd}]})
