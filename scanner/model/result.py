"""Results and findings: what became of each rule on each target."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii as _text
from typing import Any, Final

from scanner.model.outcome import Outcome
from scanner.model.value import value

EXCLUDED: Final = "excluded by the profile"
"""Begins the reason of a result whose rule a profile leaves out: not judged, which is not the same as not applicable."""

ASIDE: Final = "left aside: it lacks the tags that the profile names"
"""The reason of a finding whose resource a profile is not for: not judged, and so neither passed nor mended."""


@dataclass(frozen=True, slots=True)
class Waived:
    """The waiver that covers a finding, as reports show it."""

    id: str
    reason: str
    approver: str
    expires: str
    compensating: str = ""


@value(frozen=True, slots=True)
class Finding:
    """One judged row (or the whole fact) of a result.

    Passing findings keep only key and evidence reference; those about the estate keep `besides`, too.
    """

    fact: str
    key: tuple[tuple[str, str], ...]
    """Key fields of the row with their values as text; empty when the fact as a whole was judged."""
    outcome: Outcome
    expected: str = ""
    found: str = ""
    reason: str = ""
    """The deciding sentence, in plain words."""
    evidence: str = ""
    """Key of the query whose evidence decided, see `Query.__str__`."""
    asked: str = ""
    """How it was asked: the command, SQL or call."""
    source: str = ""
    """`file:line` where the evidence gives it."""
    needs: str = ""
    """Privilege that is missing, for unknown."""
    besides: str = ""
    """What its fact tells besides of the row, whatever the rule looked at; a change of it alone is no change."""
    tags: tuple[tuple[str, str], ...] = ()
    """Tags that the resource itself carries, sorted; waivers may name them."""
    untagged: str = ""
    """Why the tags of the resource are not known, where a waiver or a profile asks for them; empty otherwise."""
    fingerprint: str = ""
    waived: Waived | None = None
    state: str = ""
    """Baseline state: new, unchanged, updated; unassessed where it failed before and is undecided now; empty without a baseline."""
    last_seen: str = ""
    """For `state: unassessed`: when the finding last failed."""
    first_seen: str = ""
    """Since when it fails without a break, as far as the baseline tells; RFC 3339 in UTC, empty without a baseline."""
    last_changed: str = ""
    """When what is found there was last seen to be another than before; `first_seen` where it never was."""

    @property
    def resource(self) -> str:
        """The resource key as text: the key's values joined by `/`, empty for the target itself."""
        return "/".join(value for _, value in self.key)

    @property
    def told(self) -> str:
        """What was found, with what its fact tells besides."""
        return "; ".join(text for text in (self.found, self.besides) if text)

    @property
    def aside(self) -> bool:
        """True when the resource was not judged because of its tags."""
        return self.outcome is Outcome.NOTAPPLICABLE and self.reason == ASIDE


@dataclass(frozen=True, slots=True)
class Result:
    """A rule on a target (or, for estate rules, on an asset or the estate)."""

    rule: str
    target: str
    outcome: Outcome
    reason: str = ""
    """Why, when no finding says it: not applicable because …, could not be asked because …"""
    findings: tuple[Finding, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    attested: str = ""
    """`by … on … until …` when an attestation answered a manual rule."""
    passing: int = 0
    """How many rows passed; they may be left out of `findings`."""

    @property
    def excluded(self) -> bool:
        """True when a profile left the rule out, so that nothing is known of it here."""
        return self.outcome is Outcome.NOTAPPLICABLE and self.reason.startswith(EXCLUDED)

    @property
    def waived(self) -> bool:
        """True when every finding that failed or stayed undecided is covered by a waiver."""
        open_findings = [f for f in self.findings if f.outcome is Outcome.FAIL or f.outcome.undecided]
        return bool(open_findings) and all(f.waived for f in open_findings)


def fingerprint(rule: str, target: str, fact: str, key: tuple[tuple[str, str], ...]) -> str:
    """Identify a finding across runs by rule, target, fact and key: never values, addresses or lines.

    The SHA-256 of these four as JSON with the separators of `json.dumps`, in hexadecimal digits.
    """
    # Written out: there is one for each failing row, and a call of `json.dumps` takes five times as long.
    pairs = ", ".join([f"[{_text(name)}, {_text(value)}]" for name, value in key])
    text = f"[{_text(rule)}, {_text(target)}, {_text(fact)}, [{pairs}]]"
    return hashlib.sha256(text.encode()).hexdigest()
