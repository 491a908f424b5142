"""Every target visited once, to say what its profiles would miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from scanner.model.events import Silence
from scanner.model.evidence import Gap, Snapshot
from scanner.operations.prepare import prepare
from scanner.operations.request import Request
from scanner.operations.visiting import visitor


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found out about one target."""

    target: str
    well: bool
    text: str


def examine(request: Request) -> Iterator[Examined]:
    """Connect to every selected target; yield what is well, and what is missing with its remedy.

    Raises ConfigurationError and ContentError for files that do not hold.
    """
    prepared = prepare(request)
    for name, reason in prepared.plan.skipped.items():
        yield Examined(name, True, f"not visited: {reason}")
    with closing(visitor(prepared, Silence()).visit_all(prepared.plan.visits)) as live:
        for snapshot in live:
            yield from _examine(snapshot)


def _examine(snapshot: Snapshot) -> Iterator[Examined]:
    if not snapshot.evidence:
        yield Examined(snapshot.target, False, str(snapshot.gap))
        return
    who = snapshot.identity
    place = f"{who.user or 'this user'}@{who.address or 'here'}" + (f" as {who.privilege}" if who.privilege else "")
    gaps = list(_gaps(snapshot))
    needs = Counter(gap.needs for gap in gaps if gap.needs)
    others = Counter(gap.reason for gap in gaps if not gap.needs)
    answered = sum(found.complete for found in snapshot)
    yield Examined(snapshot.target, not gaps, f"{place}: {answered} of {len(snapshot.evidence)} questions answered")
    for need, number in needs.most_common():
        yield Examined(snapshot.target, False, f"needs {need} for {number} question{'s' * (number != 1)}")
    for reason, number in others.most_common(5):
        yield Examined(snapshot.target, False, f"{reason}" + (f" ({number} times)" if number > 1 else ""))


def _gaps(snapshot: Snapshot) -> Iterator[Gap]:
    for found in snapshot:
        if found.gap is not None:
            yield found.gap
        else:
            cells = [cell for row in found.rows for cell in row.values() if isinstance(cell, Gap)]
            yield from cells[:1]
