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
