"""The row of `backup.server` of a tool, from its version and from what could not be seen."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.collection.backup.rows import told
from scanner.collection.backup.visit import Found
from scanner.collection.linux.probe import Session
from scanner.model.evidence import Cell, Gap, error


def server(name: str, version: str, session: Session, gap: Gap | None, found: Mapping[str, Found]) -> Found:
    """Give what is known of the tool; `blind` names what our account lacks, where anything was refused to it."""
    gaps = [each.gap for each in (*found.values(), Found(gap=gap)) if each.gap is not None]
    if not version and gap is not None:
        return Found(gap=gap)
    now: Cell = session.now or error("the host did not tell its time")
    return Found(
        (
            {
                "name": name,
                "version": told(version),
                "blind": sorted({each.needs for each in gaps if each.needs}),
                "source": "asked",
                "collected_at": now,
            },
        )
    )
