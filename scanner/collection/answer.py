"""What every platform's `collect` gives back: the evidence of one visit, and what was odd about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanner.model.evidence import Evidence, Gap, Identity


@dataclass(frozen=True, slots=True)
class Answer:
    """All evidence of one visit to an endpoint, in the order of the queries."""

    evidence: tuple[Evidence, ...]
    now: str = ""
    """The target's clock (RFC 3339, UTC) when it was asked; empty when it did not say."""
    notes: tuple[str, ...] = ()
    gap: Gap | None = None
    """Why nothing, or not everything, arrived; None when the answer is whole."""
    started: bool = False
    """True when the target was asked anything at all."""
    identity: Identity = field(default_factory=Identity)
    clock_offset: float | None = None
    """Target's clock minus ours in seconds; None where it did not tell."""
    unreachable: bool = False
    """True when the endpoint was out of reach, so that a second round may find it."""
