"""What a recovery policy demands of each asset, and what it declares of the places that hold copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TIERS = ("daily", "weekly", "monthly", "yearly")


@dataclass(frozen=True, slots=True)
class Generations:
    """How many periods of each tier must hold a restore point; 0 for a tier that is not demanded."""

    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    anchor: str = "newest"
    """`newest`: the periods end with that of the newest point; `completed`: with the last one that is over."""

    def tiers(self) -> dict[str, int]:
        """Give the demanded tiers with their numbers."""
        return {tier: number for tier in TIERS if (number := getattr(self, tier))}


@dataclass(frozen=True, slots=True)
class Demand:
    """Everything that the policy demands for one asset; durations are seconds, None stands for no demand.

    `sources` tells for each field where the policy has it from, as `document:line` or `policy file:line`.
    """

    service_class: str = ""
    profile: str = ""
    service: str = ""
    rpo: float | None = None
    rto: float | None = None
    grace: float | None = None
    """Tolerance on the RPO; None: 0 for log archives, the smaller of a tenth of the RPO and an hour otherwise."""
    window: float = 30 * 86400.0
    """How far back exposure and success are looked at."""
    accept: tuple[str, ...] = ("ok", "warning")
    """Statuses of restore points that count."""
    systems: tuple[str, ...] = ()
    """Systems that are authorised; empty for any."""
    application: bool = False
    """True when a backup by the application's own means is needed, beside one of the whole machine."""
    pitr: bool = False
    interval: float | None = None
    """How often a point must be made by the schedule."""
    success_rate: float | None = None
    min_history: float | None = None
    max_age: float | None = None
    generations: Generations | None = None
    offsite: bool = False
    offsite_lag: float | None = None
    offsite_classes: tuple[str, ...] = ()
    """Storage classes that the off-site copy may have; empty for any."""
    offsite_history: float | None = None
    copies: int | None = None
    media: int | None = None
    immutable: bool = False
    immutable_for: float | None = None
    """How long the newest copy must still be safe from deletion."""
    encrypted: bool = False
    fingerprints: tuple[str, ...] = ()
    """Keys that are approved; empty for any."""
    verified_within: float | None = None
    tested_within: float | None = None
    checks: tuple[str, ...] = ()
    """Kinds of checks that a restore test must pass: integrity, function, performance."""
    allowance: float = 0.0
    """Time to notice and to decide, added to a measured restore."""
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """What the policy declares of a place that holds copies; `location` is a pattern `target/location` (`*` fits all)."""

    location: str
    site: str = ""
    medium: str = ""
    domain: str = ""
    """What fails together; the target when left out."""
    offline: bool = False
    retrieval: float = 0.0
    """Seconds until the first byte can be read."""
    rate: float | None = None
    """Bytes a second of a restore from here."""


@dataclass(frozen=True, slots=True)
class Protected:
    """An asset with its stable keys and what is demanded for it."""

    asset: str
    kind: str
    keys: tuple[str, ...]
    """`kind:value`, as restore points name them."""
    demand: Demand
    owner: str = ""
    site: str = ""
    created_at: str = ""
    """RFC 3339 in UTC; empty when not known."""
    size: int | None = None
    declared: bool = True
    """False for what a system reported and no inventory names."""
    path: str = ""
    line: int = 0
