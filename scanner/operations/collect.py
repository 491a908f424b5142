"""Visits without judging: evidence kept on disk for later."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from scanner.model.errors import ConfigurationError
from scanner.model.events import Progress
from scanner.operations.folder import run_folder
from scanner.operations.prepare import prepare
from scanner.operations.request import Request
from scanner.operations.visiting import missing, visitor
from scanner.store import folders
from scanner.store.evidence import write_snapshot


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection brought home."""

    folder: Path
    reached: int
    silent: dict[str, str]
    """Target > why there is no, or no whole, evidence."""


def collect(request: Request, progress: Progress, stop: Event | None = None) -> Collected:
    """Visit all selected targets and keep their evidence; raises as `scan` does.

    Setting `stop` ends it; what was collected stays, and `--resume` goes on from there.
    """
    prepared = prepare(request)
    silent: dict[str, str] = {}
    reached = 0
    with run_folder(request, prepared.plan) as folder:
        if not folder.kept:
            raise ConfigurationError("-o -: evidence goes into a folder (name one)")
        visits = missing(prepared.plan, {snapshot.target: snapshot for snapshot in folder.snapshots})
        waiting = [name for visit in visits for name in visit.targets]
        reached = len(prepared.plan.targets) - len(waiting)
        progress.begin(len(waiting))
        with closing(visitor(prepared, progress, stop).visit_all(visits)) as live:
            for snapshot in live:
                waiting.remove(snapshot.target)
                if snapshot.evidence:
                    write_snapshot(folder.path / folders.EVIDENCE, snapshot)
                    reached += snapshot.gap is None
                if snapshot.gap is not None:
                    silent[snapshot.target] = str(snapshot.gap)
                progress.finished(snapshot.target, str(snapshot.gap or f"{len(snapshot.evidence)} questions answered"))
        silent.update(dict.fromkeys(waiting, "stopped before it was visited"))
        return Collected(folder.path, reached, silent)
