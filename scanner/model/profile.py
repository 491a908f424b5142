"""Profiles, catalogues and their controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.model.rule import Check, Test


@dataclass(frozen=True, slots=True)
class RuleMapping:
    """A rule that a control names, and how much of the control it covers: `full` or `part`."""

    rule: str
    covers: str = "part"


@dataclass(frozen=True, slots=True)
class Bound:
    """The furthest that a control lets a rule's value go (`strictest`)."""

    rule: str
    value: str
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """One numbered demand of a catalogue, titled in our own words."""

    id: str
    title: str
    levels: Mapping[str, int] = field(default_factory=dict)
    """Variant (`server`, `workstation`, or `all`) > level; empty for frameworks without levels."""
    assessment: str = "automated"
    """`automated` or `manual`, as the publisher labels it."""
    rules: tuple[RuleMapping, ...] = ()
    crosswalk: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    strictest: tuple[Bound, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Such as `groups` (IG1 to IG3), `asset`, `function`, `section`, `source`."""


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """Where the mappings of a catalogue to another one come from."""

    reading: str
    """`published` by somebody, or our `own`."""
    source: str
    version: str

    def __str__(self) -> str:
        """Render as `published: Example Institute, mapping.xml (1.2)`."""
        return f"{self.reading}: {self.source} ({self.version})"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A framework or benchmark in one revision."""

    id: str
    title: str
    kind: str
    """`framework`, `benchmark` or `policy`."""
    version: str
    publisher: str
    controls: tuple[Control, ...]
    path: str = ""
    crosswalks: Mapping[str, Crosswalk] = field(default_factory=dict)
    """Other catalogue > where the mappings to it come from."""

    def control(self, control_id: str) -> Control | None:
        """Give the control of that number, or None."""
        return next((control for control in self.controls if control.id == control_id), None)


@dataclass(frozen=True, slots=True)
class ControlException:
    """A control that a profile declares not applicable, with its reason."""

    control: str
    """`catalogue/number`."""
    reason: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A selection of rules, resolved: extends are merged, catalogues and labels turned into rule ids."""

    id: str
    title: str
    rules: tuple[str, ...]
    """In the order in which they were selected, each once."""
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Rule > value > setting, in evidence form."""
    excluded: Mapping[str, str] = field(default_factory=dict)
    """Rule > reason: listed in reports, not judged."""
    catalogues: tuple[str, ...] = ()
    """Catalogues whose every control is reported."""
    variants: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Catalogue > (variant, level) that was selected."""
    exceptions: tuple[ControlException, ...] = ()
    applies: Check | None = None
    """An assertion that a target must meet; else all its rules are notapplicable there."""
    applies_says: str = ""
    """In words whom the profile is for, such as `Ubuntu 24.04`."""
    auto: tuple[str, ...] = ()
    """Platforms for which `auto` considers this profile."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """Tags that resources of the target must all carry to be judged; empty for all resources."""
    pinned: str = ""
    """Hash of the rule set that the profile insists on; empty for any."""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Selected:
    """A rule as one target must meet it: with the values in force, and why it is (not) judged."""

    rule: str
    values: Mapping[str, Any]
    profiles: tuple[str, ...]
    excluded: str = ""
    """Reason of a profile's exclusion; empty when the rule is judged."""
    resources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Profile > tags that resources must carry, of those that name some; one without an entry is for all resources."""

    @property
    def narrowed(self) -> bool:
        """True when every profile that selects the rule is for resources with certain tags alone."""
        return bool(self.resources) and all(name in self.resources for name in self.profiles)
