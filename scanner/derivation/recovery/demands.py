"""What a recovery policy demands of one asset: service over class over profile over defaults, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from scanner.model.recovery import Binding, Demand, Leaf, RecoveryPolicy, Section

_NAMES = {"service_class", "profile", "service", "sources"}
DEMANDED = frozenset(each.name for each in fields(Demand)) - _NAMES
"""Leaves that become fields of a `Demand`; the others only tell whether the policy can hold."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the policy can tell assets apart by."""

    asset: str = ""
    kind: str = ""
    platform: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    service_class: str = ""
    """As the inventory has it; it wins over what the policy binds."""
    service: str = ""
    """A service that is known otherwise; it comes before those that the policy binds."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The sections of a policy that hold for an asset."""

    service_class: str = ""
    profile: str = ""
    services: tuple[str, ...] = ()


def demand(policy: RecoveryPolicy, subject: Subject) -> Demand:
    """Give what is demanded of an asset, each field with its source; nothing is demanded of a class that is not known."""
    scope = scope_of(policy, subject)
    leaves = {name: leaf for name, leaf in leaves_of(policy, scope).items() if name in DEMANDED}
    values: dict[str, Any] = {name: leaf.value for name, leaf in leaves.items()}
    return Demand(
        service_class=scope.service_class,
        profile=scope.profile,
        service=", ".join(scope.services),
        sources={name: leaf.source for name, leaf in leaves.items()},
        **values,
    )


def scope_of(policy: RecoveryPolicy, subject: Subject) -> Scope:
    """Give class, profile and services of an asset.

    The first binding that fits and names a profile or a class gives it; services are all that fit, in their order.
    Where no binding names them, a service's own profile and class hold, and then the profile's class.
    """
    fitting = [binding for binding in policy.bindings if fits(binding, subject)]
    bound = [subject.service, *(binding.service for binding in fitting)]
    services = tuple(dict.fromkeys(name for name in bound if name in policy.services))
    profile = _first(
        [binding.profile for binding in fitting], [policy.services[name].profile for name in services], policy.profiles
    )
    classes = [subject.service_class] if subject.service_class else [binding.service_class for binding in fitting]
    implied = [policy.services[name].service_class for name in services]
    implied += [policy.profiles[profile].service_class] if profile else []
    service_class = subject.service_class or _first(classes, implied, policy.classes)
    return Scope(service_class, profile, services)


def _first(bound: Iterable[str], implied: Iterable[str], known: Mapping[str, Section]) -> str:
    return next((name for name in (*bound, *implied) if name in known), "")


def fits(binding: Binding, subject: Subject) -> bool:
    """True when every selector of a binding fits an asset."""
    return (
        (not binding.kinds or subject.kind in binding.kinds)
        and (not binding.platforms or subject.platform in binding.platforms)
        and (not binding.assets or any(fnmatchcase(subject.asset, pattern) for pattern in binding.assets))
        and all(subject.labels.get(name) == value for name, value in binding.labels.items())
    )


def leaves_of(policy: RecoveryPolicy, scope: Scope) -> dict[str, Leaf]:
    """Give the leaves in force: a service's over its class's over the profile's over the defaults."""
    found: dict[str, Leaf] = {}
    for section in reversed(sections_of(policy, scope)):
        found.update(section.leaves)
    return found


def sections_of(policy: RecoveryPolicy, scope: Scope) -> list[Section]:
    """Give the sections that hold, the strongest first."""
    named = [policy.services.get(name) for name in scope.services]
    named += [policy.classes.get(scope.service_class), policy.profiles.get(scope.profile), policy.defaults]
    return [section for section in named if section is not None]
