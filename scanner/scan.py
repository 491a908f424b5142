"""A whole run told in order: prepare, visit, judge, record, report. The public Python API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from scanner.model.errors import ConfigurationError
from scanner.model.events import Progress, Silence
from scanner.model.evidence import Snapshot, error
from scanner.model.report import Report
from scanner.operations.answers import snapshots_from
from scanner.operations.assembling import Assembly, line_of
from scanner.operations.describing import assessed
from scanner.operations.folder import RunFolder, baseline_of, finish, run_folder
from scanner.operations.judging import Bench
from scanner.operations.prepare import Prepared, prepare
from scanner.operations.recording import Recorder
from scanner.operations.reporting import open_formats, print_report, write_reports
from scanner.operations.request import Request
from scanner.operations.visiting import missing, utc_now, visitor
from scanner.store import folders
from scanner.store.evidence import write_snapshot
from scanner.store.runs import RUN_FILE, write_run


@dataclass(frozen=True, slots=True)
class Done:
    """A finished run: its report, and the files that were written (none when it went to standard output)."""

    report: Report
    folder: Path | None
    written: tuple[Path, ...]


def scan(request: Request, progress: Progress | None = None, *, stdout: BinaryIO | None = None) -> Done:
    """Visit all selected targets, judge them and write the reports asked for.

    An interrupt from the keyboard ends the visits and gives the report of what is done, with exit code 3. Raises
    ConfigurationError, ContentError and ReportError; what targets do wrong is in the report instead.
    """
    progress = progress or Silence()
    open_formats(request.output.formats)
    prepared = prepare(request)
    with run_folder(request, prepared.plan) as folder:
        have = {snapshot.target: snapshot for snapshot in folder.snapshots}
        visits = missing(prepared.plan, have)
        ask = {name for visit in visits for name in visit.targets}
        reused = [snapshot for name, snapshot in have.items() if name not in ask]
        live = visitor(prepared, progress)
        progress.begin(len(prepared.plan.targets))
        try:
            return _run(prepared, folder, [reused, live.visit_all(visits)], progress, stdout)
        finally:
            live.stop.set()


def evaluate(
    request: Request,
    evidence: Sequence[Path],
    progress: Progress | None = None,
    *,
    target: str = "",
    as_of: str = "",
    stdout: BinaryIO | None = None,
) -> Done:
    """Judge evidence that was collected before: answers of scripts, snapshots, or folders of runs.

    `target` names whose answer a file is when several targets are planned; `as_of` (RFC 3339) judges as of that
    time and lifts the limit on the age of evidence. Raises as `scan` does.
    """
    progress = progress or Silence()
    if as_of:
        request = replace(request, now=as_of, max_evidence_age=None)
    open_formats(request.output.formats)
    prepared = prepare(request)
    snapshots = snapshots_from(evidence, prepared, target)
    progress.begin(len(prepared.plan.targets))
    with run_folder(request, prepared.plan) as folder:
        return _run(prepared, folder, [snapshots], progress, stdout)


def _run(
    prepared: Prepared,
    folder: RunFolder,
    sources: Iterable[Iterable[Snapshot]],
    progress: Progress,
    stdout: BinaryIO | None,
) -> Done:
    request, content = prepared.request, prepared.content
    started, baseline = utc_now(), baseline_of(request.output)
    bench = Bench(content.rules, prepared.profiles, content.vocabulary, request.now, request.max_evidence_age)
    assembly = Assembly(prepared, Recorder.begin(prepared, folder.path, baseline), bench)
    assembly.leave_out()
    interrupted = ""
    try:
        for source in sources:
            for snapshot in source:
                _take(assembly, snapshot, folder, progress)
    except KeyboardInterrupt:
        interrupted = "stopped before every target was visited"
    for name in prepared.plan.targets:
        if name not in assembly.infos:
            lost = error(interrupted or "no evidence was given for this target")
            _take(assembly, Snapshot(name, utc_now(), {}, gap=lost), folder, progress)
    assembly.judge_estate()
    report = assembly.report(folder.run_id, started, utc_now(), baseline.header.run_id if baseline else "", interrupted)
    return _write(report, folder, prepared, stdout)


def _take(assembly: Assembly, snapshot: Snapshot, folder: RunFolder, progress: Progress) -> None:
    """Keep a snapshot on disk first, then judge it and forget it."""
    plan = assembly.prepared.plan.targets[snapshot.target]
    if folder.kept and snapshot.evidence:
        write_snapshot(folder.path / folders.EVIDENCE, snapshot)
    judged = assembly.bench.judge(plan, snapshot)
    counts = assembly.recorder.add(snapshot.target, plan.target, judged.results)
    assembly.infos[snapshot.target] = assessed(plan.target, snapshot, judged, counts)
    assembly.note_snapshot(snapshot)
    summary = line_of({outcome.value: number for outcome, number in counts.outcomes.items()})
    progress.finished(snapshot.target, summary if snapshot.evidence else str(snapshot.gap))


def _write(report: Report, folder: RunFolder, prepared: Prepared, stdout: BinaryIO | None) -> Done:
    output = prepared.request.output
    if not folder.kept:
        if stdout is None:
            raise ConfigurationError("output: no folder is named, and there is no stream to print to (name a folder)")
        print_report(report, output.formats, stdout)
        return Done(report, None, ())
    written = write_reports(report, output.formats, folder.path, output.file_mode)
    write_run(folder.path, report)
    finish(folder, output)
    return Done(report, folder.path, (folder.path / RUN_FILE, *written))
