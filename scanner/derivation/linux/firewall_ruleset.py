"""The running rules of the packet filter, told apart by the frontend or program that made them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.derivation.inputs import cell, first_gap, gap_in, source
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row

Place = tuple[str, str, str]
"""Backend, family and table."""

UFW, NFTABLES, IPTABLES, FIREWALLD = "ufw", "nftables", "iptables", "firewalld"
ENDS = frozenset({"accept", "drop", "reject", "other"})

_COMPAT_TABLES = frozenset({"filter", "mangle", "raw", "security", "nat"})
_BUILTIN = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})
_UFW_CHAIN = re.compile("ufw6?-.*")
# Container engines, virtual machines, overlays and ban daemons keep such chains and tables for themselves, and an
# administrator does not write rules there; DOCKER-USER rules only what goes to containers.
_PROGRAM_CHAIN = re.compile(
    "(DOCKER|KUBE-|CILIUM_|FLANNEL-|CNI-|NETAVARK|LIBVIRT_|WEAVE|ANTREA-|CROWDSEC|cali-|f2b-|fail2ban|ts-|sshguard).*"
)
_PROGRAM_TABLE = re.compile(
    "docker-bridges|kube-proxy|kube-.*|cilium.*|calico|netavark|libvirt_network|lxd|incus|cni_.*|crowdsec6?|"
    r"f2b-.*|fail2ban.*|sshguard|tailscale.*|io\.systemd\.nat|nm-shared-.*"
)
_PROGRAM_INTERFACE = re.compile(
    r"!?(docker|br-[0-9a-f]{12}|cni|podman|virbr|lxcbr|lxdbr|incusbr|veth|flannel|cali|cilium).*"
)


@dataclass(slots=True)
class Ruleset:
    """Chains and rules by table, and whose each table is; `gap` says why some may be missing."""

    chains: dict[Place, dict[str, Row]] = field(default_factory=dict)
    rules: dict[Place, dict[str, list[Row]]] = field(default_factory=dict)
    owners: dict[Place, str] = field(default_factory=dict)
    gap: Gap | None = None

    @classmethod
    def of(cls, inputs: Mapping[Query, Evidence]) -> Ruleset:
        """Read the inputs linux.firewall_chain, linux.firewall_rule and linux.nftables_saved."""
        chains, rules = source(inputs, "linux.firewall_chain"), source(inputs, "linux.firewall_rule")
        found = cls(gap=first_gap(chains.gap, rules.gap, gap_in(chains.rows, ("backend", "family", "table", "chain"))))
        for row in chains.rows:
            found.chains.setdefault(_place(row), {})[str(cell(row, "chain"))] = row
        for row in rules.rows:
            found.rules.setdefault(_place(row), {}).setdefault(str(cell(row, "chain")), []).append(row)
        saved = source(inputs, "linux.nftables_saved")
        kept = {(str(cell(row, "family")), str(cell(row, "table"))) for row in saved.rows}
        for place in found.chains:
            found.owners[place] = found._owner(place, kept)
            if found.owners[place] == IPTABLES and place[0] != "iptables-legacy":
                # A table that looks like iptables' own may be one of nftables' file that could not be read.
                found.gap = first_gap(found.gap, saved.gap)
        return found

    def _owner(self, place: Place, kept: set[tuple[str, str]]) -> str:
        """Give the frontend of a table, `program` for one of another program; chains of ufw are told later."""
        backend, family, table = place
        if backend == "nftables":
            if _PROGRAM_TABLE.fullmatch(table):
                return "program"
            if table == FIREWALLD:
                return FIREWALLD
            bases = {name for name, row in self.chains[place].items() if isinstance(cell(row, "hook"), str)}
            compatible = family in ("ip", "ip6") and table in _COMPAT_TABLES and bases and bases <= _BUILTIN
            if not compatible:
                return NFTABLES
        return NFTABLES if backend != "iptables-legacy" and (family, table) in kept else IPTABLES

    def in_use(self) -> dict[str, list[str]]:
        """Give the frontends that have filter rules now, each with what it is known by."""
        found: dict[str, list[str]] = {}
        for place in self.chains:
            counted = self.counted(place)
            for owner, number in counted.items():
                if number and owner != "program":
                    noun = "rule" if number == 1 else "rules and policies"
                    found.setdefault(owner, []).append(
                        f"{owner}: {number} {noun} in table {place[1]} {place[2]} ({place[0]})"
                    )
        return found

    def counted(self, place: Place) -> dict[str, int]:
        """Give owner > number of rules, and of policies that are not accept, that filter in a table."""
        owner = self.owners[place]
        if owner == "program":
            return {"program": 1}
        if owner != IPTABLES:
            return {owner: sum(self._weight(row) for row in self.chains[place].values())}
        found: dict[str, int] = {}
        if place[2] == "nat":
            return found
        for row in self._rules(place):
            maker = _maker(row)
            if maker:
                found[maker] = found.get(maker, 0) + 1
        strict = [name for name in ("INPUT", "OUTPUT") if cell(self.chains[place].get(name, {}), "policy") == "drop"]
        if strict and UFW not in found:
            found[IPTABLES] = found.get(IPTABLES, 0) + len(strict)
        return found

    def left_over(self, place: Place) -> int:
        """Give how many rules of iptables stand in a table, those of translation too, ufw's and programs' left out."""
        if self.owners[place] != IPTABLES:
            return 0
        number = sum(_maker(row) == IPTABLES for row in self._rules(place))
        return max(number, self.counted(place).get(IPTABLES, 0))

    def programs(self) -> list[str]:
        """Name the tables and chains that other programs made."""
        found = []
        for place, chains in self.chains.items():
            if self.owners[place] == "program":
                found.append(f"table {place[1]} {place[2]}")
            found += [f"chain {name} in {place[1]} {place[2]}" for name in chains if _PROGRAM_CHAIN.fullmatch(name)]
        return sorted(found)

    def bases(self, frontend: str, version: str, hooks: Sequence[str]) -> Iterator[tuple[Place, Row]]:
        """Give the base chains of a frontend's tables that filter packets of a version of IP at these hooks."""
        families = ("inet", "ip" if version == "ipv4" else "ip6")
        owner = IPTABLES if frontend == UFW else frontend
        for place, chains in self.chains.items():
            if self.owners[place] == owner and place[1] in families:
                for row in chains.values():
                    if cell(row, "hook") in hooks and cell(row, "type") == "filter":
                        yield place, row

    def _rules(self, place: Place) -> Iterator[Row]:
        for rows in self.rules.get(place, {}).values():
            yield from rows

    @staticmethod
    def _weight(row: Row) -> int:
        if cell(row, "type") != "filter":
            return 0
        number = cell(row, "rules")
        return (number if isinstance(number, int) else 0) + (cell(row, "policy") == "drop")


def _place(row: Row) -> Place:
    return str(cell(row, "backend")), str(cell(row, "family")), str(cell(row, "table"))


def _maker(row: Row) -> str:
    """Tell who made a rule of an iptables table; ufw's bare jumps stay behind when it is off, and say nothing."""
    chain, target = str(cell(row, "chain")), cell(row, "target")
    names = [chain, *([target] if isinstance(target, str) else [])]
    if any(map(_UFW_CHAIN.fullmatch, names)):
        return UFW if _UFW_CHAIN.fullmatch(chain) and cell(row, "verdict") in ENDS else ""
    if any(map(_PROGRAM_CHAIN.fullmatch, names)):
        return "program"
    interfaces = [name for way in ("in_interface", "out_interface") for name in _texts(cell(row, way))]
    if chain in ("FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING") and any(
        map(_PROGRAM_INTERFACE.fullmatch, interfaces)
    ):
        return "program"
    return IPTABLES


def _texts(given: Cell) -> list[str]:
    return [str(each) for each in given] if isinstance(given, list) else []


def known(row: Row, name: str) -> str:
    """Give a text cell, empty where it is absent or a gap."""
    value = cell(row, name)
    return "" if value is ABSENT or isinstance(value, Gap) else str(value)
