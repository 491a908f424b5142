"""Which sections of a recovery policy can hold together, as far as the policy alone tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scanner.derivation.recovery.demands import Scope, leaves_of
from scanner.derivation.recovery.policy.findings import Case
from scanner.model.recovery import Binding, RecoveryPolicy


def cases(policy: RecoveryPolicy) -> Iterator[Case]:
    """Give every class with every profile and service that a binding puts together.

    Where neither a binding nor a section names the class, an asset may be of any.
    """
    seen: set[Scope] = set()
    for binding in policy.bindings:
        services = [binding.service] if binding.service else []
        profile = binding.profile or next((policy.services[name].profile for name in services), "")
        services += [other for other in _services_of(policy, profile) if other not in services]
        classes, sure = _classes(policy, binding, profile, services)
        for service_class in classes:
            scope = Scope(service_class, profile, tuple(services))
            if scope not in seen:
                seen.add(scope)
                platforms = _platforms(policy, profile) if profile else binding.platforms
                yield Case(policy, scope, leaves_of(policy, scope), platforms, sure)


def _services_of(policy: RecoveryPolicy, profile: str) -> list[str]:
    """Give the service that every binding of a profile names beside it."""
    named = {each.service for each in policy.bindings if profile and each.profile == profile}
    return [name for name in named if name] if len(named) == 1 else []


def _platforms(policy: RecoveryPolicy, profile: str) -> tuple[str, ...]:
    """Give the platforms of the targets that a profile is for."""
    found = (name for each in policy.bindings if each.profile == profile for name in each.platforms)
    return tuple(dict.fromkeys(found))


def _classes(policy: RecoveryPolicy, binding: Binding, profile: str, services: Iterable[str]) -> tuple[list[str], bool]:
    named = [binding.service_class, *(policy.services[name].service_class for name in services)]
    named += [policy.profiles[profile].service_class] if profile else []
    first = next((name for name in named if name), "")
    return ([first], True) if first else (list(policy.classes) or [""], False)
