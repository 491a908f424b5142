"""What an assertion or a combination of assertions answers, before it becomes a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from scanner.evaluation.findings import Key, clip, join
from scanner.model.evidence import Evidence, Gap, Query
from scanner.model.outcome import Outcome
from scanner.model.result import Finding, fingerprint
from scanner.model.value import value


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a rule is judged: whose evidence, and what the inventory says of the target (`id` among it)."""

    rule: str
    target: Mapping[str, Any]
    evidence: Callable[[Query], Evidence]


@value(frozen=True, slots=True)
class Telling:
    """An answer in one sentence, as a combination needs it."""

    fact: str
    key: Key
    """Fact and key that stand for the whole, whatever the outcome."""
    says: str
    """What was demanded."""
    found: str
    """What was found, for a pass too."""
    gaps: tuple[Gap, ...] = ()
    """What left it undecided."""
    evidence: str = ""
    asked: str = ""
    summed: bool = False
    """True when the texts speak of several questions, each named in them."""


@dataclass(slots=True)
class Answer:
    """An outcome; its findings, and the words for the whole, are made when somebody asks for them.

    A condition that holds asks for neither, a combination for the words alone.
    """

    outcome: Outcome
    findings: Callable[[], Sequence[Finding]]
    tell: Callable[[], Telling]


class Check(Protocol):
    """A compiled check."""

    def answer(self, scene: Scene) -> Answer:
        """Judge the check in a scene; never raises on odd evidence."""
        ...


def finding(
    scene: Scene,
    outcome: Outcome,
    telling: Telling,
    reason: str = "",
    source: str = "",
    tags: Key = (),
    besides: str = "",
) -> Finding:
    """Make a finding with all that it has to tell, its texts within bounds; a pass keeps key and evidence alone.

    Without a reason the gaps are the reason, or else what was found beside what was demanded.
    """
    if outcome is Outcome.PASS:
        return Finding(telling.fact, telling.key, outcome, evidence=telling.evidence)
    return Finding(
        fact=telling.fact,
        key=telling.key,
        outcome=outcome,
        expected=clip(telling.says),
        found=clip(telling.found),
        reason=clip(reason or why(telling.gaps) or _beside(telling)),
        evidence=telling.evidence,
        asked=clip(telling.asked),
        source=source,
        needs=join((gap.needs or "" for gap in telling.gaps), ", ") if telling.gaps else "",
        besides=besides,
        tags=tags,
        fingerprint=fingerprint(scene.rule, str(scene.target["id"]), telling.fact, telling.key),
    )


def _beside(telling: Telling) -> str:
    return telling.found if telling.summed else f"{telling.found} (required: {telling.says})"


def why(gaps: tuple[Gap, ...]) -> str:
    """Give the reasons of gaps as one sentence."""
    return join(gap.reason for gap in gaps) if gaps else ""
