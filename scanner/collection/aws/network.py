"""Collects security groups, network ACLs and VPCs: what each lets the Internet in on, and what is logged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network

from scanner.collection.aws.listing import ec2_arn, guarded, listed, must, strict
from scanner.collection.aws.ports import Open, Prefixes, acl_ranges, group_ranges, prefix_lists
from scanner.collection.aws.session import Listed, Session, evidence, flag, gap_of, tags, text, word, worst
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation, Reply

GROUPS = Operation("ec2", "DescribeSecurityGroups", "ec2:DescribeSecurityGroups", key="SecurityGroups", per="region")
ACLS = Operation("ec2", "DescribeNetworkAcls", "ec2:DescribeNetworkAcls", key="NetworkAcls", per="region")
PREFIXES = Operation(
    "ec2",
    "GetManagedPrefixListEntries",
    "ec2:GetManagedPrefixListEntries",
    key="Entries",
    per="prefix list that a group lets in",
)
VPCS = Operation("ec2", "DescribeVpcs", "ec2:DescribeVpcs", key="Vpcs", per="region")
FLOW_LOGS = Operation("ec2", "DescribeFlowLogs", "ec2:DescribeFlowLogs", key="FlowLogs", lacking=True, per="region")

FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.network_acl_open": (ACLS,),
    "aws.security_group": (GROUPS,),
    "aws.security_group_open": (GROUPS, PREFIXES),
    "aws.vpc": (VPCS, FLOW_LOGS),
}
_MANY = {"MaxResults": 1000}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each region once per list."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    if query.fact == "aws.vpc":
        return _vpcs(query, session)
    if query.fact == "aws.network_acl_open":
        return _opened(query, session, session.list_everywhere(ACLS, _MANY), ACLS)
    found = session.list_everywhere(GROUPS, _MANY)
    if query.fact == "aws.security_group_open":
        return _opened(query, session, found, GROUPS)
    return listed(query, session, found, ec2_arn(session, "security-group", "GroupId"), _group, (GROUPS,))


def _group(item: Document, region: str) -> dict[str, Cell]:
    del region
    return {
        "id": text(item.get("GroupId")),
        "name": must(word(item.get("GroupName"))),
        "vpc": word(item.get("VpcId")),
        "inbound": guarded(lambda: len(strict(item.get("IpPermissions")))),
        "outbound": guarded(lambda: len(strict(item.get("IpPermissionsEgress")))),
        "tags": tags(item.get("Tags")),
    }


def _opened(query: Query, session: Session, found: Listed, operation: Operation) -> Evidence:
    """Give a row per range that a group or ACL opens; one that cannot be read makes the list incomplete."""
    grouped = operation is GROUPS
    kind, field = ("security-group", "GroupId") if grouped else ("network-acl", "NetworkAclId")
    named = ec2_arn(session, kind, field)
    rows: dict[tuple[str, str, str], Row] = {}
    gaps: list[Gap | None] = [found.gap]
    prefixes = _prefixes(session, found) if grouped else {}
    for region, item in found.items:
        arn = named(item, region)
        try:
            ranges = group_ranges(item, prefixes.get(region, {})) if grouped else acl_ranges(item)
        except (TypeError, ValueError):
            gaps.append(error(f"{region}: {arn or kind}: its rules cannot be read"))
            continue
        if not arn:
            gaps.append(error(f"{region}: a {kind} without an id was listed"))
            continue
        more = {"name": word(item.get("GroupName"))} if grouped else {"used": _used(item)}
        head = {"arn": arn, "region": region, "vpc": word(item.get("VpcId")), "tags": tags(item.get("Tags")), **more}
        rows.update(((arn, each.source, each.name), {**head, **_range(each, grouped)}) for each in ranges)
    return evidence(query, rows.values(), worst(*gaps), session, FACTS[query.fact])


def _prefixes(session: Session, found: Listed) -> dict[str, Prefixes]:
    """Read the prefix lists that groups let in, each once: region > id > networks, or why they are not known."""
    wanted: dict[tuple[str, str], Call] = {}
    for region, item in found.items:
        for name in _named(item):
            wanted[region, name] = Call.of(PREFIXES, region, {"PrefixListId": name})
    replies = session.ask_all(wanted.values())
    read: dict[str, dict[str, Sequence[str] | Gap]] = {}
    for (region, name), call in wanted.items():
        read.setdefault(region, {})[name] = _networks(replies[call], name)
    return dict(read)


def _named(item: Document) -> list[str]:
    try:
        return prefix_lists(item)
    except TypeError:
        return []  # The group's own rules are told to be unreadable.


def _networks(reply: Reply, name: str) -> list[str] | Gap:
    gap = gap_of(reply, name)
    if gap is not None:
        return gap
    networks = [text(each.get("Cidr")) for each in reply.items]
    try:
        for network in networks:
            ip_network(network, strict=False)
    except ValueError:
        return error(f"{name}: its networks cannot be read")
    return networks


def _used(item: Document) -> Cell:
    return guarded(lambda: bool(strict(item.get("Associations"))))


def _range(found: Open, grouped: bool) -> dict[str, Cell]:
    source: dict[str, Cell] = {"source": found.source} if grouped else {}
    return {
        **source,
        "rule": found.name,
        "family": found.family,
        "protocol": found.protocol,
        "first": found.first,
        "last": found.last,
    }


def _vpcs(query: Query, session: Session) -> Evidence:
    """Give the VPCs, each with what the active flow logs of the whole VPC record."""
    found = session.list_everywhere(VPCS, _MANY)
    logs = session.list_everywhere(FLOW_LOGS, _MANY)
    active = [(region, log) for region, log in logs.items if log.get("FlowLogStatus") == "ACTIVE"]

    def row(item: Document, region: str) -> dict[str, Cell]:
        own = [log for where, log in active if where == region and log.get("ResourceId") == item.get("VpcId")]
        return {
            "id": text(item.get("VpcId")),
            "default": must(flag(item.get("IsDefault"))),
            "rejected_logged": _logged(own, "REJECT", logs.gap),
            "accepted_logged": _logged(own, "ACCEPT", logs.gap),
            "tags": tags(item.get("Tags")),
        }

    return listed(query, session, found, ec2_arn(session, "vpc", "VpcId"), row, (VPCS, FLOW_LOGS))


def _logged(logs: Iterable[Document], traffic: str, gap: Gap | None) -> Cell:
    """Tell whether a log records this traffic and is delivered; where logs may be missing, that none does is not known."""
    there = any(
        each.get("TrafficType") in ("ALL", traffic) and each.get("DeliverLogsStatus") != "FAILED" for each in logs
    )
    return True if there else gap if gap is not None else False
