"""Sizes, times and memory of reports, each format in a process of its own.

Results are made while they are read, so that the memory shown is the reporter's; the time of making them is taken off.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.figures import Figure, apart

if TYPE_CHECKING:
    from scanner.model.report import Report

RULES = 300
BOUND = ("sarif", "junit")
NAIVE = "naive.html"
APART = "apart.html"


class Sink(io.RawIOBase):
    """Counts the bytes that are written to it."""

    written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.written += len(data)
        return len(data)


def figures(*, quick: bool) -> Iterator[Figure]:
    """300,000 results into every format, 10,000 and 100,000 findings into every format, then those of HTML that are bound."""
    from scanner.reporting.table import reporters

    results = 30_000 if quick else 300_000
    for name in reporters():
        for failing in (False, True) if name in BOUND else (False,):
            used = apart(render, name, results, failing)
            kind = f"{results:,} {'failing ' if failing else ''}results into {name}"
            yield Figure(kind, used["peak"], "MB", 500 if name in BOUND else None, note=_note(used))
    for findings in (1_000, 10_000) if quick else (10_000, 100_000):
        for name in reporters():
            used = apart(render, name, findings, True)
            yield Figure(f"{findings:,} failing findings into {name}", used["bytes"] / 1e6, "MB", note=_note(used))
    for failing in (False, True):
        used = apart(render, "html", 10_000, failing)
        kind = "failing" if failing else "mixed"
        yield Figure(f"HTML of 10,000 {kind} findings", used["bytes"] / 1e6, "MB", 4)
        yield Figure(f"time of it ({kind})", used["rendering"], "s", 0.5)
    yield from _divided(10_000 if quick else 100_000)
    yield from _opened(30_000 if quick else 100_000)


def _divided(results: int) -> Iterator[Figure]:
    used = apart(divide, results)
    note = f"{used['bytes'] / 1e6:.0f} MB in {used['files']:,} pages, written in {used['rendering']:.1f} s"
    yield Figure(f"memory of HTML of {results:,} failing findings, divided", used["peak"], "MB", 500, note=note)
    yield Figure("its index", used["index"] / 1e6, "MB", 4)
    yield Figure("its largest page", used["largest"] / 1e6, "MB", 4)


def _opened(results: int) -> Iterator[Figure]:
    """Seconds that Chromium takes to open and draw 10,000 findings, and an index of many, beside rows all in the document.

    What lies far from the window is laid out afterwards, while nothing else is to be done: until then is told as well.
    """
    if shutil.which("chromium") is None:
        return
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        rows = apart(save, work, results)["pages"]
        taken = {path: min(_load(folder / path, folder) for _ in range(3)) for path in ("empty.html", *rows)}
        sizes = {path: (folder / path).stat().st_size / 1e6 for path in rows}
        whole = _laid_out(folder, [path for path in rows if path != NAIVE])
    plain = taken["empty.html"]
    for path, (kind, made) in rows.items():
        note = f"{made:,} rows, {sizes[path]:.2f} MB"
        if path in whole:
            note += f"; laid out as a whole after {whole[path]:.1f} s"
        yield Figure(f"Chromium opens {kind}", taken[path] - plain, "s", None if path == NAIVE else 0.5, note=note)
    yield Figure(
        "findings that all differ, of the time of the page with every row",
        (taken[APART] - plain) / (taken[NAIVE] - plain),
        "times",
        0.5,
    )


def _load(page: Path, work: Path) -> float:
    """Take the wall-clock seconds of a whole browser that opens a page and draws it."""
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={work / 'profile'}")
    begun = time.perf_counter()
    command = ["chromium", *flags, f"--screenshot={work / 'shot.png'}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return time.perf_counter() - begun


def _laid_out(folder: Path, paths: list[str]) -> dict[str, float]:
    """Take the seconds until a browser that is open already has laid out all of each page."""
    from tests.support.browser import browsing

    found = {}
    with browsing(folder / "held") as browser:
        for path in paths:
            begun = time.perf_counter()
            browser.open(folder / path)
            found[path] = time.perf_counter() - begun
    return found


def save(work: str, results: int) -> dict[str, Any]:
    """Write pages to open into a folder; gives each with its kind and its number of rows."""
    from scanner.model.outcome import Outcome
    from scanner.operations.reporting import write_reports
    from scanner.reporting import html
    from tests.support.reports import fleet

    folder = Path(work)
    (folder / "empty.html").write_text("<!doctype html><title>empty</title>")
    failing = fleet(40, 250, (Outcome.FAIL,))
    apart = fleet(40, 250, (Outcome.FAIL,), alike=False)
    for name, report in (("mixed.html", fleet(40, 250)), ("failing.html", failing), (APART, apart)):
        with (folder / name).open("wb") as out:
            html.write(report, out)
    (folder / NAIVE).write_text(_naive(failing), encoding="utf-8")
    write_reports(fleet(results // RULES, RULES, (Outcome.FAIL,)), ["html"], folder / "divided")
    rows = {
        "mixed.html": ("10,000 mixed findings", 10_000),
        "failing.html": ("10,000 failing findings", 10_000),
        APART: ("10,000 failing findings that all differ", 10_000),
        NAIVE: ("a page with every row and its details", 10_000),
        "divided/report.html": (f"the index of {results:,} failing findings", results),
    }
    largest = max((folder / "divided").glob("report/*"), key=lambda path: path.stat().st_size, default=None)
    if largest:
        rows[str(largest.relative_to(folder))] = ("its largest page", RULES)
    return {"pages": rows}


def _naive(report: Report) -> str:
    """Give the page to compare with: a row and its details for each finding, as most tools do."""
    from scanner.reporting import wording

    rows = []
    for result in report.results:
        rule = report.rules[result.rule]
        for one in result.findings:
            first = (result.outcome, rule.severity, rule.title, rule.id, result.target, wording.sentence(one))
            told = (one.expected, one.found, one.reason, one.asked, one.evidence, one.source, rule.rationale)
            cells = "".join(f"<td>{escape(str(said))}</td>" for said in first)
            more = "".join(f"<dt>is</dt><dd>{escape(said)}</dd>" for said in (*told, rule.remediation))
            rows.append(f"<tr>{cells}<td><details><summary>Show</summary><dl>{more}</dl></details></td></tr>")
    return f"<!doctype html><title>naive</title><table>{''.join(rows)}</table>"


def divide(results: int) -> dict[str, Any]:
    """Write a report of failing findings as an index and a page for each target."""
    from scanner.model.outcome import Outcome
    from scanner.reporting import html, html_parts, table
    from tests.support.reports import fleet

    html_parts.LIMIT = 1  # type: ignore[misc]
    report = fleet(results // RULES, RULES, (Outcome.FAIL,))
    sizes = []
    begun = time.process_time()
    for _, writer in table.files(html, report):
        sink = Sink()
        writer(sink)
        sizes.append(sink.written)
    taken = time.process_time() - begun
    return {
        "bytes": sum(sizes),
        "files": len(sizes),
        "index": sizes[-1],
        "largest": max(sizes[:-1]),
        "rendering": taken,
    }


def _note(used: dict[str, Any]) -> str:
    """Say what was written; formats that read no results take no time that could be told from nothing."""
    rate = f" ({used['made'] / used['rendering']:,.0f} rows a second)" if used["rendering"] >= 0.01 else ""
    written = f"{used['bytes'] / 1e6:.2f} MB written in {used['rendering']:.2f} s{rate}"
    return f"{used['made']:,} rows, {written}, {used['peak']:.0f} MB of memory"


def render(name: str, results: int, failing: bool) -> dict[str, Any]:
    """Write one format of a made-up fleet; `rendering` is the CPU that it took beyond making the results."""
    from scanner.model.outcome import Outcome
    from scanner.reporting import table
    from tests.support.reports import fleet

    reporter = table.open_reporter(name)
    reporter.write(fleet(1, 1), Sink())
    rules = min(RULES if results % RULES == 0 else 250, results)
    report = fleet(results // rules, rules, (Outcome.FAIL,)) if failing else fleet(results // rules, rules)
    begun = time.process_time()
    made = sum(1 for _ in report.results)
    making = time.process_time() - begun
    sink = Sink()
    begun = time.process_time()
    reporter.write(report, sink)
    return {"made": made, "bytes": sink.written, "rendering": max(time.process_time() - begun - making, 0.0)}
