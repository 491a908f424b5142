"""Rows of the packet filter, as both of its tools fill them: a table with its chains and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.model.evidence import ABSENT, Cell, Row

LISTS = ("protocol", "ports", "in_interface", "out_interface", "source", "destination", "states")
"""Cells of a rule that are lists, absent where the rule does not look at them."""


@dataclass(slots=True)
class Rule:
    """One way to match, and what comes of it."""

    matches: dict[str, list[str]] = field(default_factory=dict)
    version: str = ""
    conditions: list[str] = field(default_factory=list)
    verdict: str = "continue"
    target: str = ""

    def copy(self) -> Rule:
        """Give a rule that can be changed apart from this one."""
        matches = {name: list(values) for name, values in self.matches.items()}
        return Rule(matches, self.version, list(self.conditions), self.verdict, self.target)

    def match(self, name: str, values: Sequence[str]) -> None:
        """Add a match; a second one on the same thing is a condition that is not looked into."""
        if name in self.matches:
            self.conditions.append(f"{name} {', '.join(values[:3])}")
        else:
            self.matches[name] = list(values)

    def only(self, version: str) -> None:
        """Say that only packets of this version of IP match."""
        if self.version and self.version != version:
            self.conditions.append(f"both {self.version} and {version}")
        self.version = version


@dataclass(slots=True)
class Chain:
    """A chain: `rules` counts what was written, `ways` has a row per way to match."""

    name: str
    type: str = ""
    hook: str = ""
    priority: int | None = None
    policy: str = ""
    rules: int = 0
    ways: list[Rule] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A table of one backend."""

    backend: str
    family: str
    name: str
    chains: dict[str, Chain] = field(default_factory=dict)

    def chain(self, name: str) -> Chain:
        """Give the chain of that name, made where it is new."""
        return self.chains.setdefault(name, Chain(name))


def chain_rows(tables: Sequence[Table]) -> Iterator[Row]:
    """Give the rows of linux.firewall_chain."""
    for table in tables:
        for chain in table.chains.values():
            yield {
                **_place(table, chain),
                "type": chain.type or ABSENT,
                "hook": chain.hook or ABSENT,
                "priority": ABSENT if chain.priority is None else chain.priority,
                "policy": chain.policy or ABSENT,
                "rules": chain.rules,
            }


def rule_rows(tables: Sequence[Table]) -> Iterator[Row]:
    """Give the rows of linux.firewall_rule."""
    for table in tables:
        for chain in table.chains.values():
            for position, rule in enumerate(chain.ways, 1):
                lists: Mapping[str, Cell] = {name: rule.matches.get(name, ABSENT) for name in LISTS}
                yield {
                    **_place(table, chain),
                    "position": position,
                    **lists,
                    "version": rule.version or ABSENT,
                    "conditions": rule.conditions,
                    "verdict": rule.verdict,
                    "target": rule.target or ABSENT,
                }


def _place(table: Table, chain: Chain) -> dict[str, Cell]:
    return {"backend": table.backend, "family": table.family, "table": table.name, "chain": chain.name}
