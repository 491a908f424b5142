"""What an assertion or a combination of assertions answers, before it becomes a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from scanner.evaluation.findings import Key, clip, join
from scanner.model.evidence import Evidence, Gap, Query
from scanner.model.outcome import Outcome
from scanner.model.result import Finding, fingerprint


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a rule is judged: whose evidence, and what the inventory says of the target (`id` among it)."""

    rule: str
    target: Mapping[str, Any]
    evidence: Callable[[Query], Evidence]


@dataclass(frozen=True, slots=True)
class Place:
    """What a finding is about: a fact, and the key of the row or of the fact as a whole."""

    fact: str
    key: Key


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome with its findings, and what a combination needs to tell it in one sentence."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    place: Place
    """The fact and key that stand for the whole, whatever the outcome."""
    says: str
    """What was demanded, in words."""
    found: str
    """What was found, in words, for a pass too."""
    gaps: tuple[Gap, ...] = ()
    """What left it undecided."""
    evidence: str = ""
    asked: str = ""


class Check(Protocol):
    """A compiled check."""

    def answer(self, scene: Scene) -> Answer:
        """Judge the check in a scene; never raises on odd evidence."""
        ...


def finding(
    scene: Scene,
    place: Place,
    outcome: Outcome,
    *,
    expected: str,
    found: str,
    reason: str,
    gaps: tuple[Gap, ...] = (),
    evidence: str = "",
    asked: str = "",
    source: str = "",
) -> Finding:
    """Make a finding with all that it has to tell, its texts within bounds."""
    return Finding(
        fact=place.fact,
        key=place.key,
        outcome=outcome,
        expected=clip(expected),
        found=clip(found),
        reason=clip(reason),
        evidence=evidence,
        asked=clip(asked),
        source=source,
        needs=join((gap.needs or "" for gap in gaps), ", "),
        fingerprint=fingerprint(scene.rule, str(scene.target["id"]), place.fact, place.key),
    )


def why(gaps: tuple[Gap, ...]) -> str:
    """Give the reasons of gaps as one sentence."""
    return join(gap.reason for gap in gaps)
