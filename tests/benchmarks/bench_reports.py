"""Sizes, times and memory of reports: `python tests/benchmarks/bench_reports.py [RESULTS] [FINDINGS]`, prints only.

Each format runs in a process of its own on results that are made while they are read, so that the memory shown is
the reporter's. Targets: 300,000 results into SARIF and JUnit below 500 MB; 10,000 findings in HTML below 4 MB.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = 300
STREAMED = ("sarif", "sarif-full", "junit", "csv", "text", "markdown", "html")


class Sink(io.RawIOBase):
    """Counts what is written to it."""

    written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.written += len(data)
        return len(data)


def measure(name: str, results: int, *, failing: bool) -> None:
    """Render one format in this process and print what it took."""
    from scanner.model.outcome import Outcome
    from scanner.reporting import table
    from tests.support.reports import fleet

    reporter = table.open_reporter(name)
    reporter.write(fleet(1, 1), Sink())
    rules = min(RULES, results)
    report = fleet(results // rules, rules, (Outcome.FAIL,)) if failing else fleet(results // rules, rules)
    before = time.perf_counter()
    made = sum(1 for _ in report.results)
    making = time.perf_counter() - before
    sink = Sink()
    before = time.perf_counter()
    reporter.write(report, sink)
    took = time.perf_counter() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kind = "failing" if failing else "mixed"
    print(
        f"{name:11} {made:8,} {kind:8} {sink.written / 1e6:8.1f} MB {took:7.1f} s"
        f" (making the results once {making:.1f} s) {memory:6.0f} MB RSS",
        flush=True,
    )


def main() -> None:
    """Measure all formats, each in a fresh process."""
    results, findings = (int(word) for word in (*sys.argv[1:], *("300000", "10000")[len(sys.argv) - 1 :]))
    runs = [(name, results, "mixed") for name in STREAMED]
    runs += [("sarif", results, "failing"), ("junit", results, "failing")]
    runs += [("html", findings, "mixed"), ("html", findings, "failing")]
    for name, count, kind in runs:
        subprocess.run([sys.executable, __file__, "--one", name, str(count), kind], check=True)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:2] == ["--one"]:
        measure(sys.argv[2], int(sys.argv[3]), failing=sys.argv[4] == "failing")
    else:
        main()
