"""Contradictions in a recovery policy, and what would mend them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scanner.derivation.recovery.demands import Scope
from scanner.model.recovery import TIERS, Generations, Keep, Leaf, RecoveryPolicy

ERROR: Final = "error"
WARNING: Final = "warning"

SMALLER: Final = frozenset(
    (
        "rpo",
        "rto",
        "grace",
        "interval",
        "max_age",
        "offsite_lag",
        "offsite_rto",
        "verified_within",
        "tested_within",
        "capacity_reviewed_every",
        "success_checked_every",
        "archive_checked_every",
        "archive_tested_every",
        "disaster_tested_every",
        "documents_reviewed_every",
        "alerted_within",
    )
)
"""Leaves of which the smaller demands more."""
LARGER: Final = frozenset(
    (
        "success_rate",
        "min_history",
        "offsite_history",
        "copies",
        "media",
        "immutable_for",
        "application",
        "pitr",
        "offsite",
        "immutable",
        "encrypted",
        "encrypted_in_transit",
        "capacity",
        "days_to_full",
    )
)
"""Leaves of which the larger, or true, demands more."""


@dataclass(frozen=True, slots=True)
class Change:
    """A leaf to write, in the file's own form, and why."""

    place: str
    value: object
    reason: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Values that cannot all hold, or one that is missing."""

    code: str
    severity: str
    says: str
    remedy: str
    leaves: tuple[Leaf, ...]
    """The values at odds, each with its source."""
    changes: tuple[Change, ...] = ()
    """What would mend it without loosening a demand; empty when only a person can tell."""

    @property
    def key(self) -> tuple[str, ...]:
        """What it is about: the same values at odds are told once."""
        return (self.code, *(f"{leaf.place} {leaf.source}" for leaf in self.leaves))


@dataclass(frozen=True, slots=True)
class Case:
    """Sections that hold together for some asset, with the leaves in force."""

    policy: RecoveryPolicy
    scope: Scope
    leaves: Mapping[str, Leaf]
    platforms: tuple[str, ...] = ()
    """Platforms of the targets that the profile is for."""
    sure: bool = True
    """False when nothing names the class, so that it is one of many that an asset may have."""

    def seconds(self, name: str) -> float | None:
        """Give a leaf that is a number; None when it is not there."""
        leaf = self.leaves.get(name)
        return float(leaf.value) if leaf is not None and isinstance(leaf.value, (int, float)) else None

    def words(self, name: str) -> tuple[str, ...]:
        """Give a leaf that is a list of words."""
        leaf = self.leaves.get(name)
        return tuple(str(word) for word in leaf.value) if leaf is not None and isinstance(leaf.value, tuple) else ()

    def own(self, *keys: str) -> str:
        """Give the place of a leaf in the section that is most about the kind of asset: profile, else service, else class."""
        for root, name in (
            ("profiles", self.scope.profile),
            ("services", next(iter(self.scope.services), "")),
            ("classes", self.scope.service_class),
        ):
            if name:
                return ".".join((root, name, *keys))
        return ".".join(("defaults", *keys))

    def written_at(self, name: str, *keys: str) -> str:
        """Give where to write a leaf so that it holds: its own place where a service or class has it, else `own`."""
        leaf = self.leaves.get(name)
        strong = leaf is not None and leaf.place.startswith(("services.", "classes."))
        return leaf.place if leaf is not None and strong else self.own(*keys)

    def gap(self, *keys: str) -> Leaf:
        """Give what stands for a leaf that nobody wrote, at the section that could."""
        policy, scope = self.policy, self.scope
        sections = [policy.profiles.get(scope.profile), *(policy.services[name] for name in scope.services)]
        line = next((section.line for section in sections if section is not None), 0)
        return Leaf(self.own(*keys), None, "nothing", f"{policy.path}:{line}" if line else policy.path, line)


def stricter(name: str, one: object, other: object) -> bool | None:
    """True when `one` demands more than `other`, False when less or the same; None where there is no order."""
    if isinstance(one, Generations) and isinstance(other, Generations):
        pairs = [(getattr(one, tier), getattr(other, tier)) for tier in TIERS]
        if all(left >= right for left, right in pairs):
            return any(left > right for left, right in pairs)
        return False if all(left <= right for left, right in pairs) else None
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        if name in SMALLER:
            return one < other
        return one > other if name in LARGER else None
    return None


def raw(leaf: Leaf) -> object:
    """Give a leaf's value as a file may have it."""
    if leaf.written in ("true", "false"):
        return leaf.written == "true"
    if isinstance(leaf.value, tuple):
        return list(leaf.value)
    if isinstance(leaf.value, Generations):
        tiers: dict[str, object] = dict(leaf.value.tiers())
        return tiers if leaf.value.anchor == "newest" else {**tiers, "anchor": leaf.value.anchor}
    if isinstance(leaf.value, Keep):
        return {name: number for name in ("last", "hourly", *TIERS) if (number := getattr(leaf.value, name))}
    return int(leaf.written) if leaf.written.isdecimal() else leaf.written
