"""Derives how reliably each asset's backups ran."""

from __future__ import annotations

from scanner.derivation.recovery.arithmetic.slots import BAD, LEAST, tally
from scanner.derivation.recovery.attempts import RUNNERS, Attempts, Work, work
from scanner.derivation.recovery.histories import History
from scanner.derivation.recovery.reading import text
from scanner.derivation.recovery.rows import MOST, demand_cells, under_doubt, whole
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.standing import Standing, asset_cells, per_asset
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row, unknown


def job_health(query: Query, scene: Scene) -> Evidence:
    """Give the slots of each asset's schedule by what became of them.

    Systems that keep no runs are judged by their restore points. A run that is not known may have failed or
    succeeded, so a doubt leaves the share open.
    """
    done = work(scene)
    return per_asset(query, scene, lambda standing: _row(scene, standing, done))


def _row(scene: Scene, standing: Standing, done: Work) -> Row:
    history, attempts = standing.history, standing.attempts
    demand, now = history.asset.demand, history.now
    interval = demand.interval or attempts.interval
    tries = [(run.started, run.status) for run in attempts.runs]
    silent = [point for point in history.points if scene.platforms.get(point.target) not in RUNNERS]
    tries += [(point.data, point.status) for point in silent if point.data is not None and point.kind != "pitr"]
    begin = max(_begin(history, attempts, done, by_points=bool(silent)), now - demand.window)
    counted = tally(tries, now, begin, interval, demand.accept)
    few = unknown(f"{counted.slots} slots are over, and {LEAST} are needed to tell a share")
    percent: Cell = few if counted.percent is None else counted.percent
    doubt = attempts.doubt or history.doubt
    failures = [run for run in attempts.runs if run.status in BAD and run.started >= begin]
    worst = max(failures, key=lambda run: run.started, default=None)
    rate = None if demand.success_rate is None else round(100 * demand.success_rate)
    jobs = [f"{target}/{text(job.get('job'))}" for target, job in attempts.jobs]
    disabled = [f"{target}/{text(job.get('job'))}" for target, job in attempts.jobs if job.get("enabled") is False]
    return {
        **asset_cells(standing, standing.newest),
        "jobs": under_doubt(jobs[:MOST], attempts.doubt, stands=bool(jobs)),
        "disabled": under_doubt(disabled[:MOST], attempts.doubt, stands=bool(disabled)),
        "interval": whole(interval),
        "window": whole(now - begin),
        "slots": counted.slots,
        "succeeded": counted.succeeded,
        "failed": counted.failed,
        "missed": counted.missed,
        "percent": under_doubt(percent, doubt, stands=False),
        "last_failure": ABSENT if worst is None else f"{worst.label}: {worst.message or worst.status}",
        **demand_cells(scene, demand, "demanded", "success_rate", rate),
    }


def _begin(history: History, attempts: Attempts, done: Work, *, by_points: bool) -> float:
    """Give from when on runs are known: not before the oldest that the targets remember, nor before the asset was.

    Where restore points stand for runs, pruning took the older ones: the count begins with the oldest point.
    """
    begins = [done.horizon[target] for target in {target for target, _ in attempts.jobs} if target in done.horizon]
    if not attempts.jobs:
        begins = [min((run.started for run in attempts.runs), default=0.0)]
    begin = min(begins, default=0.0)
    if by_points and not attempts.runs:
        begin = min((point.data for point in history.points if point.data is not None), default=begin)
    return max(begin, history.created or 0.0)
