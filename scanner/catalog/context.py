"""What the parts of a check have in common while it is read: its source, the vocabulary, the rule's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scanner.catalog.source import Source
from scanner.model.fact import FactSpec, Vocabulary
from scanner.model.rule import Value


@dataclass(slots=True)
class Context:
    """Everything that an assertion may refer to, and what it turned out to refer to.

    `platforms` are those that every fact must be asked of (empty: any); `scope` is `target` or `estate`.
    """

    source: Source
    vocabulary: Vocabulary
    platforms: tuple[str, ...] = ()
    scope: str = "target"
    values: Mapping[str, Value] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    """Names of all values that the rule declares, those included that could not be read."""
    used: set[str] = field(default_factory=set)
    """Values that were referred to."""
    facts: dict[str, FactSpec] = field(default_factory=dict)
    """Facts that were named."""
