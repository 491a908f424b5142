"""Derives whether backups take longer than they did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from scanner.derivation.inputs import first_gap
from scanner.derivation.recovery.attempts import Attempts, Run, work
from scanner.derivation.recovery.histories import History, estate
from scanner.derivation.recovery.rows import asset_cells, evidence, under_doubt, whole
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row

RECENT, EARLIER, MOST = 7, 14, 60
"""Runs that count as recent, runs that there must be before them, and how many of those count.

Seven and fourteen hold whole weeks of a daily job, so that one full run a week stands in both.
"""


_LARGEST = 2**63
"""Bytes; what claims to be larger is nonsense."""


def trends(query: Query, scene: Scene) -> Evidence:
    """Give the runs of each asset by job, those of now beside those before.

    Medians are not moved by a single slow night. Runs that are not known could move them, so a doubt leaves all open.
    """
    pairs = zip(estate(scene).histories, work(scene).attempts, strict=True)
    rows: list[Row] = []
    hidden: list[Gap] = []
    for history, attempts in pairs:
        found = list(_rows(history, attempts))
        rows += found
        if not found and attempts.doubt is not None:
            hidden.append(attempts.doubt)
    return evidence(query, scene, rows, first_gap(*hidden, scene.part))


def _rows(history: History, attempts: Attempts) -> Iterator[Row]:
    groups: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in attempts.runs:
        if run.ended is not None and run.ended >= run.started and run.status in ("ok", "warning"):
            groups[run.target, run.job].append(run)
    for (target, job), runs in sorted(groups.items()):
        runs.sort(key=lambda run: run.started)
        recent, before = runs[-RECENT:], runs[:-RECENT][-MOST:]
        enough = len(before) >= EARLIER
        cells: dict[str, Cell] = dict.fromkeys(("recent", "before", "percent", "rate_recent", "rate_before"), ABSENT)
        if enough:
            now, then = _time(recent), _time(before)
            cells = {
                "recent": whole(now),
                "before": whole(then),
                "percent": -int(-100 * now // max(then, 1.0)),
                "rate_recent": whole(_rate(recent)),
                "rate_before": whole(_rate(before)),
            }
        open_ = {"enough": enough, **cells}
        yield {
            **asset_cells(history),
            "target": target,
            "job": job or ABSENT,
            "runs": len(runs),
            **{name: under_doubt(cell, attempts.doubt, stands=False) for name, cell in open_.items()},
        }


def _time(runs: Sequence[Run]) -> float:
    return median((run.ended or run.started) - run.started for run in runs)


def _rate(runs: Sequence[Run]) -> float | None:
    told = [
        run.size / max((run.ended or run.started) - run.started, 1.0)
        for run in runs
        if run.size is not None and 0 <= run.size <= _LARGEST
    ]
    return median(told) if 2 * len(told) > len(runs) else None
