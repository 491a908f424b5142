"""What all recovery facts share: demands with their source, numbers under doubt, evidence."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.derivation.recovery.scene import Scene
from scanner.matching.units import duration_words
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Provenance, Query, Row
from scanner.model.recovery import Demand

MOST = 20
"""Points, places and the like that a cell names of many."""


def demand_cells(scene: Scene, demand: Demand, column: str, leaf: str, value: Cell | None) -> dict[str, Cell]:
    """Give a demand and its source; without a policy nobody knows what is demanded."""
    if scene.policy is not None:
        return {column: scene.policy, f"{column}_source": scene.policy}
    held: Cell = ABSENT if value is None else value
    source = demand.sources.get(leaf, "")
    return {column: held, f"{column}_source": source if source and held is not ABSENT else ABSENT}


def estate_cells(scene: Scene, column: str, leaf: str) -> dict[str, Cell]:
    """Give what is demanded of the estate as a whole, and where; absent where the policy says nothing of it."""
    if scene.policy is not None:
        return {column: scene.policy, f"{column}_source": scene.policy}
    said = scene.estate.leaves.get(leaf)
    if said is None or not isinstance(said.value, int | float):
        return {column: ABSENT, f"{column}_source": ABSENT}
    return {column: int(said.value), f"{column}_source": said.source or ABSENT}


def estate_list(scene: Scene, column: str, leaf: str) -> dict[str, Cell]:
    """Give what is demanded of the estate as a list of words, and where."""
    if scene.policy is not None:
        return {column: scene.policy, f"{column}_source": scene.policy}
    said = scene.estate.leaves.get(leaf)
    if said is None or not isinstance(said.value, tuple):
        return {column: ABSENT, f"{column}_source": ABSENT}
    return {column: [str(each) for each in said.value], f"{column}_source": said.source or ABSENT}


def whole(seconds: float | None) -> Cell:
    """Give a duration to the second; None is absent."""
    return ABSENT if seconds is None else int(seconds)


def under_doubt(value: Cell, doubt: Gap | None, *, stands: bool, known: str = "") -> Cell:
    """Give a value that stands whatever is not known, else the doubt with what the known part tells."""
    if doubt is None or stands:
        return value
    return Gap(doubt.kind, f"{doubt.reason}; {known}" if known else doubt.reason, doubt.needs)


def words(seconds: float) -> str:
    """Say a duration."""
    return duration_words(int(seconds), 2)


def evidence(query: Query, scene: Scene, rows: Iterable[Row], gap: Gap | None = None) -> Evidence:
    """Make the evidence of a fact of the estate."""
    asked = "computed from what backup systems, the inventory and the recovery policy tell"
    return Evidence(query, tuple(rows), gap, Provenance(asked=asked, taken_at=scene.now))
