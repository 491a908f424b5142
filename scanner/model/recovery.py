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
    full_interval: float | None = None
    """How often one must be made that rests on no other."""
    success_rate: float | None = None
    min_history: float | None = None
    max_age: float | None = None
    generations: Generations | None = None
    offsite: bool = False
    offsite_lag: float | None = None
    offsite_classes: tuple[str, ...] = ()
    """Storage classes that the off-site copy may have; empty for any."""
    offsite_retrieval: str = "standard"
    """How a copy is fetched from an archive class: expedited, standard or bulk."""
    offsite_history: float | None = None
    offsite_rto: float | None = None
    """How long a restore may take when the site is lost; the RTO when None."""
    copies: int | None = None
    media: int | None = None
    immutable: bool = False
    immutable_for: float | None = None
    """How long the newest copy must still be safe from deletion."""
    encrypted: bool = False
    encrypted_in_transit: bool = False
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


@dataclass(frozen=True, slots=True)
class Keep:
    """Options by which a backup system prunes; 0 for one that is not set."""

    last: int = 0
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: float | None = None
    """Seconds after which a point goes whatever the other options say; None for never."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that a recovery policy states."""

    place: str
    """Keys that lead to it, such as `classes.critical.rpo`."""
    value: object
    """As `Demand` has it: seconds, bytes, words; None where an alternative to nothing stands."""
    written: str
    """As the file has it, such as `15m`."""
    source: str
    """Document and heading or line; the policy's own file and line when the author names none."""
    line: int = 0
    also: tuple[Leaf, ...] = ()
    """What other documents say of the same, and the author did not take."""


@dataclass(frozen=True, slots=True)
class Section:
    """What a class, a profile or a service demands: field of `Demand`, or one that only checks need > its leaf."""

    name: str
    leaves: Mapping[str, Leaf] = field(default_factory=dict)
    service_class: str = ""
    """Class of assets that have none of their own."""
    profile: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Binding:
    """Which assets a profile, a class or a service is for; every selector that is given must fit, one word of each."""

    kinds: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    """Shell patterns of ids."""
    labels: Mapping[str, str] = field(default_factory=dict)
    profile: str = ""
    service_class: str = ""
    service: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class RecoveryPolicy:
    """A recovery policy as its author wrote it; `derivation.recovery.demands` tells what it demands of an asset."""

    path: str
    sha256: str = ""
    title: str = ""
    timezone: str = "UTC"
    defaults: Section = field(default_factory=lambda: Section("defaults"))
    classes: Mapping[str, Section] = field(default_factory=dict)
    profiles: Mapping[str, Section] = field(default_factory=dict)
    services: Mapping[str, Section] = field(default_factory=dict)
    bindings: tuple[Binding, ...] = ()
    places: tuple[Place, ...] = ()
    estate: Section = field(default_factory=lambda: Section("estate"))
    """Demands on the estate as a whole: room for backups, drills of a site's loss, checks of archives."""
