"""The shape of a recovery policy: what classes, profiles and services may demand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from scanner.catalog.files.base import Id, Labels, Listed, Shape, Text, refuse
from scanner.catalog.files.platforms import PLATFORMS
from scanner.catalog.files.recoveryleaves import (
    FILLED,
    ONE_OR_MORE,
    BareSpan,
    Count,
    Flag,
    NetworkName,
    Rate,
    Share,
    Size,
    Sourced,
    Span,
    StorageClass,
    SystemName,
    Tolerance,
    Zone,
)
from scanner.catalog.source import remedy


def _platform(name: str) -> str:
    if name not in PLATFORMS:
        refuse(f"no platform is called '{name[:40]}'", remedy(name, PLATFORMS, f"known are {', '.join(PLATFORMS)}"))
    return name


Number = Annotated[int, Field(ge=0, le=10_000)]
Statuses = Annotated[list[Literal["ok", "warning", "partial"]], ONE_OR_MORE, FILLED, Sourced(words=True)]
Systems = Annotated[list[SystemName], ONE_OR_MORE, FILLED, Sourced(words=True)]
Checks = Annotated[list[Literal["integrity", "function", "performance"]], ONE_OR_MORE, FILLED, Sourced(words=True)]
Classes = Annotated[list[StorageClass], ONE_OR_MORE, FILLED, Sourced(words=True)]
Words = Annotated[list[Text], ONE_OR_MORE, FILLED, Sourced(words=True)]
Networks = Annotated[list[NetworkName], ONE_OR_MORE, FILLED, Sourced(words=True)]
Platforms = list[Annotated[Text, AfterValidator(_platform)]]


class _Late(Shape):
    """Compiled when the first policy is read: most runs read none."""

    model_config = ConfigDict(defer_build=True)


class GenerationsShape(_Late):
    """How many periods must hold a restore point."""

    daily: Number = Field(default=0, description="days")
    weekly: Number = Field(default=0, description="ISO weeks")
    monthly: Number = Field(default=0, description="months")
    yearly: Number = Field(default=0, description="years")
    anchor: Literal["newest", "completed"] = Field(
        default="newest", description="count from the period of the newest point, or from the last one that is over"
    )

    @model_validator(mode="after")
    def _some(self) -> GenerationsShape:
        if not (self.daily or self.weekly or self.monthly or self.yearly):
            refuse("no tier is demanded", "write such as {daily: 7, weekly: 4, monthly: 2}")
        return self


class KeepShape(_Late):
    """Options by which a system prunes."""

    last: Number = Field(default=0, description="newest points, whatever their age")
    hourly: Number = Field(default=0, description="hours")
    daily: Number = Field(default=0, description="days")
    weekly: Number = Field(default=0, description="weeks")
    monthly: Number = Field(default=0, description="months")
    yearly: Number = Field(default=0, description="years")
    within: BareSpan | None = Field(
        default=None, description="age at which a point goes whatever the other options say"
    )

    @model_validator(mode="after")
    def _some(self) -> KeepShape:
        if not self.model_fields_set:
            refuse("no option is set", "write such as {daily: 7, weekly: 4, monthly: 2}")
        return self


class Schedule(_Late):
    """How often restore points are made."""

    every: Span | None = Field(default=None, description="longest time between two runs, such as 1d")
    duration: Span | None = Field(default=None, description="how long a run takes")
    full_every: Span | None = Field(default=None, description="longest time between two full backups")
    success_rate: Share | None = Field(default=None, description="share of runs that must succeed, such as 95%")


class Retention(_Late):
    """How long restore points are kept."""

    gfs: Annotated[GenerationsShape, Sourced()] | None = Field(
        default=None, description="periods that must hold a point: {daily: 7, weekly: 4, monthly: 2}"
    )
    keep: Annotated[KeepShape, Sourced()] | None = Field(
        default=None, description="options that the system prunes by; those of gfs when left out"
    )
    min_history: Span | None = Field(default=None, description="how far back one must be able to return")
    max_age: Span | None = Field(default=None, description="age beyond which no point may be left")


class Offsite(_Late):
    """The copy at another site."""

    required: Flag | None = Field(default=None, description="true: a copy at another site is needed")
    max_lag: Span | None = Field(default=None, description="how far the copy may stay behind")
    storage_classes: Classes | None = Field(default=None, description="storage classes that it may lie in")
    retrieval: Annotated[Literal["expedited", "standard", "bulk"], Sourced()] | None = Field(
        default=None, description="how it is fetched from an archive class; standard when left out"
    )
    min_history: Span | None = Field(default=None, description="how far back it must reach")
    rto: Span | None = Field(default=None, description="time to restore when the site is lost; rto when left out")


class Copies(_Late):
    """How many copies, and how safe they are."""

    count: Count | None = Field(default=None, description="copies, production being one of them")
    media: Count | None = Field(default=None, description="different media or storage technologies")
    immutable: Flag | None = Field(default=None, description="true: one copy that nobody can delete, or offline")
    immutable_for: Span | None = Field(default=None, description="how long it must still be so")


class Encryption(_Late):
    """How backups are encrypted."""

    at_rest: Annotated[Literal["required", "AES-256", "none"], Sourced()] | None = Field(
        default=None, description="required, AES-256 or none"
    )
    in_transit: Flag | None = Field(default=None, description="true: data go encrypted over the network")
    approved_fingerprints: Words | None = Field(default=None, description="keys that may be used; any when left out")


class Integrity(_Late):
    """How restore points are verified."""

    max_verify_age: Span | None = Field(default=None, description="age of the last verification")


class RestoreTest(_Late):
    """How restores are rehearsed."""

    max_age: Span | None = Field(default=None, description="age of the last restore test")
    checks: Checks | None = Field(default=None, description="kinds of checks that it must pass")
    allowance: Tolerance | None = Field(default=None, description="time to notice and to decide, added to a restore")


class Demands(_Late):
    """What is demanded; each leaf may be written as {value: …, source: …}."""

    rpo: Span | None = Field(default=None, description="how much may be lost, in time")
    rto: Span | None = Field(default=None, description="how long a restore may take")
    grace: Tolerance | None = Field(default=None, description="tolerance on the rpo")
    window: Span | None = Field(default=None, description="how far back exposure and success are looked at")
    accept: Statuses | None = Field(default=None, description="statuses of restore points that count")
    authorised_systems: Systems | None = Field(default=None, description="backup systems that may be used")
    application: Flag | None = Field(default=None, description="true: a backup by the application's own means")
    pitr: Flag | None = Field(default=None, description="true: recovery to any moment, from an unbroken log archive")
    size: Size | None = Field(default=None, description="what is restored, such as 30 GB")
    rate: Rate | None = Field(default=None, description="measured rate of a restore, such as 46 MB/s")
    schedule: Annotated[Schedule, Sourced()] | None = Field(
        default=None, description="how often restore points are made"
    )
    retention: Annotated[Retention, Sourced()] | None = Field(default=None, description="how long they are kept")
    offsite: Annotated[Offsite, Sourced()] | None = Field(default=None, description="the copy at another site")
    copies: Annotated[Copies, Sourced()] | None = Field(default=None, description="how many copies, and how safe")
    encryption: Annotated[Encryption, Sourced()] | None = Field(default=None, description="how they are encrypted")
    integrity: Annotated[Integrity, Sourced()] | None = Field(default=None, description="how they are verified")
    restore_test: Annotated[RestoreTest, Sourced()] | None = Field(
        default=None, description="how restores are rehearsed"
    )


class ProfileDemands(Demands):
    """What a kind of asset must meet."""

    service_class: Text | None = Field(default=None, alias="class", description="class of assets that have none")


class ServiceDemands(ProfileDemands):
    """What a service must meet."""

    profile: Text | None = Field(default=None, description="profile of its assets where no binding names one")


class BindingShape(_Late):
    """Which assets something is for."""

    kinds: Listed | None = Field(default=None, description="kinds of assets, such as windows-vm")
    platforms: Platforms | None = Field(default=None, description="platforms of targets, such as [postgres]")
    assets: Listed | None = Field(default=None, description="ids of assets; * stands for anything")
    labels: Labels | None = Field(default=None, description="labels that an asset must all carry")
    profile: Text | None = Field(default=None, description="profile that holds for them")
    service_class: Text | None = Field(default=None, alias="class", description="class of those that have none")
    service: Text | None = Field(default=None, description="service that they belong to")

    @model_validator(mode="after")
    def _both_sides(self) -> BindingShape:
        if not (self.kinds or self.platforms or self.assets or self.labels):
            refuse("a binding says for nothing what it is for", "add kinds, platforms, assets or labels")
        if not (self.profile or self.service_class or self.service):
            refuse("a binding binds to nothing", "add profile, class or service")
        return self


class PlaceShape(_Late):
    """A place that holds copies."""

    location: Text = Field(description="target/location as restore points name it; * stands for anything")
    site: Text | None = Field(default=None, description="where it is")
    medium: Text | None = Field(default=None, description="what it is, such as disk, tape or object-store")
    domain: Text | None = Field(default=None, description="what fails together with it; the target when left out")
    offline: bool = Field(default=False, description="true for what no account can reach")
    retrieval: Tolerance | None = Field(default=None, description="time until the first byte can be read")
    rate: Rate | None = Field(default=None, description="measured rate of a restore from here, such as 46 MB/s")


class EstateDemands(_Late):
    """What is demanded of the estate as a whole."""

    capacity: Size | None = Field(default=None, description="room that backups need, such as 4 TB")
    days_to_full: Span | None = Field(default=None, description="how long the room must still last")
    capacity_reviewed_every: Span | None = Field(default=None, description="how often its growth is looked at")
    success_checked_every: Span | None = Field(default=None, description="how often results of jobs are looked at")
    archive_checked_every: Span | None = Field(default=None, description="how often the archive is listed")
    archive_tested_every: Span | None = Field(default=None, description="how often something is restored from it")
    disaster_tested_every: Span | None = Field(default=None, description="how often a site's loss is rehearsed")
    documents_reviewed_every: Span | None = Field(
        default=None, description="how old recovery documents may get without a look at them"
    )
    backup_networks: Networks | None = Field(
        default=None, description="networks that only backups use, such as 10.20.0.0/24"
    )
    alerted_within: Span | None = Field(default=None, description="how soon a failed job reaches somebody")


class RecoveryPolicyFile(_Late):
    """What recovery must be able to do, for which assets, and who says so."""

    kind: Literal["recovery-policy/1"] = Field(alias="schema")
    title: Text | None = Field(default=None, description="name of the policy")
    timezone: Zone = Field(default="UTC", description="time zone of days, weeks and months, such as Europe/Berlin")
    defaults: Demands = Field(default_factory=Demands, description="what holds where nothing else is said")
    profiles: dict[Id, ProfileDemands] = Field(
        default_factory=dict, max_length=500, description="demands by kind of asset"
    )
    classes: dict[Id, Demands] = Field(default_factory=dict, max_length=50, description="demands by service class")
    services: dict[Id, ServiceDemands] = Field(
        default_factory=dict, max_length=500, description="demands of single services"
    )
    bindings: list[BindingShape] = Field(
        default_factory=list, max_length=1000, description="which assets are meant; the first wins"
    )
    places: list[PlaceShape] = Field(default_factory=list, max_length=1000, description="places that hold copies")
    estate: EstateDemands = Field(default_factory=EstateDemands, description="demands on the estate as a whole")


LEAVES: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("rpo", "rto", "grace", "window", "accept", "application", "pitr", "size", "rate")},
    "systems": ("authorised_systems",),
    "interval": ("schedule", "every"),
    "duration": ("schedule", "duration"),
    "full_interval": ("schedule", "full_every"),
    "success_rate": ("schedule", "success_rate"),
    "generations": ("retention", "gfs"),
    "keep": ("retention", "keep"),
    "min_history": ("retention", "min_history"),
    "max_age": ("retention", "max_age"),
    "offsite": ("offsite", "required"),
    "offsite_lag": ("offsite", "max_lag"),
    "offsite_classes": ("offsite", "storage_classes"),
    "offsite_retrieval": ("offsite", "retrieval"),
    "offsite_history": ("offsite", "min_history"),
    "offsite_rto": ("offsite", "rto"),
    "copies": ("copies", "count"),
    "media": ("copies", "media"),
    "immutable": ("copies", "immutable"),
    "immutable_for": ("copies", "immutable_for"),
    "encrypted": ("encryption", "at_rest"),
    "encrypted_in_transit": ("encryption", "in_transit"),
    "fingerprints": ("encryption", "approved_fingerprints"),
    "verified_within": ("integrity", "max_verify_age"),
    "tested_within": ("restore_test", "max_age"),
    "checks": ("restore_test", "checks"),
    "allowance": ("restore_test", "allowance"),
}
"""Name of a leaf, where possible that of `Demand`'s field > keys that lead to it in a class, profile or service."""
