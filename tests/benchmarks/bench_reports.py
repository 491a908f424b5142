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
from typing import Any

from tests.benchmarks.figures import Figure, apart

RULES = 300
BOUND = ("sarif", "junit")


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
    yield from _opened()


def _divided(results: int) -> Iterator[Figure]:
    used = apart(divide, results)
    note = f"{used['bytes'] / 1e6:.0f} MB in {used['files']:,} pages, written in {used['rendering']:.1f} s"
    yield Figure(f"memory of HTML of {results:,} failing findings, divided", used["peak"], "MB", 500, note=note)
    yield Figure("its index", used["index"] / 1e6, "MB", 4)
    yield Figure("its largest page", used["largest"] / 1e6, "MB", 4)


def _opened() -> Iterator[Figure]:
    """Seconds that Chromium takes to lay out 10,000 failing findings, beside the same rows all in the document."""
    if shutil.which("chromium") is None:
        return
    with tempfile.TemporaryDirectory() as work:
        pages = {name: Path(work) / f"{name}.html" for name in ("empty", "report", "naive")}
        pages["empty"].write_text("<!doctype html><title>empty</title>")
        apart(save, str(pages["report"]), str(pages["naive"]))
        taken = {name: min(_load(page, Path(work)) for _ in range(3)) for name, page in pages.items()}
    ours, naive = taken["report"] - taken["empty"], taken["naive"] - taken["empty"]
    note = f"a page with every row and its details in the document: {naive:.2f} s"
    yield Figure("Chromium opens 10,000 failing findings", ours, "s", 0.5, note=note)
    yield Figure("of the time of the page with every row", ours / naive, "times", 0.5)


def _load(page: Path, work: Path) -> float:
    """Take the wall-clock seconds of a whole browser that opens a page and draws it."""
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={work / 'profile'}")
    begun = time.perf_counter()
    command = ["chromium", *flags, f"--screenshot={work / 'shot.png'}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return time.perf_counter() - begun


def save(page: str, naive: str) -> dict[str, Any]:
    """Write the report, and the page to compare with: a row and its details for each finding, as most tools do."""
    from scanner.model.outcome import Outcome
    from scanner.reporting import html, wording
    from tests.support.reports import fleet

    report = fleet(40, 250, (Outcome.FAIL,))
    with Path(page).open("wb") as out:
        html.write(report, out)
    rows = []
    for result in report.results:
        rule = report.rules[result.rule]
        for one in result.findings:
            first = (result.outcome, rule.severity, rule.title, rule.id, result.target, wording.sentence(one))
            told = (one.expected, one.found, one.reason, one.asked, one.evidence, one.source, rule.rationale)
            cells = "".join(f"<td>{escape(str(said))}</td>" for said in first)
            more = "".join(f"<dt>is</dt><dd>{escape(said)}</dd>" for said in (*told, rule.remediation))
            rows.append(f"<tr>{cells}<td><details><summary>Show</summary><dl>{more}</dl></details></td></tr>")
    Path(naive).write_text(f"<!doctype html><title>naive</title><table>{''.join(rows)}</table>", encoding="utf-8")
    return {}


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
    rate = used["made"] / max(used["rendering"], 0.01)
    return (
        f"{used['made']:,} rows, {used['bytes'] / 1e6:.2f} MB written in {used['rendering']:.2f} s "
        f"({rate:,.0f} rows a second), {used['peak']:.0f} MB of memory"
    )


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
