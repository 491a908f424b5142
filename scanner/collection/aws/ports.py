"""Which ports the rules of security groups and the entries of network ACLs open to the whole Internet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network

from scanner.collection.aws.listing import strict
from scanner.collection.aws.session import document, text
from scanner.model.evidence import ABSENT, Cell, Gap, error
from scanner.transport.cloud import Document, Value

_WORLD = {4: 8, 6: 17}
"""Version > bits: networks with a shorter prefix are as good as the Internet; two halves of it are no less."""
_CLOSED = tuple(ip_network(each) for each in ("10.0.0.0/8", "fc00::/7", "fe80::/10", "ff00::/8"))
"""Large networks that are not the Internet."""
_ALL = "-1"
_PROTOCOLS = {"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp"}
_LAST = 65535


@dataclass(frozen=True, slots=True)
class Open:
    """A range of ports that is open; the family is a gap where the source is not known."""

    source: str
    family: Cell
    protocol: str
    first: Cell
    last: Cell

    @property
    def name(self) -> str:
        """Render as `ipv4 tcp 22-22`."""
        family = self.family if isinstance(self.family, str) else "perhaps"
        ports = f" {self.first}-{self.last}" if isinstance(self.first, int) else ""
        return f"{family} {self.protocol}{ports}"


def worldwide(network: str) -> bool:
    """Tell whether a network is the Internet, or so large a part that it makes no difference. Raises ValueError."""
    found = ip_network(network, strict=False)
    if any(found.version == each.version and found.subnet_of(each) for each in _CLOSED):  # type: ignore[arg-type]
        return False
    return found.prefixlen < _WORLD[found.version]


Prefixes = Mapping[str, Sequence[str] | Gap]
"""Id of a prefix list > its networks, or why they are not known."""


def prefix_lists(group: Document) -> list[str]:
    """Give the ids of the prefix lists that a group lets in; raises TypeError for rules that cannot be read."""
    rules = strict(group.get("IpPermissions"))
    found = [text(each.get("PrefixListId")) for rule in rules for each in strict(rule.get("PrefixListIds"))]
    return list(dict.fromkeys(filter(None, found)))


def group_ranges(group: Document, prefixes: Prefixes) -> list[Open]:
    """Give what a security group opens. Raises TypeError or ValueError for rules that cannot be read."""
    return [each for rule in strict(group.get("IpPermissions")) for each in _rule(rule, prefixes)]


def _rule(rule: Document, prefixes: Prefixes) -> Iterator[Open]:
    ranges = list(_ports(text(rule.get("IpProtocol")), rule.get("FromPort"), rule.get("ToPort")))
    for each in [*strict(rule.get("IpRanges")), *strict(rule.get("Ipv6Ranges"))]:
        network = text(each.get("CidrIp")) or text(each.get("CidrIpv6"))
        if worldwide(network):
            yield from (Open(network, _family(network), *found) for found in ranges)
    for each in strict(rule.get("PrefixListIds")):
        name = text(each.get("PrefixListId")) or "a prefix list"
        networks = prefixes.get(name, error(f"whether {name} holds networks of the Internet was not asked"))
        if isinstance(networks, Gap):
            yield from (Open(name, networks, *found) for found in ranges)
            continue
        families = sorted({_family(network) for network in networks if worldwide(network)})
        yield from (Open(name, family, *found) for family in families for found in ranges)


def _family(network: str) -> str:
    return "ipv4" if isinstance(ip_network(network, strict=False), IPv4Network) else "ipv6"


def _ports(protocol: str, first: Value, last: Value) -> Iterator[tuple[str, Cell, Cell]]:
    """Give protocol and ports of a rule; all protocols mean TCP and UDP with all ports, and the others."""
    if not protocol:
        raise TypeError("no protocol")
    if protocol == _ALL:
        yield from (("tcp", 0, _LAST), ("udp", 0, _LAST), ("other", ABSENT, ABSENT))
        return
    kind = _PROTOCOLS.get(protocol.lower(), "other")
    if kind == "other":
        yield kind, ABSENT, ABSENT
        return
    low, high = _port(first, 0), _port(last, _LAST)
    # The API writes -1 for all ports.
    yield (kind, 0, _LAST) if -1 in (low, high) else (kind, low, high)


def _port(value: Value, none: int) -> int:
    if value is None:
        return none
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("no port")
    return value


def acl_ranges(acl: Document) -> list[Open]:
    """Give what a network ACL lets in, its entries in order: the first that speaks of a port decides.

    Raises TypeError or ValueError for entries that cannot be read.
    """
    entries = [each for each in strict(acl.get("Entries")) if each.get("Egress") is not True]
    entries.sort(key=_place)
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    decided: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for entry in entries:
        network = text(entry.get("CidrBlock")) or text(entry.get("Ipv6CidrBlock"))
        action = entry.get("RuleAction")
        if action not in ("allow", "deny"):
            raise TypeError("no action")
        # A denial of less than the whole Internet closes nothing for the rest of it.
        if not (worldwide(network) if action == "allow" else ip_network(network, strict=False).prefixlen == 0):
            continue
        for protocol, low, high in _entry_ports(entry):
            key = (_family(network), protocol)
            fresh = _without((low, high), decided.setdefault(key, []))
            if action == "allow":
                found.setdefault(key, []).extend(fresh)
            if protocol != "other":
                decided[key].append((low, high))
    return [
        Open("", family, protocol, *_shown(protocol, each))
        for (family, protocol), all_ in found.items()
        for each in all_
    ]


def _place(entry: Document) -> int:
    number = entry.get("RuleNumber")
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError("no number")
    return number


def _entry_ports(entry: Document) -> Iterator[tuple[str, int, int]]:
    said = entry.get("PortRange")
    if said is not None and not isinstance(said, dict):
        raise TypeError("no range")
    ports = document(said)
    for protocol, low, high in _ports(text(entry.get("Protocol")), ports.get("From"), ports.get("To")):
        yield protocol, low if isinstance(low, int) else 0, high if isinstance(high, int) else _LAST


def _shown(protocol: str, ports: tuple[int, int]) -> tuple[Cell, Cell]:
    return (ABSENT, ABSENT) if protocol == "other" else ports


def _without(ports: tuple[int, int], taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give what is left of a range when others are taken out of it."""
    left = [ports]
    for low, high in taken:
        left = [
            part
            for first, last in left
            for part in ((first, min(last, low - 1)), (max(first, high + 1), last))
            if part[0] <= part[1]
        ]
    return left
