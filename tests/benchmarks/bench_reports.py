"""Sizes, times and memory of reports, each format in a process of its own.

Results are made while they are read, so that the memory shown is the reporter's; the time of making them is taken off.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.figures import Figure, apart

RULES = 300
FORMATS = ("sarif", "sarif-full", "junit", "html", "csv", "markdown", "text")


class Sink(io.RawIOBase):
    """Counts what is written to it."""

    written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.written += len(data)
        return len(data)


def figures(*, quick: bool) -> Iterator[Figure]:
    """300,000 results into every format, then 10,000 findings into HTML."""
    results = 30_000 if quick else 300_000
    for name in FORMATS:
        for failing in (False, True) if name in ("sarif", "junit") else (False,):
            used = apart(render, name, results, failing)
            kind = f"{results:,} {'failing ' if failing else ''}results into {name}"
            note = f"{used['bytes'] / 1e6:.1f} MB written in {used['rendering']:.1f} s"
            yield Figure(kind, used["peak"], "MB", 500 if name in ("sarif", "junit") else None, note=note)
    for failing in (False, True):
        used = apart(render, "html", 10_000, failing)
        kind = "failing" if failing else "mixed"
        yield Figure(f"HTML of 10,000 {kind} findings", used["bytes"] / 1e6, "MB", 4)
        yield Figure(f"time of it ({kind})", used["rendering"], "s", 0.5)


def render(name: str, results: int, failing: bool) -> dict[str, Any]:
    """Write one format of a made-up fleet; `rendering` is the CPU that it took beyond making the results."""
    from scanner.model.outcome import Outcome
    from scanner.reporting import table
    from tests.support.reports import fleet

    reporter = table.open_reporter(name)
    reporter.write(fleet(1, 1), Sink())
    rules = min(RULES, results)
    report = fleet(results // rules, rules, (Outcome.FAIL,)) if failing else fleet(results // rules, rules)
    begun = time.process_time()
    made = sum(1 for _ in report.results)
    making = time.process_time() - begun
    sink = Sink()
    begun = time.process_time()
    reporter.write(report, sink)
    return {"made": made, "bytes": sink.written, "rendering": time.process_time() - begun - making}
