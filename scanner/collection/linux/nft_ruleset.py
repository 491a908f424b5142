"""Reads what `nft -j list ruleset` prints (libnftables-json(5)); sets of ports come from `nft list sets`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.collection.linux.firewall_rows import Rule, Table

Named = Mapping[tuple[str, str, str], Sequence[str]]
"""Family, table and name of a set of ports > its elements as `nft` prints them."""

_VERDICTS = ("accept", "drop", "reject", "return", "jump", "goto", "continue")
_OTHER = ("queue", "snat", "dnat", "masquerade", "redirect", "tproxy", "synproxy", "fwd")
# Statements that let the packet go on, whoever it is.
_GOES_ON = frozenset(
    {"counter", "log", "mangle", "notrack", "dup", "flow", "set", "map", "secmark", "last", "ct helper"}
)
_FIELDS = {
    ("ip", "saddr"): "source",
    ("ip6", "saddr"): "source",
    ("ip", "daddr"): "destination",
    ("ip6", "daddr"): "destination",
    ("ip", "protocol"): "protocol",
    ("ip6", "nexthdr"): "protocol",
}
_META = {
    "iif": "in_interface",
    "iifname": "in_interface",
    "oif": "out_interface",
    "oifname": "out_interface",
    "l4proto": "protocol",
}
_VERSIONS = {"ipv4": "ipv4", "ip": "ipv4", "ipv6": "ipv6", "ip6": "ipv6"}
_PORT = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})?( |$)")
_PORT_SETS = re.compile(r"(set|map) (\S+) (\S+) (\S+)")


def tables(text: str, named: Named) -> tuple[list[Table], str]:
    """Give the tables, and what could not be read (empty for nothing). Never raises."""
    try:
        listed = json.loads(text)["nftables"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return [], "the answer of nft is not the JSON of a ruleset"
    found: dict[tuple[str, str], Table] = {}
    odd = ""
    for entry in listed if isinstance(listed, list) else ():
        kind, body = _first(entry) if isinstance(entry, dict) and entry else ("", None)
        if kind not in ("table", "chain", "rule") or not isinstance(body, dict):
            continue
        try:
            _take(found, kind, body, named)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
            odd = odd or f"a {kind} of nft is not understood"
    return list(found.values()), odd


def named_ports(lines: Sequence[str]) -> dict[tuple[str, str, str], list[str]]:
    """Read the sets and maps of ports: a line `set FAMILY TABLE NAME`, then the elements as nft prints them.

    One with an element that is not understood is left out: rules that look at it then match perhaps.
    """
    texts: dict[tuple[str, str, str], list[str]] = {}
    current: list[str] = []
    for line in lines:
        if head := _PORT_SETS.fullmatch(line.strip()):
            current = texts.setdefault((head[2], head[3], head[4]), [])
        else:
            current.append(line.strip())
    found: dict[tuple[str, str, str], list[str]] = {}
    for place, parts in texts.items():
        elements = " ".join(parts).removeprefix("elements = {").removesuffix("}").split(",")
        named = [element.strip() for element in elements if element.strip()]
        if all(map(_PORT.match, named)):
            found[place] = named
    return found


def _take(found: dict[tuple[str, str], Table], kind: str, body: dict[str, Any], named: Named) -> None:
    family = str(body["family"])
    name = str(body["name"] if kind == "table" else body["table"])
    table = found.setdefault((family, name), Table("nftables", family, name))
    if kind == "chain":
        chain = table.chain(str(body["name"]))
        if "hook" in body:
            chain.type, chain.hook = str(body.get("type", "")), str(body["hook"])
            chain.policy = str(body.get("policy", "accept"))
            chain.priority = int(body.get("prio", 0))
    elif kind == "rule":
        chain = table.chain(str(body["chain"]))
        chain.rules += 1
        chain.ways += _Reader(family, name, named).rule(body["expr"])


class _Reader:
    """Reads one rule."""

    def __init__(self, family: str, table: str, named: Named) -> None:
        self.family, self.table, self.named = family, table, named

    def rule(self, statements: Sequence[Mapping[str, Any]]) -> list[Rule]:
        """Give a row per way to match; statements after a verdict map belong to the packets that it did not take."""
        rule = Rule(version={"ip": "ipv4", "ip6": "ipv6"}.get(self.family, ""))
        ways: list[Rule] = []
        for statement in statements:
            kind, body = _first(statement)
            if kind == "match":
                self._match(rule, body["left"], str(body.get("op", "==")), body["right"])
            elif kind == "vmap":
                ways += self._map(rule, body["key"], body["data"])
            elif kind in _VERDICTS:
                rule.verdict = kind
                rule.target = str(body["target"]) if kind in ("jump", "goto") else ""
            elif kind in _OTHER:
                rule.verdict, rule.target = "other", kind
            elif kind not in _GOES_ON:
                # Limits, quotas, meters and matches of iptables' own: the packet may go past the rule.
                rule.conditions.append(kind)
        if not ways or rule.verdict != "continue":
            ways.append(rule)
        return ways

    def _map(self, rule: Rule, key: Any, data: Any) -> list[Rule]:
        pairs = self._named_map(data) if isinstance(data, str) else [(pair[0], pair[1]) for pair in data["set"]]
        if pairs is None:
            way = rule.copy()
            self._match(way, key, "==", data)
            way.verdict, way.target = "other", "vmap " + str(data)
            return [way]
        ways = []
        for value, verdict in pairs:
            way = rule.copy()
            if value != "*":
                self._match(way, key, "==", value)
            way.verdict, body = _first(verdict)
            way.target = str(body["target"]) if isinstance(body, dict) else ""
            ways.append(way)
        return ways

    def _named_map(self, name: str) -> list[tuple[Any, dict[str, Any]]] | None:
        elements = self.named.get((self.family, self.table, name.removeprefix("@")))
        if elements is None:
            return None
        pairs: list[tuple[Any, dict[str, Any]]] = []
        for element in elements:
            value, _, verdict = element.partition(" : ")
            word, _, target = verdict.partition(" ")
            if word not in _VERDICTS:
                return None
            pairs.append((value.split()[0], {word: {"target": target.strip()} if target else None}))
        return pairs

    def _match(self, rule: Rule, left: Any, op: str, right: Any) -> None:
        if isinstance(left, dict) and "concat" in left:
            parts = right.get("concat") if isinstance(right, dict) else None
            # A set of pairs is not taken apart: each field may match, and the ports of it are not told.
            for place, each in enumerate(left["concat"]):
                self._match(rule, each, op, parts[place] if parts else "@" + json.dumps(right)[:60])
            return
        name = self._field(rule, left)
        if not name or op not in ("==", "!=", "in"):
            rule.conditions.append(_label(left))
            return
        values = self._values(right, ports=name == "ports")
        if name == "version":
            self._version(rule, values, negated=op == "!=")
        elif op == "!=" and name == "ports":
            rule.conditions.append("not ports")
        else:
            values = [f"type {value}" for value in values] if name == "type" else values
            values = [f"!{value}" for value in values] if op == "!=" else values
            rule.match("destination" if name == "type" else name, values)

    def _version(self, rule: Rule, values: Sequence[str], *, negated: bool) -> None:
        told = {_VERSIONS.get(value, "") for value in values}
        if negated or "" in told:
            rule.conditions.append("version")
        elif len(told) == 1:
            rule.only(told.pop())

    def _field(self, rule: Rule, left: Any) -> str:
        """Give the cell that an expression speaks of, empty for none; what it implies is added to the rule."""
        if not isinstance(left, dict):
            return ""
        if "payload" in left and "protocol" in left["payload"]:
            protocol, key = str(left["payload"]["protocol"]), str(left["payload"]["field"])
            if protocol in ("ip", "ip6"):
                rule.only("ipv4" if protocol == "ip" else "ipv6")
                return _FIELDS.get((protocol, key), "")
            if protocol != "th" and "protocol" not in rule.matches:
                rule.matches["protocol"] = ["ipv6-icmp" if protocol == "icmpv6" else protocol]
            return "ports" if key == "dport" else ""
        if "meta" in left:
            key = str(left["meta"]["key"])
            return "version" if key in ("nfproto", "protocol") else _META.get(key, "")
        if "ct" in left and left["ct"].get("key") == "state":
            return "states"
        if "fib" in left and left["fib"].get("result") == "type" and left["fib"].get("flags") == ["daddr"]:
            return "type"
        return ""

    def _values(self, right: Any, *, ports: bool) -> list[str]:
        if isinstance(right, str) and right.startswith("@"):
            elements = self.named.get((self.family, self.table, right[1:])) if ports else None
            return [right] if elements is None else [element.split()[0] for element in elements]
        if isinstance(right, dict) and "set" in right:
            right = right["set"]
        if isinstance(right, list):
            return [value for each in right for value in self._values(each, ports=ports)]
        if isinstance(right, dict):
            if "elem" in right:
                return self._values(right["elem"]["val"], ports=ports)
            if "prefix" in right:
                return [f"{right['prefix']['addr']}/{right['prefix']['len']}"]
            if "range" in right:
                first, last = right["range"]
                return [f"{first}-{last}"]
            return ["@" + json.dumps(right)[:60]]
        return [str(right)]


def _first(entry: Mapping[str, Any]) -> tuple[str, Any]:
    """Give the one key of an object, with what stands under it."""
    key = next(iter(entry), None)
    if key is None:
        raise ValueError("an empty object")
    return key, entry[key]


def _label(left: Any) -> str:
    words = re.findall(r"[a-z0-9_ ]+", json.dumps(left))
    return (
        " ".join(
            word for word in words if word.strip() and word not in ("payload", "protocol", "field", "key", "meta")
        )[:60]
        or "match"
    )
