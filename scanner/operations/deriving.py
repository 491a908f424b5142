"""Derived evidence computed from what was asked, in the order that the plan gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scanner.derivation.table import derive
from scanner.model.evidence import Evidence, Query, Snapshot, error
from scanner.model.fact import Vocabulary
from scanner.planning.expand import inputs_of
from scanner.store.evidence import with_evidence


def derive_all(snapshot: Snapshot, derived: Iterable[Query], vocabulary: Vocabulary) -> Snapshot:
    """Give the snapshot with the evidence of these derived queries added.

    A derivation that breaks is our fault and becomes an error gap of its fact, never a traceback.
    """
    if not snapshot.evidence:
        return snapshot
    known: dict[Query, Evidence] = dict(snapshot.evidence)
    more: list[Evidence] = []
    for query in derived:
        inputs = {needed: known.get(needed) or snapshot.get(needed) for needed in inputs_of(query, vocabulary)}
        found = _derive(query, inputs, snapshot.taken_at)
        known[query] = found
        more.append(found)
    return with_evidence(snapshot, more)


def _derive(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    try:
        return derive(query, inputs, taken_at)
    except Exception as bug:
        reason = f"internal error while deriving {query.fact}: {type(bug).__name__}: {bug} (please report it)"
        return Evidence(query, gap=error(reason))
