"""What all targets together said for the facts of the estate: kept until the last one has answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from scanner.model.evidence import Evidence, Gap, Query, Snapshot, unknown
from scanner.model.inventory import Target
from scanner.operations.prepare import Prepared


@dataclass(slots=True)
class Heard:
    """Keeps of each target only what facts of the estate are computed from."""

    answers: dict[str, dict[str, Evidence]] = field(default_factory=dict)
    """Target > fact > evidence; one that was not reached or not visited has its facts with a gap."""
    offsets: dict[str, float] = field(default_factory=dict)
    """Target > its clock minus ours in seconds."""

    def take(
        self, prepared: Prepared, snapshot: Snapshot, fresh: Callable[[Snapshot], Mapping[Query, Evidence]]
    ) -> None:
        """Keep what a target answered; `fresh` sets aside what is too old."""
        wanted = _wanted(prepared, prepared.targets[snapshot.target])
        if not wanted:
            return
        answered = {query: found for query in wanted if (found := snapshot.evidence.get(query))}
        known = fresh(replace(snapshot, evidence=answered))
        self.answers[snapshot.target] = {query.fact: known.get(query) or snapshot.get(query) for query in wanted}
        if snapshot.clock_offset is not None:
            self.offsets[snapshot.target] = snapshot.clock_offset

    def told(self, name: str) -> bool:
        """Tell whether a target said anything that facts of the estate are computed from."""
        return any(found.rows or found.gap is None for found in self.answers.get(name, {}).values())

    def miss(self, prepared: Prepared, name: str, why: str) -> None:
        """Record that a target is not asked in this run: what it would have said is not known."""
        gap: Gap = unknown(f"{name} was not asked in this run ({why})")
        wanted = _wanted(prepared, prepared.targets[name])
        if wanted:
            self.answers[name] = {query.fact: Evidence(query, gap=gap) for query in wanted}


def _wanted(prepared: Prepared, target: Target) -> tuple[Query, ...]:
    vocabulary = prepared.content.vocabulary
    return tuple(query for query in prepared.plan.joint if target.platform in vocabulary[query.fact].platforms)
