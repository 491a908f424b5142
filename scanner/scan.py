"""A whole run told in order: prepare, visit, judge, record, report. The public Python API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import BinaryIO

from scanner.model.events import Progress, Silence
from scanner.model.evidence import Snapshot, error
from scanner.model.report import Report
from scanner.operations.answers import snapshots_from
from scanner.operations.assembling import Assembly, line_of
from scanner.operations.bundling import Seal, open_seal, seal_run
from scanner.operations.folder import RunFolder, baseline_of, finish, run_folder
from scanner.operations.judging import Bench
from scanner.operations.linking import Links
from scanner.operations.prepare import Prepared, prepare
from scanner.operations.recording import Recorder
from scanner.operations.reporting import check_output, print_report, write_reports
from scanner.operations.request import Request, moment_of
from scanner.operations.visiting import missing, utc_now, visitor
from scanner.store import folders
from scanner.store.evidence import write_snapshot
from scanner.store.runs import RUN_FILE, write_run

__all__ = ["Done", "Request", "evaluate", "scan"]


@dataclass(frozen=True, slots=True)
class Done:
    """A finished run: its report, and the files that were written (none when it went to standard output)."""

    report: Report
    folder: Path | None
    written: tuple[Path, ...]


def scan(
    request: Request,
    progress: Progress | None = None,
    *,
    stdout: BinaryIO | None = None,
    stop: Event | None = None,
) -> Done:
    """Visit all selected targets, judge them and write the reports asked for.

    Setting `stop` ends the visits and gives the report of what is done, which is never green. Raises
    ConfigurationError, ContentError and ReportError; what targets do wrong is in the report instead.
    """
    check_output(request, stdout)
    prepared, seal = prepare(request), open_seal(request)
    baseline = baseline_of(request.output)
    with run_folder(request, prepared.plan) as folder:
        have = {snapshot.target: snapshot for snapshot in folder.snapshots}
        visits = missing(prepared.plan, have)
        ask = {name for visit in visits for name in visit.targets}
        reused = [snapshot for name, snapshot in have.items() if name not in ask]
        run = _Run(prepared, folder, progress or Silence(), stop or Event(), baseline)
        with closing(visitor(prepared, run.progress, run.stop).visit_all(visits)) as live:
            return _write(run.judge([reused, live]), folder, prepared, seal, stdout)


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
    if as_of:
        request = replace(request, now=moment_of(as_of, "--as-of"), max_evidence_age=None)
    check_output(request, stdout)
    prepared, seal = prepare(request), open_seal(request)
    baseline = baseline_of(request.output)
    with run_folder(request, prepared.plan, evidence) as folder:
        run = _Run(prepared, folder, progress or Silence(), Event(), baseline)
        return _write(run.judge([snapshots_from(evidence, prepared, target)]), folder, prepared, seal, stdout)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run at work, between its preparation and its report."""

    prepared: Prepared
    folder: RunFolder
    progress: Progress
    stop: Event
    baseline: Report | None

    def judge(self, sources: Iterable[Iterable[Snapshot]]) -> Report:
        """Take the snapshots as they come, then what has none, then the estate; give the report."""
        request, content, plan = self.prepared.request, self.prepared.content, self.prepared.plan
        started = utc_now()
        bench = Bench(
            content.rules,
            self.prepared.profiles,
            content.vocabulary,
            request.now,
            request.max_evidence_age,
            assume_platform=request.assume_platform,
        )
        assembly = Assembly(self.prepared, Recorder.begin(self.prepared, self.folder.path, self.baseline), bench)
        assembly.leave_out()
        self.progress.begin(len(plan.targets))
        links = Links(plan, bench.fresh)
        for source in sources:
            for snapshot in source:
                self._take(assembly, links, snapshot)
        lost = [name for name in plan.targets if name not in links.seen]
        interrupted = "stopped before every target was visited" if lost and self.stop.is_set() else ""
        for name in lost:
            gap = error(interrupted or "no evidence was given for this target")
            self._take(assembly, links, Snapshot(name, utc_now(), {}, gap=gap))
        assembly.judge_estate()
        compared = self.baseline.header.run_id if self.baseline else ""
        return assembly.report(self.folder.run_id, started, utc_now(), compared, interrupted)

    def _take(self, assembly: Assembly, links: Links, snapshot: Snapshot) -> None:
        """Keep a snapshot on disk first, then judge what it makes ready, and forget it."""
        kept = self.folder.kept and snapshot.evidence
        sha256 = write_snapshot(self.folder.path / folders.EVIDENCE, snapshot) if kept else ""
        for ready in links.ready(snapshot, sha256):
            counts = assembly.take(ready)
            said = line_of(counts) if ready.snapshot.evidence else str(ready.snapshot.gap)
            self.progress.finished(ready.snapshot.target, said)


def _write(report: Report, folder: RunFolder, prepared: Prepared, seal: Seal | None, stdout: BinaryIO | None) -> Done:
    output = prepared.request.output
    if not folder.kept:
        assert stdout is not None
        print_report(report, output.formats, stdout)
        return Done(report, None, ())
    # The run itself first: were a report to fail, the results would stand beside the verdict of an earlier run.
    write_run(folder.path, report)
    finish(folder, output, report)
    written = write_reports(report, output.formats, folder.path, output.file_mode)
    return Done(report, folder.path, (folder.path / RUN_FILE, *written, *seal_run(seal, folder.path, prepared)))
