"""Which function computes which fact of the estate's recovery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import Evidence, Query

Estimate = Callable[[Query, Scene], Evidence]

RECOVERY: Mapping[str, str] = {
    "monitoring.alert": "scanner.derivation.monitoring.alerts:alert",
}
"""Fact > `module:function`."""


def derive_estate(query: Query, scene: Scene) -> Evidence:
    """Compute a fact of the estate from everything that was asked."""
    module, _, name = RECOVERY[query.fact].partition(":")
    return cast("Estimate", getattr(import_module(module), name))(query, scene)
