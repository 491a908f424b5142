"""The folder of a run: a new one, the one given, or an unfinished one that is gone on with."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scanner.model.errors import ConfigurationError, ReportError
from scanner.model.evidence import Snapshot
from scanner.model.plan import Plan
from scanner.model.report import Report
from scanner.operations.request import Output, Request
from scanner.operations.sealed import refuse_sealed
from scanner.store import atomic, folders
from scanner.store.baselines import read_before
from scanner.store.evidence import read_snapshot
from scanner.store.runs import read_run


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run is written; `kept` is false when it is thrown away after its report went to standard output."""

    path: Path
    run_id: str
    kept: bool = True
    snapshots: tuple[Snapshot, ...] = ()
    """What an earlier, cut run already collected."""


@contextmanager
def run_folder(request: Request, plan: Plan, evidence: Sequence[Path] = ()) -> Iterator[RunFolder]:
    """Open and lock the folder for a run; `evidence` that is judged where it lies is left there.

    Raises ConfigurationError when another run holds it, or when `--resume` finds another plan.
    """
    output = request.output
    with ExitStack() as stack:
        if output.runs is not None:
            stack.enter_context(folders.locked(output.runs))
            path = _unfinished(output.runs) if output.resume else None
            run_id = path.name if path else _new_id(request.now)
            path = path or output.runs / run_id
        elif output.folder is not None:
            refuse_sealed(output.folder)
            path, run_id = output.folder, _new_id(request.now)
        else:
            path, run_id = (
                Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="controlproof-"))),
                _new_id(request.now),
            )
        stack.enter_context(folders.locked(path))
        if output.resume:
            have = _resumed(path, plan)
        else:
            have = ()
            _fresh(path, plan, request.now, keep=any(_lies_in(place, path) for place in evidence))
        yield RunFolder(path, run_id, output.runs is not None or output.folder is not None, have)


def _new_id(now: str) -> str:
    return f"{now.replace('-', '').replace(':', '')}-{secrets.token_hex(4)}"


def _lies_in(place: Path, folder: Path) -> bool:
    return place.resolve().is_relative_to(folder.resolve())


def _fresh(path: Path, plan: Plan, now: str, *, keep: bool) -> None:
    if not keep:
        shutil.rmtree(path / folders.EVIDENCE, ignore_errors=True)
    document = {"schema": "plan/1", "sha256": plan.sha256, "started": now, "targets": sorted(plan.targets)}
    atomic.write(path / folders.PLAN_FILE, json.dumps(document, indent=1).encode() + b"\n")


def _resumed(path: Path, plan: Plan) -> tuple[Snapshot, ...]:
    before = _plan_hash(path)
    if before is None:
        raise ConfigurationError(f"{path}: there is no run to go on with (scan without --resume)")
    if before != plan.sha256:
        raise ConfigurationError(
            f"{path}: its plan was {before[:16]}, today's is {plan.sha256[:16]}: rules, profiles, inventory or flags "
            "changed since (scan without --resume)"
        )
    found = []
    for file in sorted((path / folders.EVIDENCE).glob("*.json")):
        try:
            found.append(read_snapshot(file))
        except ReportError:
            # A broken snapshot is as good as none: its target is asked again.
            continue
    return tuple(each for each in found if each.target in plan.targets)


def _plan_hash(path: Path) -> str | None:
    try:
        found = json.loads((path / folders.PLAN_FILE).read_bytes())["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(found)


def _unfinished(runs: Path) -> Path:
    waiting = [run for run in folders.runs(runs) if not _finished(run)]
    if not waiting:
        raise ConfigurationError(f"{runs}: no run is unfinished (scan without --resume)")
    return waiting[-1]


def _finished(run: Path) -> bool:
    """Tell whether a run came to its end; one that was stopped wrote a report all the same."""
    try:
        return not read_run(run).header.interrupted
    except ReportError:
        return False


def baseline_of(output: Output) -> Report | None:
    """Read the run to compare with; None without one, or when `latest` is asked and no run is finished yet.

    Raises ReportError for a run that cannot be read.
    """
    if not output.baseline:
        return None
    if output.baseline != "latest":
        return read_before(Path(output.baseline))
    place = folders.latest(output.runs) if output.runs is not None else output.folder
    return read_run(place) if place is not None and (place / "run.json").is_file() else None


def finish(folder: RunFolder, output: Output, report: Report) -> None:
    """Point `latest` at a run that came to its end and remove the oldest ones, as asked; raises ReportError."""
    if output.runs is not None and not report.header.interrupted:
        folders.point_latest(output.runs, folder.path)
        folders.prune(output.runs, output.keep)
