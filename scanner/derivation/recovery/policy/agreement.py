"""Documents and sections that say different things of the same, and units that are easily mistaken."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.derivation.recovery.demands import sections_of
from scanner.derivation.recovery.policy.findings import (
    ERROR,
    WARNING,
    Case,
    Change,
    Contradiction,
    raw,
    stricter,
)
from scanner.model.recovery import Leaf, RecoveryPolicy, Section


def check_documents(policy: RecoveryPolicy) -> Iterator[Contradiction]:
    """Find leaves of which other documents say something else."""
    for name, leaf in _all(policy):
        others = [other for other in leaf.also if other.value != leaf.value]
        for other in others:
            laxer = stricter(name, other.value, leaf.value) is True
            strictest = _strictest(name, leaf, others)
            took = "the laxer one is taken" if laxer else "this one is taken"
            yield Contradiction(
                "documents-disagree",
                ERROR if laxer else WARNING,
                f"{leaf.place} is {leaf.written} by one document and {other.written} by another; {took}",
                "make the documents agree, and drop the other value",
                (leaf, other),
                (Change(leaf.place, raw(strictest), f"settled as in {strictest.source}"),),
            )


def _strictest(name: str, leaf: Leaf, others: list[Leaf]) -> Leaf:
    for other in others:
        if stricter(name, other.value, leaf.value):
            leaf = other
    return leaf


def _all(policy: RecoveryPolicy) -> Iterator[tuple[str, Leaf]]:
    groups = (policy.classes, policy.profiles, policy.services)
    sections: list[Section] = [policy.defaults, *(each for group in groups for each in group.values()), policy.estate]
    for section in sections:
        yield from section.leaves.items()


def check_precedence(case: Case) -> Iterator[Contradiction]:
    """Find a stronger section that demands less than a weaker one, which it hides."""
    if not case.sure:
        return
    sections = sections_of(case.policy, case.scope)
    for at, strong in enumerate(sections):
        for weak in sections[at + 1 :]:
            for name, leaf in strong.leaves.items():
                other = weak.leaves.get(name)
                hides = other is not None and case.leaves.get(name) is leaf and weak is not case.policy.defaults
                if hides and other is not None and stricter(name, other.value, leaf.value) is True:
                    yield Contradiction(
                        f"{_kind(leaf)}-laxer-than-{_kind(other)}",
                        WARNING,
                        f"{leaf.place} is {leaf.written}, laxer than the {other.written} of {other.place}, which it hides",
                        f"demand {other.written} there too, or name another class or profile",
                        (leaf, other),
                        (Change(leaf.place, raw(other), f"no laxer than {other.place}"),),
                    )


def _kind(leaf: Leaf) -> str:
    names = {"services": "service", "classes": "class", "profiles": "profile"}
    return names.get(leaf.place.split(".", 1)[0], "default")


def check_units(policy: RecoveryPolicy) -> Iterator[Contradiction]:
    """Find sizes in thousands beside sizes in 1024: TB and TiB are a tenth apart."""
    sizes = [leaf for name, leaf in _all(policy) if name in ("size", "capacity")]
    binary = [leaf for leaf in sizes if "i" in leaf.written]
    decimal = [leaf for leaf in sizes if "i" not in leaf.written and not leaf.written.endswith(" B")]
    if binary and decimal:
        yield Contradiction(
            "units-mixed",
            WARNING,
            f"{decimal[0].place} is {decimal[0].written} in thousands, {binary[0].place} is {binary[0].written} in 1024",
            "write all sizes alike, so that nobody takes TB for TiB",
            (decimal[0], binary[0]),
        )


def check_use(policy: RecoveryPolicy) -> Iterator[Contradiction]:
    """Find profiles and services that no binding names."""
    profiles = {each.profile for each in policy.bindings} | {each.profile for each in policy.services.values()}
    services = {each.service for each in policy.bindings}
    for kind, sections, used in (("profile", policy.profiles, profiles), ("service", policy.services, services)):
        for name, section in sections.items():
            if name not in used:
                yield Contradiction(
                    "never-applies",
                    WARNING,
                    f"the {kind} {name} is bound to nothing, so nothing has to meet it",
                    "name it under bindings:, or remove it",
                    (Leaf(f"{kind}s.{name}", None, "not bound", f"{policy.path}:{section.line}", section.line),),
                )
