"""Accepted deviations, people's statements, and what documents claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Suppression:
    """A waiver: an accepted deviation with who, why and until when (dates ISO, UTC)."""

    id: str
    rule: str
    reason: str
    approver: str
    approved: str
    expires: str
    targets: tuple[str, ...] = ()
    """Target ids; with `labels` empty too it covers every target."""
    labels: Mapping[str, str] = field(default_factory=dict)
    max_targets: int | None = None
    resource: str | None = None
    """Exact resource key of the findings it covers; None for all of the rule."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags that a resource must all carry for its findings to be covered; empty for any resource."""
    compensating: str = ""
    accept: tuple[str, ...] = ()
    """Undecided outcomes (`unknown`, `error`) that it covers besides fails."""
    ticket: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's dated statement that answers a control or a manual rule."""

    statement: str
    by: str
    on: str
    valid_until: str
    control: str = ""
    """`catalogue/number`; or `rule` names a manual rule."""
    rule: str = ""
    scope: tuple[str, ...] = ()
    """Target ids; empty for all."""
    attachment: str = ""
    attachment_sha256: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a document declares about a control."""

    control: str
    status: str
    source: str
    date: str = ""
    date_text: str = ""
    path: str = ""
    line: int = 0
    title: str = ""
    """What the document calls the control; helps to find a wrong number."""
    system: str = ""
    """Platform that the claim is about, such as `entra`; empty for all."""
