"""Derives how old recovery documents are, beside how old they may get."""

from __future__ import annotations

from scanner.derivation.inputs import cell, first_gap
from scanner.derivation.recovery.reading import moment
from scanner.derivation.recovery.rows import estate_cells, evidence, whole
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, error


def documents(query: Query, scene: Scene) -> Evidence:
    """Give every document that the inventory names for a repository."""
    now = moment(scene.now) or 0.0
    demands = estate_cells(scene, "demanded", "documents_reviewed_every")
    rows = [
        {
            "target": target,
            "document": cell(row, "document"),
            "present": cell(row, "present"),
            "age": _age(cell(row, "last_commit"), now),
            "commit": cell(row, "commit"),
            **demands,
        }
        for target, found in scene.all("git.document")
        for row in found.rows
    ]
    gaps = [Gap(gap.kind, f"{target}: {gap.reason}", gap.needs) for target, gap in scene.gaps("git.document")]
    return evidence(query, scene, rows, first_gap(*gaps, scene.part))


def _age(last: Cell, now: float) -> Cell:
    """Give how long ago a commit was; one that is stamped later than five minutes from now tells no age."""
    if isinstance(last, Gap) or last is ABSENT:
        return last
    at = moment(last)
    if at is None or at > now + 300:
        return error(f"{str(last)[:40]} is no time of a commit that was made (check the clock of who made it)")
    return whole(max(0.0, now - at))
