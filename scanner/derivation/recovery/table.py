"""Which function computes which fact of the estate's recovery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import Evidence, Query

Estimate = Callable[[Query, Scene], Evidence]

_ROOM = "scanner.derivation.recovery"

RECOVERY: Mapping[str, str] = {
    "recovery.exposure": f"{_ROOM}.exposure:exposures",
    "recovery.retention": f"{_ROOM}.retention:retention",
    "recovery.prune_forecast": f"{_ROOM}.retention:prune_forecast",
    "recovery.full": f"{_ROOM}.fulls:fulls",
    "recovery.verification": f"{_ROOM}.soundness:verification",
    "recovery.encryption": f"{_ROOM}.soundness:encryption",
    "recovery.offsite": f"{_ROOM}.copies:offsite",
    "recovery.copies": f"{_ROOM}.copies:copies",
    "recovery.capacity": f"{_ROOM}.capacity:capacity",
    "recovery.coverage": f"{_ROOM}.coverage:coverage",
    "recovery.orphan": f"{_ROOM}.coverage:orphans",
    "recovery.ambiguity": f"{_ROOM}.coverage:ambiguities",
    "recovery.job_health": f"{_ROOM}.health:job_health",
    "recovery.trend": f"{_ROOM}.trends:trends",
    "recovery.clock": f"{_ROOM}.coverage:clocks",
    "recovery.archiving": f"{_ROOM}.archiving:archiving",
    "recovery.isolation": f"{_ROOM}.isolation:isolation",
    "recovery.backup_path": f"{_ROOM}.isolation:backup_path",
    "recovery.document": f"{_ROOM}.documents:documents",
    "recovery.metric": f"{_ROOM}.metrics:metrics",
    "recovery.restore_test": f"{_ROOM}.rehearsals:restore_tests",
    "recovery.restore_time": f"{_ROOM}.rehearsals:restore_times",
    "recovery.sampling": f"{_ROOM}.rehearsals:sampling",
    "recovery.exercise": f"{_ROOM}.rehearsals:exercises",
}
"""Fact about recovery > `module:function`."""

ESTATE: Mapping[str, str] = {
    **RECOVERY,
    "monitoring.alert": "scanner.derivation.monitoring.alerts:alert",
}
"""Every fact that is computed from what all targets told > `module:function`."""


def derive_estate(query: Query, scene: Scene) -> Evidence:
    """Compute a fact of the estate from everything that was asked."""
    module, _, name = ESTATE[query.fact].partition(":")
    return cast("Estimate", getattr(import_module(module), name))(query, scene)
