"""What the estate's derivations see: every asset with its demands, and what all targets answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.model.evidence import Evidence, Gap
from scanner.model.recovery import Place, Protected, Section


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything at the time of judging; pure functions turn it into the facts of scope estate."""

    now: str
    """RFC 3339 in UTC."""
    timezone: str
    """Name of the policy's time zone, such as `Europe/Berlin`."""
    assets: Sequence[Protected]
    places: Sequence[Place]
    answers: Mapping[str, Mapping[str, Evidence]]
    """Target > fact > its evidence; a target that could not be asked has the fact with a gap."""
    platforms: Mapping[str, str]
    """Target > its platform."""
    offsets: Mapping[str, float]
    """Target > its clock minus ours in seconds, where it told."""
    part: Gap | None = None
    """Why not every target of the inventory is here; None when all are."""
    policy: Gap | None = None
    """Why nothing is demanded of anything (no recovery policy was given); None when there is one."""

    estate: Section = field(default_factory=lambda: Section("estate"))
    """What the policy demands of the estate as a whole, such as room for backups."""

    hosts: Mapping[str, str] = field(default_factory=dict)
    """Target > the Linux target that it runs on, where the inventory names one."""

    memory: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was computed of this scene before, by name; filled by the derivations."""

    def all(self, fact: str) -> Iterator[tuple[str, Evidence]]:
        """Iterate over the evidence of a fact with the target that gave it."""
        for target, facts in self.answers.items():
            if fact in facts:
                yield target, facts[fact]

    def gaps(self, fact: str) -> Iterator[tuple[str, Gap]]:
        """Iterate over the targets that did not tell everything of a fact, with the reason."""
        for target, evidence in self.all(fact):
            if evidence.gap is not None:
                yield target, evidence.gap
