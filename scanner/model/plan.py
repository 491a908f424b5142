"""Plans: what will be asked of whom, before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scanner.model.evidence import Query
from scanner.model.inventory import Endpoint, Target
from scanner.model.profile import Selected


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """One target's share: its rules with values in force, and all queries they need."""

    target: Target
    selected: tuple[Selected, ...]
    queries: tuple[Query, ...]
    """Base queries (to be asked), sorted."""
    derived: tuple[Query, ...]
    """Derived queries in the order in which they can be computed."""
    profiles: tuple[str, ...]
    """Profiles under consideration; with `auto` those that may turn out to fit."""
    auto: bool = False
    """True when the profiles are candidates of `auto`, to be narrowed by what the target turns out to be."""
    named: tuple[str, ...] = ()
    """With `auto`: those that were asked for by name as well, and hold whatever `auto` chooses."""
    linked: tuple[Query, ...] = ()
    """What is asked of the host that the target runs on, for facts derived from both."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One trip to one endpoint, with the merged queries of all targets that share it."""

    endpoint: Endpoint
    platform: str
    targets: tuple[str, ...]
    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All visits of a run."""

    targets: Mapping[str, TargetPlan]
    visits: tuple[Visit, ...]
    estate: tuple[Selected, ...] = ()
    """Rules of scope estate, judged last."""
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Target > why it is not visited (maintenance, filtered by --limit …)."""
    sha256: str = ""
    """Hash of everything that decides what is asked: `--resume` refuses another one."""
    joint: tuple[Query, ...] = ()
    """What targets of a fitting platform are asked for the facts of the whole estate."""
