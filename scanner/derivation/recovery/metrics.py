"""Derives the shares that are measured for control 11, over all assets."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from scanner.derivation.recovery.arithmetic.periods import DAY, text_of
from scanner.derivation.recovery.copies import copies, offsite
from scanner.derivation.recovery.coverage import coverage
from scanner.derivation.recovery.drills import Drills, drills
from scanner.derivation.recovery.histories import estate
from scanner.derivation.recovery.rows import evidence
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.soundness import encryption
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, unknown

WEEK = 7 * DAY
QUARTER = 92 * DAY
_Fact = Callable[[Query, Scene], Evidence]


def metrics(query: Query, scene: Scene) -> Evidence:
    """Give each share with numerator and denominator; assets of which it is not known are told apart.

    An asset counts where it surely meets the measure. Restores count as none once the last is over three months old.
    """

    def rows(fact: _Fact) -> list[Row]:
        return [dict(row) for row in fact(query, scene).rows]

    covered, sealed, far, held = rows(coverage), rows(encryption), rows(offsite), rows(copies)
    scope = [index for index, row in enumerate(covered) if row["in_scope"] is True]
    doubts = [history.doubt for history in estate(scene).histories]
    oldest = text_of(estate(scene).now - WEEK)
    counts: list[Row] = [
        _count(
            "coverage",
            "11.2",
            "Assets that an authorised system protects.",
            ((covered[index]["by_authorised"], doubts[index]) for index in scope),
        ),
        _count(
            "compliance",
            "11.2",
            "Assets with a usable restore point of the last 7 days.",
            ((_since(covered[index]["newest_success"], oldest), doubts[index]) for index in scope),
        ),
        _count(
            "encrypted",
            "11.3",
            "Assets all of whose restore points are encrypted.",
            ((_full(sealed[index]["percent"]), doubts[index]) for index in scope),
        ),
        _count(
            "isolated",
            "11.4",
            "Assets with a copy at another site, offline, or safe from deletion.",
            ((_either(far[index]["present"], held[index]["immutable"]), doubts[index]) for index in scope),
        ),
        _tested(drills(scene), estate(scene).now),
    ]
    return evidence(query, scene, counts, scene.part)


def _since(at: Cell, oldest: str) -> Cell:
    return isinstance(at, str) and at >= oldest


def _full(percent: Cell) -> Cell:
    return percent if isinstance(percent, Gap) else percent == 100


def _either(one: Cell, other: Cell) -> Cell:
    if one is True or other is True:
        return True
    return next((cell for cell in (one, other) if isinstance(cell, Gap)), False)


def _count(metric: str, safeguard: str, says: str, cells: Iterable[tuple[Cell, Gap | None]]) -> Row:
    told = list(cells)
    met = sum(cell is True for cell, _ in told)
    open_ = sum(cell is not True and (doubt is not None or isinstance(cell, Gap)) for cell, doubt in told)
    return {
        "metric": metric,
        "safeguard": safeguard,
        "says": says,
        **_share(met, len(told), open_),
        "newest": ABSENT,
        "age": ABSENT,
    }


def _share(met: int, of: int, open_: int) -> dict[str, Cell]:
    share: Cell = unknown(f"it is not known of {open_} of {of}") if open_ else 100 * met // of if of else ABSENT
    return {"numerator": met, "denominator": of, "undecided": open_, "percent": share}


def _tested(done: Drills, now: float) -> Row:
    working = [drill for drill, checks in done.checks if drill.valid(checks)]
    newest = max((drill.ended for drill, _ in done.checks), default=None)
    stale = newest is None or now - newest > QUARTER
    shares = _share(0 if stale else len(working), len(done.checks), 0)
    return {
        "metric": "tested",
        "safeguard": "11.5",
        "says": "Restores that worked, of those rehearsed; none counts when the last is over three months old.",
        **shares,
        "percent": done.doubt or shares["percent"],
        "newest": ABSENT if newest is None else text_of(newest),
        "age": ABSENT if newest is None else int(max(0.0, now - newest)),
    }
