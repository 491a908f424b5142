"""Derives whether backups take longer than they did, and whether they move less in a second."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from scanner.derivation.inputs import first_gap
from scanner.derivation.recovery.attempts import Run
from scanner.derivation.recovery.histories import History
from scanner.derivation.recovery.rows import evidence, under_doubt, whole
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.standing import Standing, asset_cells, standings
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, unknown

RECENT, EARLIER, MOST = 7, 14, 60
"""Runs that count as recent, runs that there must be before them, and how many of those count.

Seven and fourteen hold whole weeks of a daily job, so that one full run a week stands in both.
"""

SIZED_RECENT, SIZED_EARLIER = 4, 7
"""Of how many of the recent and the earlier runs the size must be known."""

_SLACK = 60.0
"""Seconds by which a point may be older than the run that made it."""
_LARGEST = 2**63
"""Bytes; what claims to be larger is nonsense."""


def trends(query: Query, scene: Scene) -> Evidence:
    """Give the runs of each asset by job, those of now beside those before.

    Medians are not moved by a single slow night. Runs that are not known could move them, so a doubt leaves all open.
    """
    rows: list[Row] = []
    hidden: list[Gap] = []
    for standing in standings(scene):
        found, doubt = list(_rows(standing)), standing.attempts.doubt
        rows += found
        if not found and doubt is not None:
            hidden.append(doubt)
    return evidence(query, scene, rows, first_gap(*hidden, scene.part))


def _rows(standing: Standing) -> Iterator[Row]:
    history, attempts = standing.history, standing.attempts
    groups: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in attempts.runs:
        if run.ended is not None and run.ended >= run.started and run.status in ("ok", "warning"):
            groups[run.target, run.job].append(run)
    sizes = _sizes(history) if groups else []
    for (target, job), runs in sorted(groups.items()):
        runs.sort(key=lambda run: run.started)
        recent, before = runs[-RECENT:], runs[:-RECENT][-MOST:]
        enough = len(before) >= EARLIER
        cells: dict[str, Cell] = dict.fromkeys(("recent", "before", "percent"), ABSENT)
        if enough:
            now, then = _time(recent), _time(before)
            cells = {
                "recent": whole(now),
                "before": whole(then),
                "percent": -int(-100 * now // max(then, 1.0)),
            }
        cells |= _rates(recent, before, sizes)
        open_ = {"enough": enough, **cells}
        yield {
            **asset_cells(standing, standing.newest),
            "target": target,
            "job": job or ABSENT,
            "runs": len(runs),
            **{name: under_doubt(cell, attempts.doubt, stands=False) for name, cell in open_.items()},
        }


def _time(runs: Sequence[Run]) -> float:
    return median((run.ended or run.started) - run.started for run in runs)


def _rates(recent: Sequence[Run], before: Sequence[Run], sizes: Sequence[tuple[float, int]]) -> dict[str, Cell]:
    """Give bytes a second of runs now and before; too few runs that tell their size tell no trend."""
    now, then = _told(recent, sizes), _told(before, sizes)
    names = ("rate_recent", "rate_before", "rate_percent")
    if not now and not then:
        return dict.fromkeys(names, ABSENT)
    if len(now) < SIZED_RECENT or len(then) < SIZED_EARLIER:
        needed = f"{SIZED_RECENT} and {SIZED_EARLIER} are needed"
        few = unknown(f"the size is known of {len(now)} recent and {len(then)} earlier runs, and {needed}")
        return dict.fromkeys(names, few)
    rate, earlier = median(now), median(then)
    return {
        "rate_recent": int(rate),
        "rate_before": int(earlier),
        "rate_percent": int(100 * rate // earlier) if earlier else ABSENT,
    }


def _told(runs: Sequence[Run], sizes: Sequence[tuple[float, int]]) -> list[float]:
    rates = []
    for run in runs:
        ended = run.ended or run.started
        size = run.size if run.size is not None else _made(sizes, run.started, ended)
        if size is not None and 0 <= size <= _LARGEST:
            rates.append(size / max(ended - run.started, 1.0))
    return rates


def _sizes(history: History) -> list[tuple[float, int]]:
    """Give when the data of each point were taken, with its size; copies of a point have the same of both."""
    points = (point for point in history.points if point.data is not None and point.size is not None)
    return sorted({(point.data or 0.0, point.size or 0) for point in points})


def _made(sizes: Sequence[tuple[float, int]], started: float, ended: float) -> int | None:
    """Give the size of the point that a run made: its data were taken while it ran; None when not one was."""
    first = bisect_left(sizes, (started - _SLACK, 0))
    found = [size for data, size in sizes[first : first + 3] if data <= ended]
    return found[0] if len(found) == 1 else None
